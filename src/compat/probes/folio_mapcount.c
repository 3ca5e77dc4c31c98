// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_mapcount()
 * since: bracketed by 6.1, where a module cannot link it, and 6.12
 * else: absent
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 6.12
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return folio_mapcount(page_folio(page));
}
