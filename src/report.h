/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is known of page after page. */
#ifndef PINCHECK_REPORT_H
#define PINCHECK_REPORT_H

#include <linux/types.h>
#include <linux/pincheck.h>
#include "online.h"

/** struct report_marks - all that the report of a small anonymous page is made of */
struct report_marks {
	unsigned long flags;
	int mapcount;
	int refcount;
	int node;
	int cma;
	int pinnable;
};

/**
 * struct report_look - a look at one page after the other
 * @report: of the last one
 * @head: first page of its folio, with a reference of ours, if that is large; else NULL
 * @plain: it is small, anonymous, and @marks is all there is to it
 * @marks: what its report was made of; of a page of a large folio, mapcount alone
 * @block: where it was found
 */
struct report_look {
	struct pincheck_report report;
	struct page *head;
	bool plain;
	struct report_marks marks;
	struct online_block block;
};

/**
 * report_has_one_mark() - is there one AnonExclusive for the whole folio, on its first page?
 * @report: complete but for that flag
 *
 * Return: so it is of a PMD-mapped THP and of a hugetlb folio.
 */
static inline bool report_has_one_mark(const struct pincheck_report *report)
{
	return (report->flags & PINCHECK_PAGE_HUGETLB) || report->entire_mapcount > 0;
}

void report_begin(struct report_look *look) __acquires(RCU);
void report_next(struct report_look *look, u64 pfn);
void report_drop(struct report_look *look);
void report_end(struct report_look *look) __releases(RCU);
void report_pages(const u64 *pfns, struct pincheck_report *reports, unsigned int count);

#endif
