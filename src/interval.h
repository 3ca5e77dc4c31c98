/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A range of a process's memory that is watched by an mmu_interval_notifier, and what the kernel
 * said about it: the invalidations, in a ring that forgets the oldest.
 */
#ifndef PINCHECK_INTERVAL_H
#define PINCHECK_INTERVAL_H

#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/pincheck.h>

/* Most invalidations remembered until EVENTS asks: 10 KiB a hold. */
#define INTERVAL_EVENTS		256U

struct interval;

/**
 * struct interval_ops - what its user does
 * @invalidate: stop using what was found in @event->start to @event->end, before it returns. Called
 *	under @lock, from where the kernel is about to change page tables: it may hold page locks
 *	and those of reverse mappings, and may be reclaiming. So no page lock, no mmap_lock and no
 *	allocation; and no sleep unless mmu_notifier_range_blockable(). Fills pages, dirtied and
 *	late of @event
 */
struct interval_ops {
	void (*invalidate)(struct interval *interval, const struct mmu_notifier_range *range,
			   struct pincheck_event *event);
};

/**
 * struct interval - a range that is watched
 * @notifier: of the kernel; for mmu_interval_read_begin() and mmu_interval_read_retry()
 * @ops: of its user
 * @lock: held while @ops invalidates. What was found in the page tables is used under it, after
 *	mmu_interval_read_retry() said under it that nothing changed. Nothing is locked or
 *	allocated, and no user memory touched, inside it
 * @recorded: invalidations so far
 * @told: of these, how many EVENTS told, or the ring forgot
 * @lost: forgotten since EVENTS was asked last
 * @ring: the last ones
 */
struct interval {
	struct mmu_interval_notifier notifier;
	const struct interval_ops *ops;
	struct mutex lock;	/* see above */
	u64 recorded;
	u64 told;
	u64 lost;
	struct pincheck_event ring[INTERVAL_EVENTS];
};

int interval_begin(struct interval *interval, struct mm_struct *mm, unsigned long start,
		   unsigned long len, const struct interval_ops *ops);
void interval_end(struct interval *interval);
int interval_tell(struct interval *interval, struct pincheck_events *request);

#endif
