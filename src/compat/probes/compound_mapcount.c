// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: compound_mapcount()
 * since: 4.5 (53f9263baba6), until folios replaced it
 * else: absent
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 5.18
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return compound_mapcount(page);
}
