// SPDX-License-Identifier: GPL-2.0-only
/* The reuse models and the arithmetic of the ledger, on the host. Prints TAP. */
#include <stdbool.h>
#include <stddef.h>
#include "page/ledger_rule.h"
#include "page/reuse_rule.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

#define BIAS		1024

#define COUNTS	(PINCHECK_REPORT_PAGE | PINCHECK_REPORT_MAPCOUNT | PINCHECK_REPORT_FOLIO_MAPCOUNT)
#define LEDGER	(COUNTS | PINCHECK_REPORT_LEDGER)
#define HUGE	(COUNTS | PINCHECK_REPORT_ENTIRE_MAPCOUNT | PINCHECK_REPORT_PIN_COUNT)
#define MARK	PINCHECK_PAGE_ANON_EXCLUSIVE
#define SHARED	PINCHECK_PAGE_MAPPED_SHARED

#define ANON(more, known)	.flags = PINCHECK_PAGE_ANON | (more), .flags_known = (known)

/* Verdicts in the order of the models: r is reuse, c is copy, - is unknown. */
static const struct {
	const char *what;
	struct pincheck_report report;
	const char *verdicts;
} rows[] = {
	{ "exclusive", { .present = COUNTS, ANON(MARK, MARK), .refcount = 1, .page_mapcount = 1,
	  .folio_mapcount = 1 }, "rrrr-" },
	{ "exclusive_pinned", { .present = COUNTS, ANON(MARK, MARK), .refcount = 1 + BIAS,
	  .page_mapcount = 1, .folio_mapcount = 1 }, "rcrr-" },
	{ "pinned_by_us", { .present = LEDGER, ANON(MARK, MARK), .refcount = 1 + BIAS,
	  .page_mapcount = 1, .folio_mapcount = 1, .folio_pins = 1 }, "rcrrr" },
	{ "pinned_by_others", { .present = LEDGER, ANON(MARK, MARK), .refcount = 1 + BIAS,
	  .page_mapcount = 1, .folio_mapcount = 1 }, "rcrr-" },
	{ "no_mark_offered", { .present = LEDGER, ANON(0, 0), .refcount = 2, .page_mapcount = 1,
	  .folio_mapcount = 1, .folio_gets = 1 }, "rc--r" },
	{ "shared", { .present = LEDGER, ANON(0, MARK), .refcount = 2, .page_mapcount = 2,
	  .folio_mapcount = 2 }, "ccccc" },
	{ "alone_again", { .present = LEDGER, ANON(0, MARK), .refcount = 1, .page_mapcount = 1,
	  .folio_mapcount = 1 }, "rrrrr" },
	{ "alone_with_a_reference", { .present = LEDGER, ANON(0, MARK), .refcount = 2,
	  .page_mapcount = 1, .folio_mapcount = 1, .folio_gets = 1 }, "rcccr" },
	{ "alone_in_swap_cache", { .present = LEDGER, ANON(PINCHECK_PAGE_SWAPCACHE, MARK),
	  .refcount = 2, .page_mapcount = 1, .folio_mapcount = 1 }, "rcrrr" },
	{ "ksm", { .present = LEDGER, ANON(PINCHECK_PAGE_KSM, MARK), .refcount = 1,
	  .page_mapcount = 1, .folio_mapcount = 1 }, "ccccc" },
	{ "mapcount_not_told", { .present = PINCHECK_REPORT_PAGE, ANON(0, MARK), .refcount = 1 },
	  "-rrr-" },
	{ "huge_by_pmd", { .present = HUGE, ANON(0, MARK), .order = 9, .refcount = 1,
	  .page_mapcount = 1, .folio_mapcount = 1, .entire_mapcount = 1 }, "rrrr-" },
	{ "huge_by_pmd_pinned", { .present = HUGE, ANON(0, MARK), .order = 9, .refcount = 2,
	  .page_mapcount = 1, .folio_mapcount = 1, .entire_mapcount = 1 }, "rccc-" },
	{ "huge_by_pmd_and_ptes_of_a_child", { .present = HUGE, ANON(0, MARK), .order = 9,
	  .refcount = 512, .page_mapcount = 1, .folio_mapcount = 512, .entire_mapcount = 1 },
	  "ccccc" },
	{ "huge_by_pmd_sum_not_told", { .present = HUGE & ~PINCHECK_REPORT_FOLIO_MAPCOUNT,
	  ANON(0, MARK), .order = 9, .refcount = 2, .page_mapcount = 1, .entire_mapcount = 1 },
	  "-ccc-" },
	{ "huge_by_ptes", { .present = HUGE, ANON(0, MARK | SHARED), .order = 9, .refcount = 512,
	  .page_mapcount = 1, .folio_mapcount = 512 }, "rccr-" },
	{ "huge_by_ptes_of_two", { .present = HUGE, ANON(SHARED, MARK | SHARED), .order = 9,
	  .refcount = 512, .page_mapcount = 1, .folio_mapcount = 512 }, "rccc-" },
	{ "huge_by_ptes_referenced", { .present = HUGE, ANON(0, MARK | SHARED), .order = 9,
	  .refcount = 513, .page_mapcount = 1, .folio_mapcount = 512 }, "rccc-" },
	{ "huge_one_pte_left", { .present = HUGE, ANON(0, MARK | SHARED), .order = 9,
	  .refcount = 1, .page_mapcount = 1, .folio_mapcount = 1 }, "rrcc-" },
	{ "huge_sharing_not_told", { .present = HUGE, ANON(0, MARK), .order = 9, .refcount = 512,
	  .page_mapcount = 1, .folio_mapcount = 512 }, "rcc--" },
	{ "not_anonymous", { .present = LEDGER, .flags = PINCHECK_PAGE_FILE, .refcount = 2,
	  .page_mapcount = 1, .folio_mapcount = 1 }, "-----" },
};

static bool judged(const struct pincheck_report *report, const char *verdicts)
{
	for (int model = 0; verdicts[model]; model++) {
		__u32 bit = 1U << model;
		char is = !(report->reuse_known & bit) ? '-' : report->reuse & bit ? 'r' : 'c';

		if (is != verdicts[model])
			return false;
	}
	return !(report->reuse & ~report->reuse_known);
}

static const struct {
	const char *what;
	struct pincheck_report report;
	bool told;
	__s32 explained, unexplained, unexplained_pins;
} sums[] = {
	{ "mapped", { .present = LEDGER, .refcount = 1, .folio_mapcount = 1 }, true, 1, 0, 0 },
	{ "pinned", { .present = LEDGER, .refcount = 1 + 2 * BIAS, .folio_mapcount = 1,
	  .folio_pins = 2 }, true, 1 + 2 * BIAS, 0, 0 },
	{ "somebody_else", { .present = LEDGER, .refcount = 3, .folio_mapcount = 1,
	  .folio_gets = 1 }, true, 2, 1, 0 },
	{ "stolen_pin", { .present = LEDGER, .refcount = 1, .folio_mapcount = 1,
	  .folio_pins = 1 }, true, 1 + BIAS, -BIAS, 0 },
	{ "swap_cache", { .present = LEDGER, .refcount = 2, .folio_mapcount = 1,
	  .flags = PINCHECK_PAGE_SWAPCACHE }, true, 2, 0, 0 },
	{ "file_with_buffers", { .present = LEDGER, .refcount = 3, .folio_mapcount = 1,
	  .flags = PINCHECK_PAGE_FILE | PINCHECK_PAGE_PRIVATE }, true, 3, 0, 0 },
	{ "large", { .present = LEDGER | PINCHECK_REPORT_PIN_COUNT, .order = 9, .refcount = 513,
	  .folio_mapcount = 1, .folio_pins = 512, .pin_count = 512 }, true, 513, 0, 0 },
	{ "large_pin_stolen", { .present = LEDGER | PINCHECK_REPORT_PIN_COUNT, .order = 9,
	  .refcount = 512, .folio_mapcount = 1, .folio_pins = 512, .pin_count = 511 },
	  true, 513, -1, -1 },
	{ "large_file", { .present = LEDGER, .order = 9, .flags = PINCHECK_PAGE_FILE,
	  .refcount = 513, .folio_mapcount = 1 }, true, 513, 0, 0 },
	{ "hugetlb_file", { .present = LEDGER, .order = 9, .refcount = 513, .folio_mapcount = 1,
	  .flags = PINCHECK_PAGE_FILE | PINCHECK_PAGE_HUGETLB }, true, 513, 0, 0 },
	{ "no_mapcount", { .present = PINCHECK_REPORT_LEDGER | PINCHECK_REPORT_PIN_COUNT,
	  .order = 9, .refcount = 1024, .folio_pins = 512, .pin_count = 511 }, false, 0, 0, -1 },
	{ "small_pin_stolen", { .present = LEDGER, .refcount = 2, .folio_mapcount = 1,
	  .folio_pins = 1 }, true, 1025, -1023, 0 },
	{ "no_ledger", { .present = COUNTS, .refcount = 1, .folio_mapcount = 1 }, false, 0, 0, 0 },
};

static const struct ledger_facts facts = { .pin_bias = BIAS, .hugetlb_by_page = true };

int main(void)
{
	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pincheck_report report = rows[i].report;

		ledger_explain(&report, &facts);
		reuse_judge(&report);
		tap_verdict(judged(&report, rows[i].verdicts), "reuse.%s", rows[i].what);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		struct pincheck_report report = sums[i].report;

		ledger_explain(&report, &facts);
		tap_verdict(!!(report.present & PINCHECK_REPORT_EXPLAINED) == sums[i].told &&
			    report.explained == sums[i].explained &&
			    report.unexplained == sums[i].unexplained &&
			    report.unexplained_pins == sums[i].unexplained_pins, "ledger.%s", sums[i].what);
	}
	return tap_end();
}
