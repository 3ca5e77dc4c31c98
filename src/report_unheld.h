/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be told of a page without a reference on it; and how anything is told. */
#ifndef PINCHECK_REPORT_WORDS_H
#define PINCHECK_REPORT_WORDS_H

#include <linux/kconfig.h>
#include <linux/types.h>
#include <linux/pincheck.h>
#include "page_health.h"

/**
 * report_flag() - tell one flag
 * @report: that tells it
 * @bit: PINCHECK_PAGE_*
 * @value: 1, 0, or -1 for what cannot be told
 */
static inline void report_flag(struct pincheck_report *report, u64 bit, int value)
{
	if (value < 0)
		return;
	report->flags_known |= bit;
	if (value)
		report->flags |= bit;
}

/** report_failed() - tell whether its memory failed; where nobody looks for that, nobody knows */
static inline void report_failed(struct pincheck_report *report, struct page *page)
{
	if (IS_ENABLED(CONFIG_MEMORY_FAILURE))
		report_flag(report, PINCHECK_PAGE_HWPOISON, page_failed(page));
}

void report_start(struct pincheck_report *report, u64 pfn, struct page *page);
void report_words(struct pincheck_report *report, struct page *page);
void report_device_page(struct pincheck_report *report, u64 pfn);

#endif
