// SPDX-License-Identifier: GPL-2.0-only
/* Which references of a folio are explained: unit test over page reports. Prints TAP. */
#include "page/surplus.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

#define BIAS	1024
#define COUNTED	(PINCHECK_REPORT_PAGE | PINCHECK_REPORT_FOLIO_MAPCOUNT)
#define APART	(COUNTED | PINCHECK_REPORT_PIN_COUNT)
#define LRU	PINCHECK_PAGE_LRU
#define ANON	(PINCHECK_PAGE_ANON | LRU)
#define FILE_	(PINCHECK_PAGE_FILE | LRU)

static const struct {
	const char *what;
	__u64 flags;
	__u32 present, order;
	int refcount, mapped, pins;
	bool excess;
} rows[] = {
	{ "anon_mapped",	ANON, COUNTED, 0, 1, 1, 0, false },
	{ "anon_and_a_get",	ANON, COUNTED, 0, 2, 1, 0, true },
	{ "anon_shared",	ANON, COUNTED, 0, 3, 3, 0, false },
	{ "anon_unmapped_held",	ANON, COUNTED, 0, 1, 0, 0, true },
	{ "anon_in_a_batch",	PINCHECK_PAGE_ANON, COUNTED, 0, 2, 1, 0, false },
	{ "anon_batch_and_get",	PINCHECK_PAGE_ANON, COUNTED, 0, 3, 1, 0, true },
	{ "small_pinned",	ANON, COUNTED, 0, 1 + BIAS, 1, 1, false },
	{ "small_pin_and_get",	ANON, COUNTED, 0, 2 + BIAS, 1, 1, true },
	{ "large_pinned",	ANON, APART, 9, 513, 1, 512, false },
	{ "large_and_a_get",	ANON, APART, 9, 514, 1, 512, true },
	{ "swapcache",		ANON | PINCHECK_PAGE_SWAPCACHE, COUNTED, 0, 2, 1, 0, false },
	{ "file_cached",	FILE_, COUNTED, 0, 1, 0, 0, false },
	{ "file_mapped",	FILE_, COUNTED, 0, 2, 1, 0, false },
	{ "file_with_buffers",	FILE_ | PINCHECK_PAGE_PRIVATE, COUNTED, 0, 3, 1, 0, false },
	{ "file_and_a_get",	FILE_, COUNTED, 0, 3, 1, 0, true },
	{ "file_large",		FILE_, APART, 4, 17, 1, 0, false },
	{ "file_large_and_get",	FILE_, APART, 4, 18, 1, 0, true },
	{ "mapcount_unknown",	ANON, PINCHECK_REPORT_PAGE, 9, 600, 0, 0, false },
	{ "hugetlb",		FILE_ | PINCHECK_PAGE_HUGETLB, APART, 9, 600, 0, 0, false },
	{ "zero_page",		ANON | PINCHECK_PAGE_ZERO, COUNTED, 0, 99, 0, 0, false },
	{ "kernel_memory",	0, COUNTED, 0, 7, 0, 0, false },
	{ "slab",		PINCHECK_PAGE_SLAB, COUNTED, 0, 7, 0, 0, false },
};

int main(void)
{
	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct pincheck_report report = {
			.flags = rows[i].flags, .present = rows[i].present,
			.order = rows[i].order, .refcount = rows[i].refcount,
			.folio_mapcount = rows[i].mapped, .pins = rows[i].pins,
		};

		tap_verdict(surplus_check(&report, BIAS) == rows[i].excess, "excess.%s", rows[i].what);
	}
	return tap_end();
}
