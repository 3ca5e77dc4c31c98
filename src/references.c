// SPDX-License-Identifier: GPL-2.0-only
/* References on pages: booked as they come, and refused before the kernel's counter wraps. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>
#include "account.h"
#include "hold.h"
#include "references.h"

/**
 * references_exhausted() - has this page so many references that it must get no more?
 * @page: that the caller has a reference on
 *
 * The kernel warns, and refuses, once the refcount of a page has wrapped, which 2^21 pins do: 8 GiB
 * worth of the zero page of 5.10, or one page mapped or held often enough. Half of that is the end
 * here, so that calls that are under way at the same time do not come near it together.
 */
bool references_exhausted(struct page *page)
{
	return page_count(page) > INT_MAX / 2;
}

/**
 * references_near_end() - has one of these pages that many?
 * @pages: that the caller has a reference on each of
 * @nr: how many, not 0; no more than HOLD_CHUNK_PAGES
 *
 * To look at all of them would cost as much as to pin a large folio. One is looked at, chosen by
 * chance, so that no order of pages hides one: from the end here to that of the counter a page has
 * to come 2^20 times, and it is not found in any of these with a probability of e^-256.
 */
bool references_near_end(struct page **pages, unsigned long nr)
{
	unsigned long index = nr > 1 ? reciprocal_scale(get_random_u32(), nr) : 0;

	return references_exhausted(pages[index]);
}

/**
 * references_taken() - what every kind that refers to pages says of each chunk that came
 * @hold: that has them now
 * @first: index of the first
 * @nr: how many, not 0; no more than HOLD_CHUNK_PAGES
 *
 * Return: 0; or -EOVERFLOW when the hold must be given back. The references are booked in any case.
 */
int references_taken(struct hold *hold, unsigned long first, unsigned long nr)
{
	account_references(hold->account, nr, 0);
	return references_near_end(hold->pages + first, nr) ? -EOVERFLOW : 0;
}
