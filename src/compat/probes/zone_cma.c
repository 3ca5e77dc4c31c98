// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: zone_cma_pages(page_zone())
 * since: 5.12
 * else: absent
 * shim: compat/placement.h; stays, as migrate_cma_page
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/mmzone.h>

PROBE(bool, struct page *page)
{
	return zone_cma_pages(page_zone(page));
}
