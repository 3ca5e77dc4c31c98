/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What explains a folio's reference count: arithmetic over a page report that has the ledger. Host
 * unit tests include this file as it is.
 */
#ifndef PINCHECK_LEDGER_RULE_H
#define PINCHECK_LEDGER_RULE_H

#include <linux/types.h>
#include <linux/pincheck.h>

/**
 * ledger_explain() - decompose the reference count
 * @report: with PINCHECK_REPORT_LEDGER; explained and unexplained are filled where they can be
 * @pin_bias: what a pin adds to the refcount of a folio that does not count pins apart
 *
 * Explained are mappings, the swap cache, the page cache of a small page with its private data,
 * and what this module holds. Large folios of files are not told: how many references the page
 * cache has on them is the kernel's own business, and changed.
 */
static inline void ledger_explain(struct pincheck_report *report, __s32 pin_bias)
{
	__s32 cache = report->flags & PINCHECK_PAGE_SWAPCACHE ? 1 << report->order : 0;

	if (!(report->present & PINCHECK_REPORT_LEDGER) ||
	    !(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return;
	if (report->flags & PINCHECK_PAGE_FILE) {
		if (report->order)
			return;
		cache += 1 + !!(report->flags & PINCHECK_PAGE_PRIVATE);
	}
	if (report->present & PINCHECK_REPORT_PIN_COUNT) {
		pin_bias = 1;
		report->unexplained_pins = report->pin_count - (__s32)report->folio_pins;
	}
	report->explained = report->folio_mapcount + cache + (__s32)report->folio_gets +
			    (__s32)report->folio_pins * pin_bias;
	report->unexplained = report->refcount - report->explained;
	report->present |= PINCHECK_REPORT_EXPLAINED;
}

#endif
