/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flags of a folio, tested on its first page. Folios came with 5.16 (7b230db3b8d3), and since then
 * the tests for pages disappear one by one. Probes: probes/folio_flags.c, probes/page_flags.c. Can
 * go when the oldest supported kernel is 6.1.
 *
 * AnonExclusive came with 5.19 (78fbe906cc90). Probe: probes/anon_exclusive.c. Can go when the
 * oldest supported kernel is 5.19.
 *
 * Assumes: the first page has the flags of the folio; each page has its own AnonExclusive unless a
 * PMD maps the folio. Topics ioctl_report and reuse test that.
 */
#ifndef PINCHECK_COMPAT_PAGE_FLAGS_H
#define PINCHECK_COMPAT_PAGE_FLAGS_H

#include <linux/mm.h>
#include <linux/page-flags.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"

#ifdef HAVE_FOLIO_FLAGS
#define COMPAT_PAGE_FLAG(lower, Camel)						\
	static inline bool compat_page_##lower(struct page *head)		\
	{									\
		return folio_test_##lower(compat_head_folio(head));			\
	}
#else
#define COMPAT_PAGE_FLAG(lower, Camel)						\
	static inline bool compat_page_##lower(struct page *head)		\
	{									\
		return Page##Camel(head);					\
	}
#endif

COMPAT_PAGE_FLAG(anon, Anon)
COMPAT_PAGE_FLAG(dirty, Dirty)
COMPAT_PAGE_FLAG(hugetlb, Huge)
COMPAT_PAGE_FLAG(ksm, Ksm)
COMPAT_PAGE_FLAG(locked, Locked)
COMPAT_PAGE_FLAG(lru, LRU)
COMPAT_PAGE_FLAG(private, Private)
COMPAT_PAGE_FLAG(reserved, Reserved)
COMPAT_PAGE_FLAG(slab, Slab)
COMPAT_PAGE_FLAG(swapbacked, SwapBacked)
COMPAT_PAGE_FLAG(swapcache, SwapCache)
COMPAT_PAGE_FLAG(unevictable, Unevictable)
COMPAT_PAGE_FLAG(writeback, Writeback)

/* Only for anonymous pages: on other pages the bit has another meaning. */
#ifdef HAVE_ANON_EXCLUSIVE
enum { compat_anon_exclusive = true };

static inline bool compat_page_anon_exclusive(struct page *page)
{
	return PageAnonExclusive(page);
}
#else
enum { compat_anon_exclusive = false };

static inline bool compat_page_anon_exclusive(struct page *page)
{
	return false;
}
#endif

/** compat_page_flags() - all flags of a page: one word, in a structure since 6.18 */
static inline unsigned long compat_page_flags(const struct page *page)
{
	return READ_ONCE(*(const unsigned long *)&page->flags);
}

/* The flag of failed memory; no bit if the kernel does not look for such memory. */
#ifdef CONFIG_MEMORY_FAILURE
#define PAGE_FLAG_HWPOISON	(1UL << PG_hwpoison)
#else
#define PAGE_FLAG_HWPOISON	0UL
#endif

/* Low bits of the mapping field: bit 0: anonymous memory; bit 1 alone: a driver's movable page. */
#define MAPPING_BIT_ANON	1UL
#define MAPPING_BITS		3UL

/** compat_page_mapping() - the mapping field of the folio, with its low bits */
static inline unsigned long compat_page_mapping(struct page *head)
{
#ifdef HAVE_FOLIO_FLAGS
	return (unsigned long)READ_ONCE(compat_head_folio(head)->mapping);
#else
	return (unsigned long)READ_ONCE(head->mapping);
#endif
}

#endif
