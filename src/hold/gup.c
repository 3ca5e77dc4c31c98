// SPDX-License-Identifier: GPL-2.0-only
/* Taking and giving back references by GUP, a chunk at a time. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "account.h"
#include "argument.h"
#include "explain.h"
#include "gup.h"
#include "hold.h"
#include "page/path.h"
#include "references.h"

/**
 * gup_foll_flags() - FOLL_* for PINCHECK_HOLD_*
 * @flags: of a hold
 *
 * FOLL_* changed their values more than once: so the contract has flags of its own.
 */
unsigned int gup_foll_flags(u32 flags)
{
	return (flags & PINCHECK_HOLD_WRITE ? FOLL_WRITE : 0) |
	       (flags & PINCHECK_HOLD_LONGTERM ? FOLL_LONGTERM : 0) |
	       (flags & PINCHECK_HOLD_FORCE ? FOLL_FORCE : 0);
}

/* One GUP call. *fast: number of pages that came by GUP-fast. @call: NULL for the slow path. */
static long gup_call(const struct gup_calls *calls, struct hold *hold, struct path_call *call,
		     unsigned long done, unsigned long nr, u32 *fast)
{
	unsigned long start = hold->addr + (done << PAGE_SHIFT);
	unsigned int flags = gup_foll_flags(hold->flags);
	long got;

	if (!call) {
		*fast = 0;
		return calls->slow(hold->mm, start, nr, flags, hold->pages + done);
	}
	path_begin(call, start, nr);
	got = calls->fast(start, nr, flags, hold->pages + done);
	*fast = path_end(call, got > 0 ? got : 0);
	return got;
}

/* Takes one chunk, from page @done on. Return: pages that came; *err: why not all of them. */
static unsigned long gup_chunk(const struct gup_calls *calls, struct hold *hold,
			       struct path_call *call, unsigned long done, int *err)
{
	unsigned long nr = min(hold->nr - done, HOLD_CHUNK_PAGES), came = 0;
	u32 *split = &hold->fast[done / HOLD_CHUNK_PAGES], fast;

	/* GUP does not say why it gave fewer pages; the call for the rest does. */
	while (came < nr) {
		long got = gup_call(calls, hold, call, done + came, nr - came, &fast);

		if (got <= 0) {
			/* Some kernels return 0 for arguments that they refuse. */
			*err = got ? got : -EFAULT;
			break;
		}
		*split = split_append(*split, came, fast);
		*err = references_taken(hold, done + came, got);
		came += got;
		if (*err)
			break;
	}
	return came;
}

static void put_pages(const struct gup_calls *calls, struct page **pages, unsigned long nr,
		      bool dirty)
{
	unsigned long done, chunk;

	for (done = 0; done < nr; done += chunk) {
		chunk = min(nr - done, PUT_CHUNK_PAGES);
		calls->put(pages + done, chunk, dirty);
		cond_resched();
	}
}

/**
 * gup_check() - does the request name a range of addresses, and a path?
 * @request: of a kind that uses GUP
 *
 * Return: 0 or -EINVAL.
 */
int gup_check(const struct pincheck_hold *request)
{
	if (request->path != PINCHECK_PATH_FAST && request->path != PINCHECK_PATH_SLOW)
		return -EINVAL;
	if (request->fd || request->offset)
		return -EINVAL;
	/* GUP-fast reads the page tables of the caller, and no others. */
	if (request->pid < 0 || (request->pid && request->path == PINCHECK_PATH_FAST))
		return -EINVAL;
	/* The whitelist looks pages up in the page tables of the caller, too. */
	if (request->pid && (request->flags & PINCHECK_HOLD_WHITELIST))
		return -EINVAL;
	return range_check(request->addr, request->len, PAGE_SIZE, TASK_SIZE);
}

/**
 * gup_take() - take references on all pages of a hold, or on none
 * @calls: the kind's calls
 * @hold: with addr, nr and flags; its pages and fast are filled
 * @request: checked; its pages is set to the number of pages that GUP gave, on failure, too
 *
 * Context: process context, sleeps, takes mmap_lock of @hold->mm, whose users the caller keeps.
 *
 * Return: 0; or, with the reason in @request: -EINTR when a fatal signal is pending; else the errno
 * of GUP.
 */
int gup_take(const struct gup_calls *calls, struct hold *hold, struct pincheck_hold *request)
{
	bool slow = request->path == PINCHECK_PATH_SLOW;
	struct path_call call = { 0 };
	unsigned long got = 0;
	int err = 0;

	for (; got < hold->nr && !err; cond_resched()) {
		got += gup_chunk(calls, hold, slow ? NULL : &call, got, &err);
		/* GUP says EAGAIN when a fatal signal came while it waited for mmap_lock. */
		if (fatal_signal_pending(current) && got < hold->nr)
			err = -EINTR;
	}
	request->pages = got;
	if (err) {
		put_pages(calls, hold->pages, got, false);
		account_references(hold->account, 0, got);
		request->reason = explain_failure(hold->mm, hold->addr + (got << PAGE_SHIFT),
						  hold->flags, err);
	}
	return err;
}

/**
 * gup_can_cut() - may the page at this index be given back without the one before it?
 * @hold: of a kind that uses GUP
 * @index: of the page
 *
 * Return: true: each page has its own reference.
 */
bool gup_can_cut(const struct hold *hold, unsigned long index)
{
	return true;
}

/**
 * gup_give_back() - give references of a hold back
 * @calls: the kind's calls
 * @hold: whose pages nobody uses any more
 * @first: index of the first page
 * @nr: number of pages, all of them still held
 * @dirty: mark the pages dirty first
 *
 * Context: process context, sleeps; @hold->busy is held for writing or nobody else can find it.
 */
void gup_give_back(const struct gup_calls *calls, struct hold *hold, unsigned long first,
		   unsigned long nr, bool dirty)
{
	put_pages(calls, hold->pages + first, nr, dirty);
	account_references(hold->account, 0, nr);
}
