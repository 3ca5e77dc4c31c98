// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: vmf_insert_pfn_pmd(vmf, pfn_t, write), and the mark by which GUP-fast refuses it
 * since: 6.12 (6857be5fecae, 3c8e44c9b369, ae3c99e650da) until 6.17
 * else: absent
 * shim: compat/huge_pfnmap.h; can go when the oldest supported kernel is 6.17
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/pfn_t.h>

#ifndef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#error "no mark: GUP-fast takes references on what such a PMD maps"
#endif

static vm_fault_t insert_pmd(struct vm_fault *vmf, unsigned int order)
{
	return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(1), true);
}

PROBE(void, struct vm_operations_struct *ops)
{
	ops->huge_fault = insert_pmd;
}
