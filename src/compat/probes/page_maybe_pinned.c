// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: page_maybe_dma_pinned()
 * since: 5.7 (3faa52c03f44)
 * else: stop
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 5.18
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(bool, struct page *page)
{
	return page_maybe_dma_pinned(page);
}
