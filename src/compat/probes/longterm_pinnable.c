// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_is_longterm_pinnable(), linkable
 * since: bracketed by 5.10 and 6.1; not linkable in 7.2 with CONFIG_CMA
 * else: absent
 * shim: compat/placement.h; the rule is written out where it cannot be linked
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(bool, struct page *page)
{
	return folio_is_longterm_pinnable(page_folio(page));
}
