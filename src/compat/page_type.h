/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of pages, asked without a reference: nothing here follows a pointer, and nothing asserts
 * that the page is not meanwhile part of another folio, as folio_test_*() of a kernel with
 * CONFIG_DEBUG_VM_PGFLAGS does.
 *
 * Pages of a type use the word of the mapcount for it (6e292b9be7f4, 4.18). Slab pages are of a type
 * from 6.10 on (46df8e73a4a3) and have a flag before; hugetlb folios are of a type from 6.10 on
 * (d99e3140a4d3), and are memory of processes all the same. Probes: probes/page_type.c. Stays.
 *
 * Assumes: a page of a type has a mapcount field that no mapped page can have. Topic ioctl_report
 * looks at page tables.
 */
#ifndef PINCHECK_COMPAT_PAGE_TYPE_H
#define PINCHECK_COMPAT_PAGE_TYPE_H

#include <linux/mm.h>
#include <linux/page-flags.h>
#include <generated/pincheck-found.h>

/** compat_page_is_hugetlb() - is this the first page of a hugetlb folio? */
static inline bool compat_page_is_hugetlb(struct page *head)
{
	return PageHuge(head);
}

/**
 * compat_page_has_owner() - is the page of a type: a page table, slab, logically offline, free?
 * @head: first page of its folio
 *
 * Its owner uses the words of struct page as it likes, the mapcount's for the type.
 */
static inline bool compat_page_has_owner(struct page *head)
{
	return PageSlab(head) || (page_has_type(head) && !PageHuge(head));
}

/** compat_page_offline() - is the page logically offline, and not to be touched? */
static inline bool compat_page_offline(struct page *page)
{
	return PageOffline(page);
}

#endif
