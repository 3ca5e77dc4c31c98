// SPDX-License-Identifier: GPL-2.0-only
/* A range of a process's memory that is watched, and the ring of what happened to it. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "interval.h"

/* How often an insertion that a wake-up without a signal disturbed is tried again. */
#define INSERT_TRIES	16

/* MMU_NOTIFY_* are the kernel's own business: what they mean has names of ours. */
static u32 reason_of(enum mmu_notifier_event event)
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

static void record(struct interval *interval, const struct pincheck_event *event)
{
	if (interval->recorded - interval->told == INTERVAL_EVENTS) {
		interval->told++;
		interval->lost++;
	}
	interval->ring[interval->recorded++ % INTERVAL_EVENTS] = *event;
}

/*
 * Who may not sleep is refused only where somebody else has the lock: the kernel asks again later.
 * The sequence is set on every path that does not refuse, under the lock: that is what makes
 * mmu_interval_read_retry() true for whoever looked before.
 */
static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range, unsigned long sequence)
{
	struct interval *interval = container_of(notifier, struct interval, notifier);
	unsigned long end = notifier->interval_tree.last + 1;
	struct pincheck_event event = {
		.start = max(range->start, notifier->interval_tree.start),
		.end = min(range->end, end),
		.sequence = sequence,
		.reason = reason_of(range->event),
	};

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&interval->lock);
	else if (!mutex_trylock(&interval->lock))
		return false;
	mmu_interval_set_seq(notifier, sequence);
	interval->ops->invalidate(interval, range, &event);
	record(interval, &event);
	mutex_unlock(&interval->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/*
 * The first notifier of an mm takes all locks of the mm, and mm_take_all_locks() gives up with
 * EINTR on anything that makes signal_pending() true (7906d00cd1f6, "mmu-notifiers: add
 * mm_take_all_locks() operation"). A program that is signalled often would never get its
 * notifier. So no signal but SIGKILL and SIGSTOP is let in meanwhile; what was sent is delivered
 * when the mask is restored. The caller has mmap_lock already, so nothing that may take long is
 * done behind the mask.
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
 * What still disturbs the insertion is no signal that can be blocked: SIGSTOP, a debugger, the
 * freezer, task work (TIF_NOTIFY_SIGNAL). The task handles that on its way to user space, and the
 * system call is then made again. A wake-up that left nothing to handle is no reason to go there:
 * user space would see ERESTARTNOINTR.
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
 * interval_begin() - watch a range
 * @interval: filled
 * @mm: whose memory it is; has users, by the caller
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
	interval->told = 0;
	interval->lost = 0;
	return insert_notifier(interval, mm, start, len);
}

/**
 * interval_end() - watch it no more
 * @interval: from interval_begin()
 *
 * Waits until no invalidation is under way: when this returns the user is not called again. The
 * process may have ended long ago.
 *
 * Context: process context, sleeps; neither @interval->lock nor mmap_lock may be held.
 */
void interval_end(struct interval *interval)
{
	mmu_interval_notifier_remove(&interval->notifier);
}

/* The oldest @room events into @events. Return: how many. */
static unsigned int take_events(struct interval *interval, struct pincheck_event *events,
				unsigned int room, u64 *lost)
{
	unsigned int count = 0;

	mutex_lock(&interval->lock);
	*lost = interval->lost;
	interval->lost = 0;
	while (count < room && interval->told != interval->recorded)
		events[count++] = interval->ring[interval->told++ % INTERVAL_EVENTS];
	mutex_unlock(&interval->lock);
	return count;
}

/* A caller's event may be shorter than ours, or longer: then its tail is cleared. */
static int copy_event(void __user *user, const struct pincheck_event *event, u32 size)
{
	u32 known = min_t(u32, size, sizeof(*event));

	if (copy_to_user(user, event, known) || clear_user(user + known, size - known))
		return -EFAULT;
	return 0;
}

/**
 * interval_tell() - EVENTS, for one range
 * @interval: that is asked
 * @request: checked; count and lost are filled
 *
 * Context: process context, sleeps, writes to user memory.
 *
 * Return: 0, -ENOMEM or -EFAULT.
 */
int interval_tell(struct interval *interval, struct pincheck_events *request)
{
	unsigned int room = min_t(u64, request->room, INTERVAL_EVENTS), i;
	char __user *user = u64_to_user_ptr(request->events);
	struct pincheck_event *events;
	int err = 0;

	events = kmalloc_array(room, sizeof(*events), GFP_KERNEL_ACCOUNT);
	if (!events)
		return -ENOMEM;
	request->count = take_events(interval, events, room, &request->lost);
	for (i = 0; i < request->count && !err; i++)
		err = copy_event(user + (size_t)i * request->event_size, &events[i],
				 request->event_size);
	kfree(events);
	return err;
}
