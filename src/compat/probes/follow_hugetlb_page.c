// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: follow_hugetlb_page(), a GUP function for hugetlb alone
 * since: ever until 6.5
 * else: absent
 * shim: compat/lookup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/hugetlb.h>

/* Only whether the function is declared: no module may call it. */
PROBE(unsigned long, void)
{
	return sizeof(typeof(follow_hugetlb_page) *);
}
