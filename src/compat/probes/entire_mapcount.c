// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_entire_mapcount()
 * since: 5.18
 * else: compound_mapcount
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 5.18
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return folio_entire_mapcount(page_folio(page));
}
