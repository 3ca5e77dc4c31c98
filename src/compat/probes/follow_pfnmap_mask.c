// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: addr_mask of struct follow_pfnmap_args
 * since: 6.15 (62fb8adc43af)
 * else: absent
 * shim: compat/follow.h; can go when the oldest supported kernel is 6.15
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(unsigned long, struct follow_pfnmap_args *args)
{
	return args->addr_mask;
}
