/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report says of a page without a reference on the page; and the flags of any report. */
#ifndef PINCHECK_REPORT_WORDS_H
#define PINCHECK_REPORT_WORDS_H

#include <linux/kconfig.h>
#include <linux/types.h>
#include <linux/pincheck.h>
#include "page_health.h"

/**
 * report_flag() - set one flag of a report
 * @report: with the flag neither set nor known
 * @bit: PINCHECK_PAGE_*
 * @value: 1, 0, or -1 if the kernel does not say
 */
static inline void report_flag(struct pincheck_report *report, u64 bit, int value)
{
	if (value < 0)
		return;
	report->flags_known |= bit;
	if (value)
		report->flags |= bit;
}

/** report_failed() - has the memory of the page failed? Not known without CONFIG_MEMORY_FAILURE */
static inline void report_failed(struct pincheck_report *report, struct page *page)
{
	if (IS_ENABLED(CONFIG_MEMORY_FAILURE))
		report_flag(report, PINCHECK_PAGE_HWPOISON, page_failed(page));
}

void report_start(struct pincheck_report *report, u64 pfn, struct page *page);
void report_unheld(struct pincheck_report *report, struct page *page);
void report_device_page(struct pincheck_report *report, u64 pfn);

#endif
