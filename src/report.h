/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is known of one page. */
#ifndef PINCHECK_REPORT_H
#define PINCHECK_REPORT_H

#include <linux/types.h>

struct pincheck_report;

void report_page(u64 pfn, struct pincheck_report *report);

#endif
