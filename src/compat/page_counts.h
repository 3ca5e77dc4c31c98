/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapcounts and pin counts. A function returns false, and leaves *count alone, if the count is
 * unknown. The caller has a reference on the folio.
 *
 * page_mapcount() went between 6.1 and 6.12: the code in its place is that of /proc/PID/pagemap. A
 * module of 6.1 cannot link folio_mapcount(). Since 5.7 (47e29d32afba) compound pages of order 2
 * and above have a separate pin count; on 64 bit, by 6.1, all large folios do.
 *
 * A page with a type has no mapcount, because the type is in the same field. For a page table,
 * page_mapcount() of 6.1 returns -512, and folio_mapcount() of 6.12 returns 0.
 *
 * Assumes: each mapping of a page adds one to its mapcount, and each pin of a page adds one to the
 * pin count; the kernel's own short-lived references add nothing. Topics accounting and ledger
 * compare these counts with the holds and mappings.
 */
#ifndef PINCHECK_COMPAT_PAGE_COUNTS_H
#define PINCHECK_COMPAT_PAGE_COUNTS_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"
#include "page_type.h"

/* Probes: probes/entire_mapcount.c, probes/compound_mapcount.c. Can go at 5.18. */
static inline bool compat_entire_mapcount(struct page *head, int *count)
{
	if (!PageHead(head) || compat_page_has_owner(head))
		return false;
#if defined(HAVE_ENTIRE_MAPCOUNT)
	*count = folio_entire_mapcount(compat_head_folio(head));
	return true;
#elif defined(HAVE_COMPOUND_MAPCOUNT)
	*count = compound_mapcount(head);
	return true;
#else
	return false;
#endif
}

/* Of pages without a type. Probes: probes/precise_mapcount.c, page_mapcount.c. Can go at 6.12. */
static inline bool compat_untyped_mapcount(struct page *page, struct page *head, int entire,
					   int *count)
{
#if defined(HAVE_PRECISE_MAPCOUNT)
	int raw = atomic_read(&page->_mapcount) + 1;

	if (IS_ENABLED(CONFIG_NO_PAGE_MAPCOUNT) && PageHead(head))
		return false;
	*count = (page_mapcount_is_type(raw) ? 0 : raw) + entire;
	return true;
#elif defined(HAVE_PAGE_MAPCOUNT)
	*count = page_mapcount(page);
	return true;
#else
	return false;
#endif
}

/* @entire: from compat_entire_mapcount(), or 0 */
static inline bool compat_page_mapcount(struct page *page, struct page *head, int entire,
					int *count)
{
	return !compat_page_has_owner(head) && compat_untyped_mapcount(page, head, entire, count);
}

/*
 * The sum over all pages, which kernels without folio_mapcount() computed the same way. A mapping
 * of the whole folio is part of the count of each page.
 */
static inline bool compat_sum_mapcounts(struct page *head, int *count)
{
	unsigned int i, nr = compound_nr(head);
	int entire, of_page, sum;

	if (!compat_entire_mapcount(head, &entire))
		return false;
	sum = entire;
	for (i = 0; !PageHuge(head) && i < nr; i++) {
		if (!compat_untyped_mapcount(head + i, head, entire, &of_page))
			return false;
		sum += of_page - entire;
	}
	*count = sum;
	return true;
}

/* Probe: probes/folio_mapcount.c. Can go at 6.12. */
static inline bool compat_folio_mapcount(struct page *head, int *count)
{
	if (compat_page_has_owner(head))
		return false;
#ifdef HAVE_FOLIO_MAPCOUNT
	*count = folio_mapcount(compat_head_folio(head));
	return true;
#else
	if (PageHead(head))
		return compat_sum_mapcounts(head, count);
	return compat_untyped_mapcount(head, head, 0, count);
#endif
}

/*
 * Probes: probes/folio_has_pincount.c, folio_pincount.c, compound_pincount.c. Can go at 6.1. A
 * caller without a reference gets a guess: this does not call folio_has_pincount(), which would
 * assert that the page is not part of another folio.
 */
static inline bool compat_pin_count(struct page *head, int *count)
{
#if defined(HAVE_FOLIO_HAS_PINCOUNT) || defined(HAVE_FOLIO_PINCOUNT)
	if (!PageHead(head) || (!IS_ENABLED(CONFIG_64BIT) && compound_order(head) < 2))
		return false;
	*count = atomic_read(&compat_head_folio(head)->_pincount);
	return true;
#elif defined(HAVE_COMPOUND_PINCOUNT)
	if (!PageHead(head) || !hpage_pincount_available(head))
		return false;
	*count = compound_pincount(head);
	return true;
#else
	return false;
#endif
}

/*
 * Does the page cache have a reference for each page of a hugetlb folio, as for other folios? Since
 * 6.7 (a08c7193e4f1); before, it has one for the whole folio. Probe: probes/hugetlb_by_page.c. Can
 * go when the oldest supported kernel is 6.7.
 */
static inline bool compat_hugetlb_by_page(void)
{
#ifdef HAVE_HUGETLB_BY_PAGE
	return true;
#else
	return false;
#endif
}

/* Probes: probes/folio_maybe_pinned.c, probes/page_maybe_pinned.c. Can go at 6.1. */
static inline bool compat_maybe_dma_pinned(struct page *head)
{
#ifdef HAVE_FOLIO_MAYBE_PINNED
	return folio_maybe_dma_pinned(compat_head_folio(head));
#else
	return page_maybe_dma_pinned(head);
#endif
}

#endif
