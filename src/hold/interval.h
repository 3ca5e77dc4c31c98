/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A range of a process's memory that an mmu_interval_notifier watches, and the invalidations that
 * the kernel announced for the range, in a ring that overwrites the oldest.
 */
#ifndef PINCHECK_INTERVAL_H
#define PINCHECK_INTERVAL_H

#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/pincheck.h>

/* Most invalidations recorded for the next EVENTS: 10 KiB a hold. */
#define INTERVAL_EVENTS		256U

struct interval;

/**
 * struct interval_ops - callbacks of the user of an interval
 * @invalidate: must stop using, before it returns, what was found in @event->start to @event->end.
 *	Called under @lock while the kernel is about to change page tables: the kernel may hold page
 *	locks and locks of reverse mappings, and may be reclaiming. So @invalidate takes no page
 *	lock and no mmap_lock, allocates nothing, and sleeps only if
 *	mmu_notifier_range_blockable(). Fills pages, dirtied and late of @event
 */
struct interval_ops {
	void (*invalidate)(struct interval *interval, const struct mmu_notifier_range *range,
			   struct pincheck_event *event);
};

/**
 * struct interval - a watched range
 * @notifier: of the kernel; for mmu_interval_read_begin() and mmu_interval_read_retry()
 * @ops: of the user of this interval
 * @lock: held while @ops invalidates. What was found in the page tables is used under this lock
 *	only, after mmu_interval_read_retry() has returned false under the lock. While the lock is
 *	held nothing else is locked or allocated, and no user memory is accessed
 * @recorded: number of invalidations so far
 * @taken: number of these that EVENTS has taken, or the ring has overwritten
 * @lost: number that the ring has overwritten since the last EVENTS
 * @ring: the last invalidations
 */
struct interval {
	struct mmu_interval_notifier notifier;
	const struct interval_ops *ops;
	struct mutex lock;	/* see above */
	u64 recorded;
	u64 taken;
	u64 lost;
	struct pincheck_event ring[INTERVAL_EVENTS];
};

int interval_begin(struct interval *interval, struct mm_struct *mm, unsigned long start,
		   unsigned long len, const struct interval_ops *ops);
int interval_check(const struct pincheck_hold *request);
void interval_end(struct interval *interval);
unsigned int interval_take_events(struct interval *interval, struct pincheck_event *events,
				  unsigned int capacity, u64 *lost);

#endif
