// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: page->_mapcount with page_mapcount_is_type()
 * since: bracketed by 6.1 and 6.12
 * else: page_mapcount
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 6.12
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/page-flags.h>

PROBE(int, struct page *page)
{
	int raw = atomic_read(&page->_mapcount) + 1;

	return page_mapcount_is_type(raw) ? folio_entire_mapcount(page_folio(page)) : raw;
}
