// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: follow_pte(vma, address, ptep, ptl)
 * since: 6.10, until 6.12
 * else: follow_pte
 * shim: compat/follow.h; can go when the oldest supported kernel is 6.12
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct vm_area_struct *vma, unsigned long addr, pte_t **pte, spinlock_t **ptl)
{
	return follow_pte(vma, addr, pte, ptl);
}
