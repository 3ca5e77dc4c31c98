/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GUP that a fatal signal ends while it waits for a fault: the calls that may drop mmap_lock. A
 * call that keeps mmap_lock (pin_user_pages(), get_user_pages(), or "locked" is NULL) faults
 * without FAULT_FLAG_KILLABLE. If the memory never comes, such as that of a FUSE file or of a range
 * under userfaultfd, the caller would stay in the kernel for ever.
 *
 * get_user_pages(), pin_user_pages() and their _remote siblings lost their vmas argument in 6.5
 * (54d020692b34, 4c630f307455, ca5e863233e8, 0b295316b3a9). Probes: probes/gup.c, gup_vmas.c,
 * gup_remote.c, gup_remote_vmas.c. Can go when the oldest supported kernel is 6.5.
 *
 * Until 6.3 a call that may drop mmap_lock must not take long-term pins: the kernel warns. The
 * series that allowed it removed pin_user_pages_fast_only(), which older kernels need here as well.
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
 * compat_get_user_pages() - plain references under mmap_lock, which stays locked; not killable in a
 * fault
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_get_user_pages(unsigned long start, unsigned long nr,
					 unsigned int flags, struct page **pages)
{
	return compat_gup_call(get_user_pages, start, nr, flags, pages);
}

/**
 * compat_pin_user_pages() - the same, pins
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_pin_user_pages(unsigned long start, unsigned long nr,
					 unsigned int flags, struct page **pages)
{
	return compat_gup_call(pin_user_pages, start, nr, flags, pages);
}

/* Plain references or pins by the slow path: @own for current->mm, @remote for any other mm. */
static __always_inline long compat_gup_slow(typeof(get_user_pages_unlocked) *own,
					    typeof(get_user_pages_remote) *remote,
					    struct mm_struct *mm, unsigned long start,
					    unsigned long nr, unsigned int flags,
					    struct page **pages)
{
	int locked = 1;
	long got;

	if (mm == current->mm)
		return own(start, nr, pages, flags);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	got = compat_gup_remote_call(remote, mm, start, nr, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return got;
}

/**
 * compat_get_slow() - plain references by the slow path, killable
 * @mm: whose memory; with users
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Assumes: a call with "locked", or an _unlocked one, faults with FAULT_FLAG_KILLABLE and returns
 * when a fatal signal is pending. Topic killable tests that.
 *
 * Context: takes mmap_lock and drops it.
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_get_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages)
{
	return compat_gup_slow(get_user_pages_unlocked, get_user_pages_remote, mm, start, nr, flags,
			       pages);
}

#ifdef HAVE_PIN_FAST_ONLY
/* Most waits for one page before a pin gives up: the page may be gone again after each wait. */
#define PIN_LONGTERM_TRIES	64

/* With FOLL_NOWAIT GUP gives up at a fault that would have to wait: fewer pages come, or none. */
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

/*
 * Assumes: FOLL_NOWAIT keeps a fault from waiting for a page (asynchronous page faults of KVM rely
 * on that). A file system that waits for its pages without their locks ignores it: FUSE does so for
 * a server that did not ask for FUSE_ASYNC_READ, and then the process itself cannot be killed in a
 * fault either.
 */
static inline long pin_longterm_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				     unsigned int flags, struct page **pages)
{
	unsigned int tries;
	long got;

	for (tries = 0; tries < PIN_LONGTERM_TRIES; tries++) {
		got = pin_longterm_nowait(mm, start, nr, flags, pages);
		if (got)
			return got;
		/* A short-term pin may wait for the page, and a signal ends the wait. */
		got = compat_gup_slow(pin_user_pages_unlocked, pin_user_pages_remote, mm, start, 1,
				      flags & ~FOLL_LONGTERM, pages);
		if (got <= 0)
			return got;
		unpin_user_page(*pages);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return -EAGAIN;
}

/*
 * As pin_user_pages_fast(), which waits for faults of long-term pins unkillably.
 *
 * Assumes: pin_user_pages_fast_only() takes FOLL_LONGTERM and pins the same prefix of the range as
 * pin_user_pages_fast().
 */
static inline long pin_longterm_fast(unsigned long start, unsigned long nr, unsigned int flags,
				     struct page **pages)
{
	long fast, slow;

	fast = pin_user_pages_fast_only(start, nr, flags, pages);
	if (fast == nr)
		return fast;
	slow = pin_longterm_slow(current->mm, start + (fast << PAGE_SHIFT), nr - fast, flags,
				 pages + fast);
	if (slow < 0)
		return fast ?: slow;
	return fast + slow;
}
#endif

/**
 * compat_pin_slow() - pins by the slow path, killable
 * @mm: whose memory; with users
 * @start: first address
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Context: takes mmap_lock and drops it.
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_pin_slow(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages)
{
#ifdef HAVE_PIN_FAST_ONLY
	if (flags & FOLL_LONGTERM)
		return pin_longterm_slow(mm, start, nr, flags, pages);
#endif
	return compat_gup_slow(pin_user_pages_unlocked, pin_user_pages_remote, mm, start, nr, flags,
			       pages);
}

/**
 * compat_pin_fast() - pins by GUP-fast, and what GUP-fast does not find by the slow path; killable
 * @start: first address, of current->mm
 * @nr: base pages
 * @flags: FOLL_*
 * @pages: filled
 *
 * Return: number of pages, or a negative errno.
 */
static inline long compat_pin_fast(unsigned long start, unsigned long nr, unsigned int flags,
				   struct page **pages)
{
#ifdef HAVE_PIN_FAST_ONLY
	if (flags & FOLL_LONGTERM)
		return pin_longterm_fast(start, nr, flags, pages);
#endif
	return pin_user_pages_fast(start, nr, flags, pages);
}

#endif
