/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool of a hugetlb mapping: struct hstate has fields where CONFIG_HUGETLB_PAGE is set only, so
 * the preprocessor is probe enough. Can go when nobody builds a kernel without it.
 *
 * Assumes: the counts of a pool are read whole. They explain a refusal and decide nothing.
 */
#ifndef PINCHECK_COMPAT_HUGETLB_POOL_H
#define PINCHECK_COMPAT_HUGETLB_POOL_H

#include <linux/compiler.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>

/*
 * True if no page of @vma's pool is free that is not reserved for somebody else. hugetlb_lock is not
 * exported: the counts may be of slightly different moments.
 */
static inline bool compat_hugetlb_pool_is_empty(struct vm_area_struct *vma)
{
#ifdef CONFIG_HUGETLB_PAGE
	const struct hstate *pool = hstate_vma(vma);

	return READ_ONCE(pool->free_huge_pages) <= READ_ONCE(pool->resv_huge_pages);
#else
	return false;
#endif
}

#endif
