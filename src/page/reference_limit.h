/* SPDX-License-Identifier: GPL-2.0-only */
/* Has a page as many references as it may get? Both modules ask, before the kernel's counter wraps. */
#ifndef PINCHECK_REFERENCE_LIMIT_H
#define PINCHECK_REFERENCE_LIMIT_H

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>

/**
 * references_exhausted() - has this page more than INT_MAX / 2 references, so that it gets no more?
 * @page: on which the caller has a reference
 *
 * The kernel warns, and refuses, once the refcount of a page has wrapped, which takes 2^21 pins: 8
 * GiB worth of the zero page of 5.10, or one page that is mapped or held 2^21 times. The limit here
 * is half of that, so that calls that run at the same time cannot reach the wrap together.
 */
static inline bool references_exhausted(struct page *page)
{
	return page_count(page) > INT_MAX / 2;
}

/**
 * references_near_end() - is one of these pages exhausted? Checks a single page, chosen at random
 * @pages: on each of which the caller has a reference
 * @nr: number of pages, 1 to 4096: those of one call of GUP
 *
 * A check of all pages would cost as much as to pin a large folio. The page to check is chosen at
 * random, so that no order of pages can hide one: between the limit here and the wrap a page is
 * pinned another 2^20 times, and all these checks miss the page with a probability of e^-256.
 */
static inline bool references_near_end(struct page **pages, unsigned long nr)
{
	unsigned long index = nr > 1 ? reciprocal_scale(get_random_u32(), nr) : 0;

	return references_exhausted(pages[index]);
}

#endif
