// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: get_dev_pagemap(pfn)
 * since: between 6.12 and 7.2
 * else: dev_pagemap_known
 * shim: compat/device_page.h; can go when the oldest supported kernel is 7.2
 */
#include "probe.h"
#include <linux/memremap.h>
#include <linux/mm.h>

PROBE(bool, unsigned long pfn)
{
	struct dev_pagemap *range = get_dev_pagemap(pfn);

	if (range)
		put_dev_pagemap(range);
	return range;
}
