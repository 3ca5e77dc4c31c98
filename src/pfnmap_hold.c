// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold of kind "pfnmap": page frame numbers of device memory, kept after the page table was
 * unlocked again, as a hypervisor does that maps a BAR for its guest. Nothing keeps what is behind
 * them: the owner may take it away, and what comes next at that number is anybody's. The one right
 * way is an mmu_interval_notifier: numbers are used only under its lock, and only while its
 * sequence is that of the look; the kernel, who waits for that lock, changes nothing meanwhile.
 *
 * Any change in the range ends the hold, for good. It does not look again: then a test could not
 * tell that it noticed.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "argument.h"
#include "compat/follow.h"
#include "device_io.h"
#include "explain.h"
#include "follow.h"
#include "hold.h"
#include "interval.h"
#include "pfnmap_hold.h"

/* How often the memory may be invalidated under our eyes before we give up. */
#define LOOK_TRIES	64

/* In pfns: a private copy of device memory. No page frame number is that large. */
#define FOLLOWED_COPY	(1UL << (BITS_PER_LONG - 1))

/**
 * struct followed - what a hold of this kind has of its own
 * @interval: watches the range
 * @sequence: of the look; under the interval's lock it says whether what follows is true
 * @good: nothing happened since; for EVENTS, the truth is @sequence
 * @nr: pages
 * @first: what was seen at the first page
 * @pfns: page frame numbers, in order of address; with FOLLOWED_COPY, of memory of the process
 */
struct followed {
	struct interval interval;
	unsigned long sequence;
	bool good;
	unsigned int nr;
	struct sight first;
	unsigned long pfns[];
};

/* The sequence says it all, and there is nothing to undo. The first event tells what is lost. */
static void invalidate(struct interval *interval, const struct mmu_notifier_range *range,
		       struct pincheck_event *event)
{
	struct followed *followed = container_of(interval, struct followed, interval);

	if (followed->good)
		event->pages = followed->nr;
	followed->good = false;
}

static const struct interval_ops interval_ops = {
	.invalidate = invalidate,
};

static int followed_check(const struct pincheck_hold *request)
{
	if (request->path || request->fd || request->offset || request->pid < 0)
		return -EINVAL;
	return range_check(request->addr, request->len, PAGE_SIZE, TASK_SIZE);
}

static size_t followed_bytes(const struct pincheck_hold *request)
{
	return sizeof(struct followed) + (request->len >> PAGE_SHIFT) * sizeof(unsigned long);
}

/*
 * Only two things are written: device memory of this module, and what the process has instead of it
 * in a private mapping. A page of somebody else's may be mapped read-only in the kernel, or not at
 * all.
 */
static int look_at_page(struct hold *hold, unsigned long index, u32 *reason)
{
	bool write = hold->flags & PINCHECK_HOLD_WRITE;
	struct followed *followed = hold->private;
	struct sight sight;
	int err;

	err = follow(hold->mm, hold->addr + (index << PAGE_SHIFT), write, &sight, reason);
	if (err)
		return err;
	if (write && !sight.ours && !sight.copied) {
		*reason = PINCHECK_REASON_ACCESS;
		return -EACCES;
	}
	followed->pfns[index] = sight.pfn | (sight.copied ? FOLLOWED_COPY : 0);
	if (!index)
		followed->first = sight;
	return 0;
}

/* All pages, one after the other: the lock of one page table is not that of the next. */
static int look_at_all(struct hold *hold, struct pincheck_hold *request)
{
	int err = 0;

	if (mmap_read_lock_killable(hold->mm)) {
		request->reason = PINCHECK_REASON_SIGNAL;
		return -EINTR;
	}
	for (request->pages = 0; request->pages < hold->nr && !err; cond_resched()) {
		if (fatal_signal_pending(current)) {
			request->reason = PINCHECK_REASON_SIGNAL;
			err = -EINTR;
			break;
		}
		err = look_at_page(hold, request->pages, &request->reason);
		request->pages += !err;
	}
	mmap_read_unlock(hold->mm);
	return err;
}

/* Until nothing changed between the first page and the last. */
static int look_until_true(struct hold *hold, struct pincheck_hold *request)
{
	struct followed *followed = hold->private;
	struct interval *interval = &followed->interval;
	unsigned int tries;
	bool changed;
	int err;

	for (tries = 0; tries < LOOK_TRIES; tries++) {
		followed->sequence = mmu_interval_read_begin(&interval->notifier);
		err = look_at_all(hold, request);
		if (err)
			return err;
		mutex_lock(&interval->lock);
		changed = mmu_interval_read_retry(&interval->notifier, followed->sequence);
		followed->good = !changed;
		mutex_unlock(&interval->lock);
		if (!changed)
			return 0;
	}
	request->reason = PINCHECK_REASON_PFNMAP;
	return -EAGAIN;
}

static int followed_take(struct hold *hold, struct pincheck_hold *request)
{
	struct followed *followed = hold->private;
	int err;

	hold_clear_pages(hold);
	if (!compat_follow) {
		request->reason = PINCHECK_REASON_ABSENT;
		return -EOPNOTSUPP;
	}
	request->reason = PINCHECK_REASON_MEMORY;
	followed->nr = hold->nr;
	err = interval_begin(&followed->interval, hold->mm, hold->addr, hold->nr << PAGE_SHIFT,
			     &interval_ops);
	if (err) {
		request->reason = explain_failure(hold->mm, hold->addr, hold->flags, err);
		return err;
	}
	request->reason = PINCHECK_REASON_NONE;
	err = look_until_true(hold, request);
	if (err)
		interval_end(&followed->interval);
	return err;
}

static void followed_give_back(struct hold *hold, unsigned long first, unsigned long nr,
			       bool dirty)
{
	struct followed *followed = hold->private;

	interval_end(&followed->interval);
}

/*
 * Device memory is never reclaimed. A private copy is memory of the process like any other: it is
 * marked dirty while its entry, which allows writing, is still in the page table, for who reclaims it
 * waits for the lock. That is the rule of mirror.c (Jerome Glisse, 2019-03-07), without its delay.
 */
static int write_page(unsigned long pfn, const struct io_part *part)
{
	struct page *page = pfn_to_page(pfn & ~FOLLOWED_COPY);
	int err = device_access(page, part);

	if (!err && (pfn & FOLLOWED_COPY))
		set_page_dirty(page);
	return err;
}

static int access_page(unsigned long pfn, const struct io_part *part)
{
	if (part->write)
		return write_page(pfn, part);
	return follow_read(pfn & ~FOLLOWED_COPY, part->offset, part->bounce, part->len);
}

/* Whoever changes the page table waits for the lock; whoever did has changed the sequence. */
static int followed_access(struct hold *hold, const struct io_part *part)
{
	struct followed *followed = hold->private;
	int err = -ESTALE;

	mutex_lock(&followed->interval.lock);
	if (!mmu_interval_read_retry(&followed->interval.notifier, followed->sequence))
		err = access_page(followed->pfns[part->index], part);
	mutex_unlock(&followed->interval.lock);
	return err;
}

static struct interval *followed_interval(struct hold *hold)
{
	struct followed *followed = hold->private;

	return &followed->interval;
}

/**
 * pfnmap_hold_sight() - what was seen at the first page when the hold was taken
 * @hold: of kind pfnmap
 */
const struct sight *pfnmap_hold_sight(const struct hold *hold)
{
	const struct followed *followed = hold->private;

	return &followed->first;
}

const struct hold_ops pfnmap_ops = {
	.flags = PINCHECK_HOLD_WRITE,
	.by_address = true,
	.check = followed_check,
	.private_bytes = followed_bytes,
	.take = followed_take,
	.give_back = followed_give_back,
	.access = followed_access,
	.interval = followed_interval,
};
