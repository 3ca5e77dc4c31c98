// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: compound_pincount() and hpage_pincount_available()
 * since: 5.7 (47e29d32afba), until folios replaced them
 * else: absent
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 6.1
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return hpage_pincount_available(page) ? compound_pincount(page) : 0;
}
