/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is mapped at an address where GUP-fast did not find anything: it does not look at PTEs
 * marked special (the zero page) nor at those without access.
 *
 * FOLL_NOFAULT came with 5.16 (55b8fe703bc5): GUP as usual, but never a fault. Before, and until
 * 6.11, follow_pte() was exported, which sees PTEs only. Probes: probes/nofault.c,
 * probes/follow_pte.c. Can go when the oldest supported kernel is 5.16.
 *
 * GUP of hugetlb ignores FOLL_NOFAULT for as long as it has a function of its own, until 6.5: there
 * the page tables are read by a snapshot of HMM. Probe: probes/follow_hugetlb_page.c. Can go when
 * the oldest supported kernel is 6.5.
 *
 * Assumes: what is asked here faults nothing in, whatever kind of memory it is, unshares nothing,
 * and sees the zero page. Topic assumptions tests that of each kind of memory.
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
 * Assumes: hmm_range_fault(), asked for a snapshot, wants of a notifier its mm and its sequence
 * only: this one is not registered. Memory without read access is told as unknown.
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
 * compat_lookup() - compare what is mapped with a page, under mmap_lock, never faulting
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
	/* By force: asked is what is mapped, not whether it may be read. Reads never unshare. */
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
