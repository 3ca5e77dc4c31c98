// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_test_*()
 * since: 5.16 (7b230db3b8d3)
 * else: page_flags
 * shim: compat/page_flags.h; can go when the oldest supported kernel is 6.1
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/page-flags.h>

PROBE(bool, struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_test_anon(folio) && folio_test_dirty(folio) && folio_test_hugetlb(folio) &&
	       folio_test_ksm(folio) && folio_test_locked(folio) && folio_test_lru(folio) &&
	       folio_test_private(folio) && folio_test_reserved(folio) && folio_test_slab(folio) &&
	       folio_test_swapbacked(folio) && folio_test_swapcache(folio) &&
	       folio_test_unevictable(folio) && folio_test_writeback(folio) && folio->mapping;
}
