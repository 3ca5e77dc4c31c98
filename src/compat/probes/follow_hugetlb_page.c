// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: follow_hugetlb_page(), GUP of hugetlb with rules of its own
 * since: ever until 6.5
 * else: absent
 * shim: compat/lookup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/hugetlb.h>

/* The kernel has it or has not: no module may call it. */
PROBE(unsigned long, void)
{
	return sizeof(typeof(follow_hugetlb_page) *);
}
