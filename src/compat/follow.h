/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table entry of an address in device memory. The answer is valid while the page table is
 * locked: from compat_follow_start() to compat_follow_end().
 *
 * follow_pfnmap_start() came with 6.12 (6da8e9634bb7); since 6.15 (62fb8adc43af) it says how much
 * one entry maps. follow_pte(), exported until 6.12, finds PTEs only, and accepts any mapping: the
 * caller checks that the mapping is one of device memory. In 6.10 and 6.11 it takes the vma instead
 * of the mm. Probes: probes/follow_pfnmap.c, probes/follow_pfnmap_mask.c, probes/follow_pte.c,
 * probes/follow_pte_vma.c. Can go when the oldest supported kernel is 6.15.
 *
 * Assumes: the entry does not change while the page table is locked, and an address without a
 * mapping has no entry. Topics pfnmap_follow and pfnmap_keep test that.
 */
#ifndef PINCHECK_COMPAT_FOLLOW_H
#define PINCHECK_COMPAT_FOLLOW_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

/**
 * struct compat_follow - a page table entry
 * @pfn: of the page at the address
 * @leaf: bytes that the entry maps; 0 if the kernel does not say
 * @writable: the entry allows writing
 * @special: nobody may take a reference on a page by this entry
 */
struct compat_follow {
	unsigned long pfn;
	unsigned long leaf;
	bool writable;
	bool special;
#ifdef HAVE_FOLLOW_PFNMAP
	struct follow_pfnmap_args args;
#else
	pte_t *pte;
	spinlock_t *ptl;	/* of the page table */
#endif
};

#if defined(HAVE_FOLLOW_PFNMAP)
static const bool __maybe_unused compat_follow = true;

/**
 * compat_follow_start() - look up what is mapped at an address
 * @follow: filled; the page table is locked
 * @vma: mapping of device memory, under mmap_lock
 * @addr: in @vma
 *
 * Return: 0, or -EINVAL when nothing is mapped there.
 */
static inline int compat_follow_start(struct compat_follow *follow, struct vm_area_struct *vma,
				      unsigned long addr)
{
	follow->args = (struct follow_pfnmap_args) { .vma = vma, .address = addr };
	if (follow_pfnmap_start(&follow->args))
		return -EINVAL;
	follow->pfn = follow->args.pfn;
	follow->writable = follow->args.writable;
	follow->special = follow->args.special;
#ifdef HAVE_FOLLOW_PFNMAP_MASK
	follow->leaf = ~follow->args.addr_mask + 1;
#else
	follow->leaf = 0;
#endif
	return 0;
}

static inline void compat_follow_end(struct compat_follow *follow)
{
	follow_pfnmap_end(&follow->args);
}
#elif defined(HAVE_FOLLOW_PTE) || defined(HAVE_FOLLOW_PTE_VMA)
static const bool __maybe_unused compat_follow = true;

static inline int compat_follow_pte(struct vm_area_struct *vma, unsigned long addr, pte_t **pte,
				    spinlock_t **ptl)
{
#ifdef HAVE_FOLLOW_PTE_VMA
	return follow_pte(vma, addr, pte, ptl);
#else
	return follow_pte(vma->vm_mm, addr, pte, ptl);
#endif
}

static inline int compat_follow_start(struct compat_follow *follow, struct vm_area_struct *vma,
				      unsigned long addr)
{
	if (compat_follow_pte(vma, addr, &follow->pte, &follow->ptl))
		return -EINVAL;
	follow->pfn = pte_pfn(*follow->pte);
	follow->leaf = PAGE_SIZE;
	follow->writable = pte_write(*follow->pte);
	follow->special = pte_special(*follow->pte);
	return 0;
}

static inline void compat_follow_end(struct compat_follow *follow)
{
	pte_unmap_unlock(follow->pte, follow->ptl);
}
#else
static const bool compat_follow;

static inline int compat_follow_start(struct compat_follow *follow, struct vm_area_struct *vma,
				      unsigned long addr)
{
	return -EINVAL;
}

static inline void compat_follow_end(struct compat_follow *follow)
{
}
#endif

#endif
