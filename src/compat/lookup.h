/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which page is mapped at an address where GUP-fast found none? GUP-fast skips PTEs that are
 * special (the zero page) or allow no access.
 *
 * FOLL_NOFAULT came with 5.16 (55b8fe703bc5): GUP as usual, but never a fault. Before, and until
 * 6.11, follow_pte() was exported, which finds PTEs only. Probes: probes/nofault.c,
 * probes/follow_pte.c. Can go when the oldest supported kernel is 5.16.
 *
 * Until 6.5 hugetlb has a GUP function of its own, which ignores FOLL_NOFAULT: on such kernels a
 * snapshot of HMM reads the page tables. Probe: probes/follow_hugetlb_page.c. Can go when
 * the oldest supported kernel is 6.5.
 *
 * Assumes: a look-up faults nothing in, whatever the kind of memory, unshares nothing, and finds
 * the zero page. Topic assumptions tests that for each kind of memory.
 */
#ifndef PINCHECK_COMPAT_LOOKUP_H
#define PINCHECK_COMPAT_LOOKUP_H

#include <linux/hmm.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/pincheck.h>
#include <generated/pincheck-found.h>
#include "gup.h"

#if defined(HAVE_NOFAULT) && defined(HAVE_FOLLOW_HUGETLB_PAGE)
#if IS_ENABLED(CONFIG_HMM_MIRROR)
/*
 * Assumes: for a snapshot, hmm_range_fault() uses only the mm and the sequence of the notifier, so
 * this notifier need not be registered. Memory without read access is unknown.
 */
static inline u32 compat_lookup_hugetlb(unsigned long addr, struct page *held)
{
	struct mmu_interval_notifier notifier = { .mm = current->mm };
	unsigned long found = 0;
	struct hmm_range range = {
		.notifier = &notifier,
		.start = addr,
		.end = addr + PAGE_SIZE,
		.hmm_pfns = &found,
	};

	if (hmm_range_fault(&range) || (found & HMM_PFN_ERROR))
		return PINCHECK_MAPPED_UNKNOWN;
	if (!(found & HMM_PFN_VALID))
		return PINCHECK_MAPPED_NONE;
	return hmm_pfn_to_page(found) == held ? PINCHECK_MAPPED_SAME : PINCHECK_MAPPED_OTHER;
}
#else
static inline u32 compat_lookup_hugetlb(unsigned long addr, struct page *held)
{
	return PINCHECK_MAPPED_UNKNOWN;
}
#endif

static inline bool compat_lookup_needs_hmm(unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(current->mm, addr);

	return vma && vma->vm_start <= addr && is_vm_hugetlb_page(vma);
}
#else
static inline u32 compat_lookup_hugetlb(unsigned long addr, struct page *held)
{
	return PINCHECK_MAPPED_UNKNOWN;
}

static inline bool compat_lookup_needs_hmm(unsigned long addr)
{
	return false;
}
#endif

/**
 * compat_lookup() - compare the page that is mapped with another page, without a fault
 * @addr: in current->mm, whose mmap_lock is held
 * @held: the page
 *
 * Return: enum pincheck_mapped.
 */
#if defined(HAVE_NOFAULT)
static inline u32 compat_lookup(unsigned long addr, struct page *held)
{
	struct page *page;

	if (compat_lookup_needs_hmm(addr))
		return compat_lookup_hugetlb(addr, held);
	/* FOLL_FORCE: the page counts, not the access rights. A read never unshares. */
	if (compat_get_user_pages(addr, 1, FOLL_NOFAULT | FOLL_FORCE, &page) != 1)
		return PINCHECK_MAPPED_NONE;
	put_page(page);
	return page == held ? PINCHECK_MAPPED_SAME : PINCHECK_MAPPED_OTHER;
}
#elif defined(HAVE_FOLLOW_PTE)
static inline u32 compat_lookup(unsigned long addr, struct page *held)
{
	struct vm_area_struct *vma = find_vma(current->mm, addr);
	unsigned long pfn;
	spinlock_t *ptl;	/* of the page table */
	pte_t *pte;

	if (!vma || vma->vm_start > addr || (vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return PINCHECK_MAPPED_NONE;
	if (follow_pte(vma->vm_mm, addr, &pte, &ptl)) {
		/* Nothing, or a huge page without access: by mprotect() or for NUMA balancing. */
		if (nr_online_nodes > 1 || !(vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
			return PINCHECK_MAPPED_UNKNOWN;
		return PINCHECK_MAPPED_NONE;
	}
	pfn = pte_pfn(*pte);
	pte_unmap_unlock(pte, ptl);
	return pfn == page_to_pfn(held) ? PINCHECK_MAPPED_SAME : PINCHECK_MAPPED_OTHER;
}
#else
static inline u32 compat_lookup(unsigned long addr, struct page *held)
{
	return PINCHECK_MAPPED_UNKNOWN;
}
#endif

#endif
