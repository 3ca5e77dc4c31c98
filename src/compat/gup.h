/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GUP that can be killed while it waits for a fault: the calls that may drop mmap_lock. Who holds
 * mmap_lock through a whole call (pin_user_pages(), get_user_pages(), or no "locked") faults
 * without FAULT_FLAG_KILLABLE, and a process whose memory never comes, a file of FUSE or a range
 * under userfaultfd, would then keep the caller in the kernel for ever.
 *
 * get_user_pages(), pin_user_pages() and their _remote siblings lost their vmas argument in 6.5
 * (54d020692b34, 4c630f307455, ca5e863233e8, 0b295316b3a9). Probes: probes/gup.c, gup_vmas.c,
 * gup_remote.c, gup_remote_vmas.c. Can go when the oldest supported kernel is 6.5.
 *
 * Until 6.3 long-term pins cannot be taken by a call that may drop mmap_lock: the kernel warns. The
 * series that changed that removed pin_user_pages_fast_only(), which such kernels need as well.
 * Probe: probes/pin_fast_only.c. Can go when the oldest supported kernel is 6.3.
 */
#ifndef PINCHECK_COMPAT_GUP_H
#define PINCHECK_COMPAT_GUP_H

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <generated/pincheck-found.h>

#ifdef HAVE_GUP
#define compat_gup_call(call, start, nr, flags, pages)					\
	call(start, nr, flags, pages)
#else
#define compat_gup_call(call, start, nr, flags, pages)					\
	call(start, nr, flags, pages, NULL)
#endif

#ifdef HAVE_GUP_REMOTE
#define compat_gup_remote_call(call, mm, start, nr, flags, pages, locked)		\
	call(mm, start, nr, flags, pages, locked)
#else
#define compat_gup_remote_call(call, mm, start, nr, flags, pages, locked)		\
	call(mm, start, nr, flags, pages, NULL, locked)
#endif

/**
 * compat_get_user_pages() - under mmap_lock, which is kept: not killable where this faults
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Return: how many, or a negative errno.
 */
static inline long compat_get_user_pages(unsigned long start, unsigned long nr,
					 unsigned int flags, struct page **pages)
{
	return compat_gup_call(get_user_pages, start, nr, flags, pages);
}

/**
 * compat_get_slow() - plain references by the slow path, killable
 * @mm: whose memory; with users
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Assumes: a call that is given "locked", or is _unlocked, faults with FAULT_FLAG_KILLABLE and
 * comes back when a fatal signal is pending. Topic killable tests that.
 *
 * Context: takes mmap_lock and drops it.
 *
 * Return: how many, or a negative errno.
 */
static inline long compat_get_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages)
{
	int locked = 1;
	long got;

	if (mm == current->mm)
		return get_user_pages_unlocked(start, nr, pages, flags);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	got = compat_gup_remote_call(get_user_pages_remote, mm, start, nr, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return got;
}

static inline long pin_slow_unlocking(struct mm_struct *mm, unsigned long start, unsigned long nr,
				      unsigned int flags, struct page **pages)
{
	int locked = 1;
	long got;

	if (mm == current->mm)
		return pin_user_pages_unlocked(start, nr, pages, flags);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	got = compat_gup_remote_call(pin_user_pages_remote, mm, start, nr, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return got;
}

#ifdef HAVE_PIN_FAST_ONLY
/* How often a page may have to be waited for before the pin sees it. */
#define PIN_LONGTERM_TRIES	64

/* With FOLL_NOWAIT a fault that would have to wait is given up: then fewer pages come, or none. */
static inline long pin_longterm_nowait(struct mm_struct *mm, unsigned long start,
				       unsigned long nr, unsigned int flags, struct page **pages)
{
	long got;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	if (mm == current->mm)
		got = compat_gup_call(pin_user_pages, start, nr, flags | FOLL_NOWAIT, pages);
	else
		got = compat_gup_remote_call(pin_user_pages_remote, mm, start, nr,
					     flags | FOLL_NOWAIT, pages, NULL);
	mmap_read_unlock(mm);
	return got;
}

/* A short-term pin of the page that has to be waited for may wait, and be killed. */
static inline long pin_longterm_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				     unsigned int flags, struct page **pages)
{
	unsigned int tries;
	long got;

	for (tries = 0; tries < PIN_LONGTERM_TRIES; tries++) {
		got = pin_longterm_nowait(mm, start, nr, flags, pages);
		if (got)
			return got;
		got = pin_slow_unlocking(mm, start, 1, flags & ~FOLL_LONGTERM, pages);
		if (got <= 0)
			return got;
		unpin_user_page(*pages);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return -EAGAIN;
}

/**
 * compat_pin_slow() - pins by the slow path, killable
 * @mm: whose memory; with users
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Assumes: as compat_get_slow(); and, here, that FOLL_NOWAIT keeps a fault from waiting for a page
 * (it is what KVM has asynchronous page faults by). A file system that waits for its pages itself,
 * rather than by their locks, is not kept from that: FUSE does so for a server that did not ask for
 * FUSE_ASYNC_READ, and then the process itself cannot be killed in a fault either.
 *
 * Context: takes mmap_lock and drops it.
 *
 * Return: how many, or a negative errno.
 */
static inline long compat_pin_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages)
{
	if (flags & FOLL_LONGTERM)
		return pin_longterm_slow(mm, start, nr, flags, pages);
	return pin_slow_unlocking(mm, start, nr, flags, pages);
}

/**
 * compat_pin_fast() - pins by GUP-fast, and what GUP-fast does not find by the slow path; killable
 * @start: first address, of current->mm
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * pin_user_pages_fast() does just this, but waits for faults of long-term pins unkillably.
 *
 * Assumes: pin_user_pages_fast_only() takes FOLL_LONGTERM and pins the prefix of the range that
 * pin_user_pages_fast() would.
 *
 * Return: how many, or a negative errno.
 */
static inline long compat_pin_fast(unsigned long start, unsigned long nr, unsigned int flags,
				   struct page **pages)
{
	long fast, slow;

	if (!(flags & FOLL_LONGTERM))
		return pin_user_pages_fast(start, nr, flags, pages);
	fast = pin_user_pages_fast_only(start, nr, flags, pages);
	if (fast == nr)
		return fast;
	slow = pin_longterm_slow(current->mm, start + (fast << PAGE_SHIFT), nr - fast, flags,
				 pages + fast);
	if (slow < 0)
		return fast ?: slow;
	return fast + slow;
}
#else
static inline long compat_pin_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages)
{
	return pin_slow_unlocking(mm, start, nr, flags, pages);
}

static inline long compat_pin_fast(unsigned long start, unsigned long nr, unsigned int flags,
				   struct page **pages)
{
	return pin_user_pages_fast(start, nr, flags, pages);
}
#endif

#endif
