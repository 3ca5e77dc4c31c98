/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The marks of a page: all of struct page that a report depends on. Two small anonymous pages with
 * equal marks have the same report, except for the page frame number.
 */
#ifndef PINCHECK_PAGE_MARKS_H
#define PINCHECK_PAGE_MARKS_H

#include <linux/mm.h>
#include "compat/page_flags.h"
#include "compat/placement.h"

/** struct page_marks - everything that the report of a small anonymous page is made of */
struct page_marks {
	unsigned long flags;
	int mapcount;
	int refcount;
	int node;
	int cma;
	int pinnable;
};

/*
 * True if all marks of a page are fields of its struct page. Reading the marks then calls no
 * function of mm, as is required between user_access_begin() and user_access_end().
 */
#if defined(CONFIG_CMA) || defined(NODE_NOT_IN_PAGE_FLAGS)
static const bool page_marks_are_fields;
#else
static const bool page_marks_are_fields = true;
#endif

/** page_marks() - read the marks of a page */
static __always_inline struct page_marks page_marks(struct page *page)
{
	struct page_marks marks = {
		.flags = compat_page_flags(page),
		.mapcount = atomic_read(&page->_mapcount),
		.refcount = page_ref_count(page),
	};

	if (!page_marks_are_fields) {
		marks.node = page_to_nid(page);
		marks.cma = compat_page_cma(page);
		marks.pinnable = compat_longterm_pinnable(page);
	}
	return marks;
}

/** page_has_marks() - are these the marks of the page now? */
static __always_inline bool page_has_marks(struct page *page, const struct page_marks *marks)
{
	if (compat_page_flags(page) != marks->flags ||
	    atomic_read(&page->_mapcount) != marks->mapcount ||
	    page_ref_count(page) != marks->refcount)
		return false;
	return page_marks_are_fields ||
	       (page_to_nid(page) == marks->node && compat_page_cma(page) == marks->cma &&
		compat_longterm_pinnable(page) == marks->pinnable);
}

/**
 * page_is_alike() - is the report of a page that of the small anonymous page before?
 * @page: online; needs no reference, because no pointer of struct page is followed
 * @marks: of the page before
 *
 * The flags show that @page is not the first page of a large folio, and the reference count shows
 * that @page is not a tail page of one.
 */
static __always_inline bool page_is_alike(struct page *page, const struct page_marks *marks)
{
	return page_has_marks(page, marks) &&
	       (compat_page_mapping(page) & MAPPING_BITS) == MAPPING_BIT_ANON;
}

#endif
