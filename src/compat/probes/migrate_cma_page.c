// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: is_migrate_cma_page(), linkable
 * since: ever without CONFIG_CMA; with it, bracketed by 6.1 and 7.2
 * else: pageblock_bitmap
 * shim: compat/placement.h; stays until get_pfnblock_migratetype() is exported
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/mmzone.h>

PROBE(bool, struct page *page)
{
	return is_migrate_cma_page(page);
}
