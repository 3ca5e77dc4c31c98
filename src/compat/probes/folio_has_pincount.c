// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_has_pincount()
 * since: bracketed by 6.1 and 6.12
 * else: folio_pincount
 * shim: compat/page_counts.h; can go when the oldest supported kernel has it
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return folio_has_pincount(page_folio(page)) ? atomic_read(&page_folio(page)->_pincount) : 0;
}
