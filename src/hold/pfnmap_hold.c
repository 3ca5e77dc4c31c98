// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold of kind "pfnmap": page frame numbers of device memory that are used after the page table
 * was unlocked, as a hypervisor does that maps a BAR for its guest. No reference keeps the memory:
 * its owner may revoke it, and then others may get the same number. The one right way is an
 * mmu_interval_notifier: the numbers are used only under its lock, and only while its sequence is
 * that at which the page table was read; the kernel waits for this lock before it changes an entry.
 *
 * Any change in the range ends the hold for good. The hold does not read the page table again: then
 * a test could not see that the hold noticed the change.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "compat/follow.h"
#include "device_io.h"
#include "explain.h"
#include "follow.h"
#include "hold.h"
#include "interval.h"
#include "pfnmap_hold.h"

/* Most attempts to read all entries of the range without an invalidation meanwhile. */
#define RECORD_TRIES	64

/* A bit in @pfns: a private copy of device memory. No page frame number is that large. */
#define FOLLOWED_COPY	(1UL << (BITS_PER_LONG - 1))

/**
 * struct followed - private memory of a hold of this kind
 * @interval: watches the range
 * @sequence: at which the page table was read; compared under the lock of @interval it says whether
 *	@first and @pfns are still true
 * @good: no invalidation was recorded yet; counts pages for EVENTS, and decides nothing
 * @nr: number of pages
 * @first: what was seen at the first page
 * @pfns: page frame numbers, in order of address; with FOLLOWED_COPY, of a copy that the process
 *	owns
 */
struct followed {
	struct interval interval;
	unsigned long sequence;
	bool good;
	unsigned int nr;
	struct mapping_seen first;
	unsigned long pfns[];
};

/* @sequence alone ends the hold. The first event counts the pages that the hold has lost. */
static void followed_invalidate(struct interval *interval, const struct mmu_notifier_range *range,
				struct pincheck_event *event)
{
	struct followed *followed = container_of(interval, struct followed, interval);

	if (followed->good)
		event->pages = followed->nr;
	followed->good = false;
}

static const struct interval_ops followed_interval_ops = {
	.invalidate = followed_invalidate,
};

static size_t followed_bytes(const struct pincheck_hold *request)
{
	return sizeof(struct followed) + (request->len >> PAGE_SHIFT) * sizeof(unsigned long);
}

/*
 * The device writes to device memory of this module only, and to copies of that memory in a private
 * mapping of the process. Pages of others may be mapped read-only in the kernel, or not at all.
 */
static int record_page(struct hold *hold, unsigned long index, u32 *reason)
{
	bool write = hold->flags & PINCHECK_HOLD_WRITE;
	struct followed *followed = hold->private;
	struct mapping_seen seen;
	int err;

	err = follow(hold->mm, hold->addr + (index << PAGE_SHIFT), write, &seen, reason);
	if (err)
		return err;
	if (write && !seen.ours && !seen.copied)
		return refuse(reason, PINCHECK_REASON_ACCESS, -EACCES);
	followed->pfns[index] = seen.pfn | (seen.copied ? FOLLOWED_COPY : 0);
	if (!index)
		followed->first = seen;
	return 0;
}

/* Records all pages, one after the other: each page table has a lock of its own. */
static int record_pages(struct hold *hold, struct pincheck_hold *request)
{
	int err = 0;

	if (mmap_read_lock_killable(hold->mm))
		return refuse(&request->reason, PINCHECK_REASON_SIGNAL, -EINTR);
	for (request->pages = 0; request->pages < hold->nr && !err; cond_resched()) {
		if (fatal_signal_pending(current)) {
			err = refuse(&request->reason, PINCHECK_REASON_SIGNAL, -EINTR);
			break;
		}
		err = record_page(hold, request->pages, &request->reason);
		request->pages += !err;
	}
	mmap_read_unlock(hold->mm);
	return err;
}

/* Repeats that until nothing changed between the first page and the last. */
static int record_until_stable(struct hold *hold, struct pincheck_hold *request)
{
	struct followed *followed = hold->private;
	struct interval *interval = &followed->interval;
	unsigned int tries;
	bool changed;
	int err;

	for (tries = 0; tries < RECORD_TRIES; tries++) {
		followed->sequence = mmu_interval_read_begin(&interval->notifier);
		err = record_pages(hold, request);
		if (err)
			return err;
		mutex_lock(&interval->lock);
		changed = mmu_interval_read_retry(&interval->notifier, followed->sequence);
		followed->good = !changed;
		mutex_unlock(&interval->lock);
		if (!changed)
			return 0;
	}
	return refuse(&request->reason, PINCHECK_REASON_PFNMAP, -EAGAIN);
}

static int followed_take(struct hold *hold, struct pincheck_hold *request)
{
	struct followed *followed = hold->private;
	int err;

	hold_clear_pages(hold);
	if (!compat_follow)
		return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
	request->reason = PINCHECK_REASON_MEMORY;
	followed->nr = hold->nr;
	err = interval_begin(&followed->interval, hold->mm, hold->addr, hold->nr << PAGE_SHIFT,
			     &followed_interval_ops);
	if (err) {
		request->reason = explain_failure(hold->mm, hold->addr, hold->flags, err);
		return err;
	}
	request->reason = PINCHECK_REASON_NONE;
	err = record_until_stable(hold, request);
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
 * marked dirty while its writable entry is still in the page table, since reclaim waits for the
 * lock of the interval. That is the rule of mirror.c (Jerome Glisse, 2019-03-07), applied at once.
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

/* A change of the page table waits for this lock; a change before has changed the sequence. */
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
 * pfnmap_hold_seen() - what was seen at the first page when the hold was taken
 * @hold: of kind pfnmap
 */
const struct mapping_seen *pfnmap_hold_seen(const struct hold *hold)
{
	const struct followed *followed = hold->private;

	return &followed->first;
}

const struct hold_ops pfnmap_ops = {
	.flags = PINCHECK_HOLD_WRITE,
	.by_address = true,
	.check = interval_check,
	.private_bytes = followed_bytes,
	.take = followed_take,
	.give_back = followed_give_back,
	.access = followed_access,
	.interval = followed_interval,
};
