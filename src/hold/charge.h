/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel memory that the module allocates for a session, charged against RLIMIT_MEMLOCK. */
#ifndef PINCHECK_CHARGE_H
#define PINCHECK_CHARGE_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct cred;

/**
 * struct charge - the memory charged for one session
 * @cred: of the process that opened the session, with a reference; its user is charged
 * @lock: protects @bytes
 * @bytes: sum. The user is charged for the whole pages of this sum, so that small holds do not cost
 *	a page each; less than one page of each session is never charged
 */
struct charge {
	const struct cred *cred;
	spinlock_t lock;	/* see above */
	size_t bytes;
};

void charge_begin(struct charge *charge, const struct cred *cred);
int charge_add(struct charge *charge, size_t bytes, size_t *charged);
void charge_sub(struct charge *charge, size_t bytes);
void charge_end(struct charge *charge);

#endif
