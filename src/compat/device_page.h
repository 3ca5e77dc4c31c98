/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory with a memory map that a driver made (ZONE_DEVICE). get_dev_pagemap() lost its second
 * argument between 6.12 and 7.2. Probes: probes/dev_pagemap.c, probes/dev_pagemap_known.c. Can go
 * when the oldest supported kernel is 7.2.
 *
 * Assumes: get_dev_pagemap() finds the range of every page of ZONE_DEVICE and of no other. Topics
 * dax and devices test that on a machine with such memory.
 */
#ifndef PINCHECK_COMPAT_DEVICE_PAGE_H
#define PINCHECK_COMPAT_DEVICE_PAGE_H

#include <linux/memremap.h>
#include <linux/mm.h>
#include <generated/pincheck-found.h>

/* The first pages of a range may hold its own memory map: such a page has no struct page. */
static inline bool compat_has_struct_page(struct dev_pagemap *range, unsigned long pfn)
{
	const struct vmem_altmap *map = &range->altmap;

	return !(range->flags & PGMAP_ALTMAP_VALID) ||
	       pfn >= map->base_pfn + map->reserve + map->free;
}

static inline void compat_put_device_range(struct dev_pagemap *range)
{
	put_dev_pagemap(range);
}

/**
 * compat_device_range() - find the range of the page with this number
 * @pfn: any number
 *
 * Return: with a reference, for compat_put_device_range(); or NULL.
 */
static inline struct dev_pagemap *compat_device_range(u64 pfn)
{
	struct dev_pagemap *range = NULL;

	/* The kernel would cut off the high bits of a number beyond any address, and find another page. */
	if (PHYS_PFN(PFN_PHYS(pfn)) != pfn || !pfn_valid(pfn))
		return NULL;
#if defined(HAVE_DEV_PAGEMAP)
	range = get_dev_pagemap(pfn);
#elif defined(HAVE_DEV_PAGEMAP_KNOWN)
	range = get_dev_pagemap(pfn, NULL);
#endif
	if (range && !compat_has_struct_page(range, pfn)) {
		compat_put_device_range(range);
		return NULL;
	}
	return range;
}

#endif
