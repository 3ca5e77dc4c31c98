// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_maybe_dma_pinned()
 * since: 5.18
 * else: page_maybe_pinned
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 5.18
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(bool, struct page *page)
{
	return folio_maybe_dma_pinned(page_folio(page));
}
