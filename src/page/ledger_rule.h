/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which references explain a folio's reference count: arithmetic over a page report that has the
 * ledger. Host unit tests include this file as it is.
 */
#ifndef PINCHECK_LEDGER_RULE_H
#define PINCHECK_LEDGER_RULE_H

#include <linux/types.h>
#include <linux/pincheck.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/**
 * struct ledger_facts - how the running kernel counts
 * @pin_bias: what a pin adds to the refcount of a folio that has no pin count of its own
 * @hugetlb_by_page: the page cache has one reference for each page of a hugetlb folio, not one for
 *	the folio
 */
struct ledger_facts {
	__s32 pin_bias;
	bool hugetlb_by_page;
};

/* References that the swap cache or the page cache has on the folio. */
static inline __s32 ledger_cache_references(const struct pincheck_report *report,
					    const struct ledger_facts *facts)
{
	__s32 by_page = 1 << report->order;

	if (report->flags & PINCHECK_PAGE_SWAPCACHE)
		return by_page;
	if (!(report->flags & PINCHECK_PAGE_FILE))
		return 0;
	if (report->flags & PINCHECK_PAGE_HUGETLB)
		return facts->hugetlb_by_page ? by_page : 1;
	return by_page + !!(report->flags & PINCHECK_PAGE_PRIVATE);
}

/**
 * ledger_explain() - decompose the reference count
 * @report: with PINCHECK_REPORT_LEDGER; explained and unexplained are filled where they can be
 * @facts: of the kernel
 *
 * The references of mappings, of the swap cache, of the page cache with its private data and of
 * this module explain the count.
 */
static inline void ledger_explain(struct pincheck_report *report, const struct ledger_facts *facts)
{
	__s32 pin_bias = facts->pin_bias;

	if (!(report->present & PINCHECK_REPORT_LEDGER))
		return;
	if (report->present & PINCHECK_REPORT_PIN_COUNT) {
		pin_bias = 1;
		report->unexplained_pins = report->pin_count - (__s32)report->folio_pins;
		report->present |= PINCHECK_REPORT_UNEXPLAINED_PINS;
	}
	if (!(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return;
	report->explained = report->folio_mapcount + (__s32)report->folio_gets +
			    ledger_cache_references(report, facts) +
			    (__s32)report->folio_pins * pin_bias;
	report->unexplained = report->refcount - report->explained;
	report->present |= PINCHECK_REPORT_EXPLAINED;
}

#endif
