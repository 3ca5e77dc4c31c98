/* SPDX-License-Identifier: GPL-2.0-only */
/* What all holds of one session share: the charge for their memory, and counts of references. */
#ifndef PINCHECK_ACCOUNT_H
#define PINCHECK_ACCOUNT_H

#include <linux/atomic.h>
#include "charge.h"

struct hold;

/**
 * struct account - of one session; outlives the session's holds
 * @charge: for the memory of the session
 * @spare: the hold that ended last, kept for reuse: with init_on_alloc its memory would cost more
 *	to allocate than large folios cost to pin. Nobody is charged for this hold
 * @acquired: references that the session has taken so far
 * @released: references that the session has given back so far
 */
struct account {
	struct charge charge;
	struct hold *spare;
	atomic64_t acquired;
	atomic64_t released;
};

/**
 * account_references() - count references
 * @account: of the session that has them
 * @acquired: references just taken
 * @released: references just given back
 */
static inline void account_references(struct account *account, unsigned long acquired,
				      unsigned long released)
{
	if (acquired)
		atomic64_add(acquired, &account->acquired);
	if (released)
		atomic64_add(released, &account->released);
}

#endif
