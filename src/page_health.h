/* SPDX-License-Identifier: GPL-2.0-only */
/* May a page's memory be read and written? One answer for all kinds of hold and for reports. */
#ifndef PINCHECK_PAGE_HEALTH_H
#define PINCHECK_PAGE_HEALTH_H

#include <linux/types.h>

struct page;

bool page_failed(struct page *page);
int page_health(struct page *page);

#endif
