// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: section_to_usemap(__pfn_to_section()), PAGEBLOCK_MIGRATETYPE_MASK
 * since: between 6.12 and 7.2, with CONFIG_SPARSEMEM
 * else: zone_cma
 * shim: compat/placement.h; stays, as migrate_cma_page
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/mmzone.h>

PROBE(bool, unsigned long pfn)
{
	unsigned long *bitmap = section_to_usemap(__pfn_to_section(pfn));

	return (bitmap[(pfn >> pageblock_order) * NR_PAGEBLOCK_BITS / BITS_PER_LONG] &
		PAGEBLOCK_MIGRATETYPE_MASK) == MIGRATE_CMA;
}
