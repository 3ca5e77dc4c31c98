/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device memory mapped by a PMD. Every kernel can do that, but only since 6.12 (6857be5fecae) the
 * PMD is marked as special. Without the mark, GUP-fast takes a reference on the struct page of the
 * memory, even if there is none (the check is ae3c99e650da). So the module maps PMDs only if the
 * kernel is built with the mark. vmf_insert_pfn_pmd() took a pfn_t until 6.17 (21aa65bf82a7).
 * Probes: probes/huge_pfnmap.c, probes/huge_pfnmap_pfn_t.c. The shim can go when the oldest
 * supported kernel is 6.17; the check for the mark stays.
 *
 * Assumes: GUP-fast refuses a PMD that is marked special. Topic pfnmap tests that by its flavour
 * "huge".
 */
#ifndef PINCHECK_COMPAT_HUGE_PFNMAP_H
#define PINCHECK_COMPAT_HUGE_PFNMAP_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>
#ifndef HAVE_HUGE_PFNMAP
#ifdef HAVE_HUGE_PFNMAP_PFN_T
#include <linux/pfn_t.h>
#endif
#endif

#if defined(HAVE_HUGE_PFNMAP) || defined(HAVE_HUGE_PFNMAP_PFN_T)
static const bool compat_huge_pfnmap = true;

/** compat_insert_huge() - map PMD_SIZE bytes of device memory, from @pfn on, where @vmf faulted */
static inline vm_fault_t compat_insert_huge(struct vm_fault *vmf, unsigned long pfn, bool write)
{
#ifdef HAVE_HUGE_PFNMAP
	return vmf_insert_pfn_pmd(vmf, pfn, write);
#else
	return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(pfn), write);
#endif
}

/* The member has other arguments in older kernels, so only this macro sets it. */
#define COMPAT_HUGE_FAULT(handler)	.huge_fault = (handler),
#else
static const bool compat_huge_pfnmap;

static inline vm_fault_t compat_insert_huge(struct vm_fault *vmf, unsigned long pfn, bool write)
{
	return VM_FAULT_FALLBACK;
}

#define COMPAT_HUGE_FAULT(handler)
#endif

#endif
