/* SPDX-License-Identifier: GPL-2.0-only */
/* What one page is: the page report, made for one page after the other. */
#ifndef PINCHECK_REPORT_H
#define PINCHECK_REPORT_H

#include <linux/types.h>
#include <linux/pincheck.h>
#include "online.h"
#include "page_marks.h"

/**
 * struct report_walk - reports of one page after the other
 * @report: of the last page
 * @head: first page of the last page's folio, referenced by the walk, if that folio is large; else
 * NULL
 * @plain: the last page is small and anonymous, and its report is made of @marks alone
 * @marks: of the last page; for a page of a large folio only the mapcount is valid
 * @block: the memory block of the last page
 */
struct report_walk {
	struct pincheck_report report;
	struct page *head;
	bool plain;
	struct page_marks marks;
	struct online_block block;
};

/**
 * report_has_one_mark() - does the whole folio have one AnonExclusive flag, on its first page?
 * @report: complete except for that flag
 *
 * Return: true for a PMD-mapped THP and for a hugetlb folio.
 */
static inline bool report_has_one_mark(const struct pincheck_report *report)
{
	return (report->flags & PINCHECK_PAGE_HUGETLB) || report->entire_mapcount > 0;
}

void report_begin(struct report_walk *walk) __acquires(RCU);
void report_next(struct report_walk *walk, u64 pfn);
void report_drop(struct report_walk *walk);
void report_end(struct report_walk *walk) __releases(RCU);

#endif
