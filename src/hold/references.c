// SPDX-License-Identifier: GPL-2.0-only
/*
 * References on pages: counted when they are taken, and refused before the kernel's counter wraps.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>
#include "account.h"
#include "hold.h"
#include "references.h"

/**
 * references_exhausted() - has this page more than INT_MAX / 2 references, so that it gets no more?
 * @page: on which the caller has a reference
 *
 * The kernel warns, and refuses, once the refcount of a page has wrapped, which takes 2^21 pins: 8
 * GiB worth of the zero page of 5.10, or one page that is mapped or held 2^21 times. The limit here
 * is half of that, so that calls that run at the same time cannot reach the wrap together.
 */
bool references_exhausted(struct page *page)
{
	return page_count(page) > INT_MAX / 2;
}

/**
 * references_near_end() - is one of these pages exhausted? Checks a single page, chosen at random
 * @pages: on each of which the caller has a reference
 * @nr: number of pages, 1 to HOLD_CHUNK_PAGES
 *
 * A check of all pages would cost as much as to pin a large folio. The page to check is chosen at
 * random, so that no order of pages can hide one: between the limit here and the wrap a page is
 * pinned another 2^20 times, and all these checks miss the page with a probability of e^-256.
 */
bool references_near_end(struct page **pages, unsigned long nr)
{
	unsigned long index = nr > 1 ? reciprocal_scale(get_random_u32(), nr) : 0;

	return references_exhausted(pages[index]);
}

/**
 * references_taken() - count the references of one chunk that was taken
 * @hold: that has the pages now
 * @first: index of the first page
 * @nr: number of pages, 1 to HOLD_CHUNK_PAGES
 *
 * Every kind that has references calls this. Return: 0; or -EOVERFLOW when the hold must be given
 * back. The references are counted in any case.
 */
int references_taken(struct hold *hold, unsigned long first, unsigned long nr)
{
	account_references(hold->account, nr, 0);
	return references_near_end(hold->pages + first, nr) ? -EOVERFLOW : 0;
}
