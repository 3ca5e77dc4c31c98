// SPDX-License-Identifier: GPL-2.0-only
/* A watched range of a process's memory, and the ring of the invalidations in the range. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include "argument.h"
#include "interval.h"

/* Most attempts to insert a notifier while wake-ups without a signal disturb the insertion. */
#define INSERT_TRIES	16

/* MMU_NOTIFY_* are internal to the kernel and may be renumbered: the contract has its own names. */
static u32 event_reason(enum mmu_notifier_event event)
{
	switch (event) {
	case MMU_NOTIFY_UNMAP:
		return PINCHECK_EVENT_UNMAP;
	case MMU_NOTIFY_CLEAR:
		return PINCHECK_EVENT_CLEAR;
	case MMU_NOTIFY_PROTECTION_VMA:
		return PINCHECK_EVENT_PROTECTION_VMA;
	case MMU_NOTIFY_PROTECTION_PAGE:
		return PINCHECK_EVENT_PROTECTION_PAGE;
	case MMU_NOTIFY_SOFT_DIRTY:
		return PINCHECK_EVENT_SOFT_DIRTY;
	case MMU_NOTIFY_RELEASE:
		return PINCHECK_EVENT_EXIT;
	case MMU_NOTIFY_MIGRATE:
		return PINCHECK_EVENT_DEVICE;
	default:
		return PINCHECK_EVENT_OTHER;
	}
}

static void record_event(struct interval *interval, const struct pincheck_event *event)
{
	if (interval->recorded - interval->taken == INTERVAL_EVENTS) {
		interval->taken++;
		interval->lost++;
	}
	interval->ring[interval->recorded++ % INTERVAL_EVENTS] = *event;
}

/*
 * A caller that must not sleep is refused only if the lock is taken: the kernel then tries again.
 * Every path that does not refuse sets the sequence under the lock, so that
 * mmu_interval_read_retry() returns true to everybody who read the page tables before.
 */
static bool interval_invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range, unsigned long sequence)
{
	struct interval *interval = container_of(notifier, struct interval, notifier);
	unsigned long end = notifier->interval_tree.last + 1;
	struct pincheck_event event = {
		.start = max(range->start, notifier->interval_tree.start),
		.end = min(range->end, end),
		.sequence = sequence,
		.reason = event_reason(range->event),
	};

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&interval->lock);
	else if (!mutex_trylock(&interval->lock))
		return false;
	mmu_interval_set_seq(notifier, sequence);
	interval->ops->invalidate(interval, range, &event);
	record_event(interval, &event);
	mutex_unlock(&interval->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = interval_invalidate,
};

/*
 * The first notifier of an mm takes all locks of the mm, and mm_take_all_locks() gives up with
 * EINTR on anything that makes signal_pending() true (7906d00cd1f6, "mmu-notifiers: add
 * mm_take_all_locks() operation"). A program that receives signals all the time would never get its
 * notifier. So all signals but SIGKILL and SIGSTOP are blocked meanwhile, and delivered when the
 * mask is restored. The caller has mmap_lock already, so nothing here waits for long behind the
 * mask.
 */
static int insert_undisturbed(struct interval *interval, struct mm_struct *mm,
			      unsigned long start, unsigned long len)
{
	sigset_t blocked, before;
	int err;

	siginitsetinv(&blocked, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_BLOCK, &blocked, &before);
	err = mmu_interval_notifier_insert_locked(&interval->notifier, mm, start, len,
						  &notifier_ops);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

/*
 * The insertion can still be disturbed by what no mask blocks: SIGSTOP, a debugger, the freezer,
 * task work (TIF_NOTIFY_SIGNAL). The task handles these on its way to user space, and the system
 * call is restarted. After a wake-up that left nothing to handle there is no restart: user space
 * would see ERESTARTNOINTR. So that case is retried here.
 */
static int insert_notifier(struct interval *interval, struct mm_struct *mm, unsigned long start,
			   unsigned long len)
{
	unsigned int tries;
	int err = -EAGAIN;

	for (tries = 0; tries < INSERT_TRIES; tries++) {
		if (mmap_write_lock_killable(mm))
			return -EINTR;
		err = insert_undisturbed(interval, mm, start, len);
		mmap_write_unlock(mm);
		if (err != -EINTR || fatal_signal_pending(current))
			return err;
		if (signal_pending(current))
			return -ERESTARTNOINTR;
	}
	return -EAGAIN;
}

/**
 * interval_check() - does the request name a range of addresses that can be watched?
 * @request: of a kind that watches an interval
 *
 * Return: 0 or -EINVAL.
 */
int interval_check(const struct pincheck_hold *request)
{
	if (request->path || request->fd || request->offset || request->pid < 0)
		return -EINVAL;
	return range_check(request->addr, request->len, PAGE_SIZE, TASK_SIZE);
}

/**
 * interval_begin() - begin to watch a range
 * @interval: initialized
 * @mm: with the range; the caller keeps its users
 * @start: first address
 * @len: bytes, not 0
 * @ops: of the user
 *
 * Context: process context, sleeps, takes mmap_lock for writing: not to be called under it. Can be
 * killed while it waits.
 *
 * Return: 0; -ENOMEM; -EINTR when a fatal signal is pending; -ERESTARTNOINTR when the system call
 * is to be made again; -EAGAIN when the insertion was disturbed INSERT_TRIES times for no reason.
 */
int interval_begin(struct interval *interval, struct mm_struct *mm, unsigned long start,
		   unsigned long len, const struct interval_ops *ops)
{
	mutex_init(&interval->lock);
	interval->ops = ops;
	interval->recorded = 0;
	interval->taken = 0;
	interval->lost = 0;
	return insert_notifier(interval, mm, start, len);
}

/**
 * interval_end() - stop watching a range
 * @interval: from interval_begin()
 *
 * Waits until no invalidation is under way: when this returns, the ops are not called again. The
 * process may have ended long ago.
 *
 * Context: process context, sleeps; neither @interval->lock nor mmap_lock may be held.
 */
void interval_end(struct interval *interval)
{
	mmu_interval_notifier_remove(&interval->notifier);
}

/**
 * interval_take_events() - take the oldest events out of the ring
 * @interval: that recorded them
 * @events: filled
 * @capacity: of @events
 * @lost: set to the number of events that the ring has overwritten since the last call
 *
 * Return: number of events taken.
 */
unsigned int interval_take_events(struct interval *interval, struct pincheck_event *events,
				  unsigned int capacity, u64 *lost)
{
	unsigned int count = 0;

	mutex_lock(&interval->lock);
	*lost = interval->lost;
	interval->lost = 0;
	while (count < capacity && interval->taken != interval->recorded)
		events[count++] = interval->ring[interval->taken++ % INTERVAL_EVENTS];
	mutex_unlock(&interval->lock);
	return count;
}
