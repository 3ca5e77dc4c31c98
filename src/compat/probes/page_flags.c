// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: PageAnon() and its like
 * since: ever, until folios replaced them
 * else: stop
 * shim: compat/page_flags.h; can go when the oldest supported kernel is 6.1
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/page-flags.h>

PROBE(bool, struct page *page)
{
	return PageAnon(page) && PageDirty(page) && PageHuge(page) && PageKsm(page) &&
	       PageLocked(page) && PageLRU(page) && PagePrivate(page) && PageReserved(page) &&
	       PageSlab(page) && PageSwapBacked(page) && PageSwapCache(page) &&
	       PageUnevictable(page) && PageWriteback(page) && page->mapping;
}
