/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool of a hugetlb mapping. struct hstate has fields only with CONFIG_HUGETLB_PAGE, so no
 * probe is needed. Can go when nobody builds a kernel without that option.
 *
 * Assumes: a count of a pool is read at once. The counts explain a refusal and decide nothing.
 */
#ifndef PINCHECK_COMPAT_HUGETLB_POOL_H
#define PINCHECK_COMPAT_HUGETLB_POOL_H

#include <linux/compiler.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>

/*
 * True if every free page of @vma's pool is reserved for somebody. hugetlb_lock is not exported, so
 * the two counts may be of slightly different moments.
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
