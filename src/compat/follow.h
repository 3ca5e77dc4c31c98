/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page table says of device memory, for as long as its lock is held: from
 * compat_follow_start() to compat_follow_end(), and not an instant longer.
 *
 * follow_pfnmap_start() came with 6.12 (6da8e9634bb7); it told how much one entry maps from 6.15 on
 * (62fb8adc43af). follow_pte(), exported until then, sees PTEs only, and looks at any mapping: the
 * caller checks that it is one of device memory. 6.10 and 6.11 hand it the mapping instead of the
 * mm. Probes: probes/follow_pfnmap.c, probes/follow_pfnmap_mask.c, probes/follow_pte.c,
 * probes/follow_pte_vma.c. Can go when the oldest supported kernel is 6.15.
 *
 * Assumes: what these find is true while the page table is locked, and nothing is found
 * where nothing is mapped. Topics pfnmap_follow and pfnmap_keep test that.
 */
#ifndef PINCHECK_COMPAT_FOLLOW_H
#define PINCHECK_COMPAT_FOLLOW_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

/**
 * struct compat_follow - what the entry says
 * @pfn: of the page at the address
 * @leaf: bytes that the entry maps; 0 where the kernel does not tell
 * @writable: the entry allows writing
 * @special: there is no page behind it that anybody may count references on
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

static inline int follow_pte_of(struct vm_area_struct *vma, unsigned long addr, pte_t **pte,
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
	if (follow_pte_of(vma, addr, &follow->pte, &follow->ptl))
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
