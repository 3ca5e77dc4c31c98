// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio->_pincount
 * since: 6.1 or before: bracketed by 5.10 and 6.1
 * else: compound_pincount
 * shim: compat/page_counts.h; can go when folio_has_pincount() is in the oldest supported kernel
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct page *page)
{
	return atomic_read(&page_folio(page)->_pincount);
}
