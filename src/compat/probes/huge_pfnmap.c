// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: vmf_insert_pfn_pmd(vmf, pfn, write), and the mark by which GUP-fast refuses it
 * since: 6.17 (21aa65bf82a7)
 * else: huge_pfnmap_pfn_t
 * shim: compat/huge_pfnmap.h; can go when the oldest supported kernel is 6.17
 */
#include "probe.h"
#include <linux/mm.h>

#ifndef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#error "no mark: GUP-fast takes references on what such a PMD maps"
#endif

static vm_fault_t insert_pmd(struct vm_fault *vmf, unsigned int order)
{
	return vmf_insert_pfn_pmd(vmf, 1UL, true);
}

PROBE(void, struct vm_operations_struct *ops)
{
	ops->huge_fault = insert_pmd;
}
