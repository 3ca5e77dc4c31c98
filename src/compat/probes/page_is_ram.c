// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: page_is_ram()
 * since: 2.6.34 (61ef2489dbcd)
 * else: absent
 * shim: compat/ram.h; stays
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, unsigned long pfn)
{
	return page_is_ram(pfn);
}
