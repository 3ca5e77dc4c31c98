// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: page_mapcount()
 * since: ever, until between 6.1 and 6.12
 * else: absent
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 6.12
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return page_mapcount(page);
}
