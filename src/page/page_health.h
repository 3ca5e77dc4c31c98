/* SPDX-License-Identifier: GPL-2.0-only */
/* May the memory of a page be read and written? The same answer for holds of all kinds and reports. */
#ifndef PINCHECK_PAGE_HEALTH_H
#define PINCHECK_PAGE_HEALTH_H

#include <linux/types.h>

struct page;

bool page_failed(struct page *page);
int page_health(struct page *page);

#endif
