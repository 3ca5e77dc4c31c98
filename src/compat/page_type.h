/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of pages, read without a reference: nothing here follows a pointer, or asserts that the
 * page is not part of another folio, as folio_test_*() does with CONFIG_DEBUG_VM_PGFLAGS.
 *
 * The type of a page is in the field of the mapcount (6e292b9be7f4, 4.18). Slab pages have a type
 * since 6.10 (46df8e73a4a3), and a flag before; hugetlb folios have a type since 6.10
 * (d99e3140a4d3), but are memory of processes all the same. Probe: probes/page_type.c. Stays.
 *
 * Assumes: no mapped page can have the mapcount field of a page with a type. Topic ioctl_report
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
 * compat_page_has_owner() - does the page have a type: page table, slab, logically offline, free?
 * @head: first page of its folio
 *
 * Its owner may use the fields of struct page for anything; the type is in the field of the
 * mapcount.
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
