// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: follow_pfnmap_start() and follow_pfnmap_end()
 * since: 6.12 (6da8e9634bb7)
 * else: follow_pte
 * shim: compat/follow.h; can go when the oldest supported kernel is 6.12
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct vm_area_struct *vma, unsigned long addr)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = addr };

	if (follow_pfnmap_start(&args))
		return args.pfn && args.writable && args.special;
	follow_pfnmap_end(&args);
	return 0;
}
