// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: follow_pte(mm, address, ptep, ptl)
 * since: 5.10.209 and 5.11 (ff5c19ed4b08), until 6.10
 * else: absent
 * shim: compat/lookup.h; can go when the oldest supported kernel is 5.16
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, struct mm_struct *mm, unsigned long addr, pte_t **pte, spinlock_t **ptl)
{
	return follow_pte(mm, addr, pte, ptl);
}
