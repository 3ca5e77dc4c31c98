// SPDX-License-Identifier: GPL-2.0-only
/* The records of a trace: a ring that keeps the oldest, and counts what it has no room for. */
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "ring.h"

/**
 * ring_begin() - allocate a ring
 * @ring: filled
 * @records: that it has room for, at least
 *
 * Context: process context, sleeps.
 *
 * Return: 0 or -ENOMEM.
 */
int ring_begin(struct ring *ring, u64 records)
{
	size_t count = roundup_pow_of_two(records);

	raw_spin_lock_init(&ring->lock);
	ring->mask = count - 1;
	ring->records = kvmalloc_array(count, sizeof(*ring->records), GFP_KERNEL_ACCOUNT);
	return ring->records ? 0 : -ENOMEM;
}

/** ring_end() - free a ring, that nobody writes any more */
void ring_end(struct ring *ring)
{
	kvfree(ring->records);
}

/* Under the lock. */
static void write_record(struct ring *ring, const struct pincheck_traced *record)
{
	if (ring->written - ring->taken > ring->mask)
		atomic64_inc(&ring->lost);
	else
		ring->records[ring->written++ & ring->mask] = *record;
}

/**
 * ring_put() - write a record, or count it as lost
 * @ring: to write to
 * @record: to copy
 *
 * An NMI may have interrupted the code that has the lock on this processor: it does not wait.
 *
 * Context: any.
 */
void ring_put(struct ring *ring, const struct pincheck_traced *record)
{
	unsigned long flags;

	if (!in_nmi()) {
		raw_spin_lock_irqsave(&ring->lock, flags);
		write_record(ring, record);
		raw_spin_unlock_irqrestore(&ring->lock, flags);
	} else if (raw_spin_trylock_irqsave(&ring->lock, flags)) {
		write_record(ring, record);
		raw_spin_unlock_irqrestore(&ring->lock, flags);
	} else {
		atomic64_inc(&ring->lost);
	}
}

/**
 * ring_take() - the oldest records, which are forgotten
 * @ring: to take from
 * @records: filled
 * @capacity: of @records
 * @until: takes no record that was written after ring_written() returned this
 *
 * Return: number of records.
 */
unsigned int ring_take(struct ring *ring, struct pincheck_traced *records, unsigned int capacity,
		       u64 until)
{
	unsigned int count = 0;

	raw_spin_lock_irq(&ring->lock);
	while (count < capacity && ring->taken < until)
		records[count++] = ring->records[ring->taken++ & ring->mask];
	raw_spin_unlock_irq(&ring->lock);
	return count;
}

/** ring_written() - number of records so far */
u64 ring_written(struct ring *ring)
{
	u64 written;

	raw_spin_lock_irq(&ring->lock);
	written = ring->written;
	raw_spin_unlock_irq(&ring->lock);
	return written;
}
