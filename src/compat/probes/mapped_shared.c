// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: folio_maybe_mapped_shared()
 * since: 6.15 (6af8cb80d3a9)
 * else: absent
 * shim: compat/mapped_shared.h; can go when the oldest supported kernel is 6.15
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(bool, struct page *page)
{
	return folio_maybe_mapped_shared(page_folio(page));
}
