// SPDX-License-Identifier: GPL-2.0-only
/* References on pages: counted when they are taken, and refused before the kernel's counter wraps. */
#include <linux/errno.h>
#include "account.h"
#include "hold.h"
#include "references.h"

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
