/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of a trace: a ring that keeps the oldest, and counts what it has no room for. */
#ifndef PINCHECK_RING_H
#define PINCHECK_RING_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/pincheck.h>

/**
 * struct ring - records that probes write and one reader at a time takes
 * @lock: protects the rest; taken in any context, for one record or a batch of them
 * @written: number of records so far
 * @taken: number of these that were taken
 * @lost: number of records for which there was no room, counted with or without @lock
 * @mask: number of @records less one; a power of two less one
 * @records: of which @written to @taken are filled, modulo their number
 *
 * One ring, not one a processor: so a record of a call is always before what the caller does next,
 * on whatever processor.
 */
struct ring {
	raw_spinlock_t lock;	/* see above */
	u64 written;
	u64 taken;
	atomic64_t lost;
	u64 mask;
	struct pincheck_traced *records;
};

int ring_begin(struct ring *ring, u64 records);
void ring_end(struct ring *ring);
void ring_put(struct ring *ring, const struct pincheck_traced *record);
unsigned int ring_take(struct ring *ring, struct pincheck_traced *records, unsigned int capacity,
		       u64 until);
u64 ring_written(struct ring *ring);

#endif
