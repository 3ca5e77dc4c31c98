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
#include "path.h"
#include "references.h"

/**
 * gup_foll_flags() - FOLL_* for PINCHECK_HOLD_*
 * @flags: of a hold
 *
 * FOLL_* changed their values more than once: never a caller's bits, always this translation.
 */
unsigned int gup_foll_flags(u32 flags)
{
	return (flags & PINCHECK_HOLD_WRITE ? FOLL_WRITE : 0) |
	       (flags & PINCHECK_HOLD_LONGTERM ? FOLL_LONGTERM : 0) |
	       (flags & PINCHECK_HOLD_FORCE ? FOLL_FORCE : 0);
}

/* One GUP call. *fast: how many of what it gave came by GUP-fast. @call: NULL for the slow path. */
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

/* One chunk, from page @done on. Return: pages that came; *err: why not all of them. */
static unsigned long gup_chunk(const struct gup_calls *calls, struct hold *hold,
			       struct path_call *call, unsigned long done, int *err)
{
	unsigned long nr = min(hold->nr - done, HOLD_CHUNK_PAGES), came = 0;
	u32 *split = &hold->fast[done / HOLD_CHUNK_PAGES], fast;

	/* A short answer does not say why; the call for the rest does. */
	while (came < nr) {
		long got = gup_call(calls, hold, call, done + came, nr - came, &fast);

		if (got <= 0) {
			/* 0 is how some kernels say that they do not like the arguments. */
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
 * gup_check() - is this a range of addresses, and a way to it?
 * @request: of a kind that goes by address
 *
 * Return: 0 or -EINVAL.
 */
int gup_check(const struct pincheck_hold *request)
{
	if (request->path != PINCHECK_PATH_FAST && request->path != PINCHECK_PATH_SLOW)
		return -EINVAL;
	if (request->fd || request->offset)
		return -EINVAL;
	/* GUP-fast looks at the page tables of the caller, and at no others. */
	if (request->pid < 0 || (request->pid && request->path == PINCHECK_PATH_FAST))
		return -EINVAL;
	/* Nor can the whitelist ask them what is mapped. */
	if (request->pid && (request->flags & PINCHECK_HOLD_WHITELIST))
		return -EINVAL;
	return range_check(request->addr, request->len, PAGE_SIZE, TASK_SIZE);
}

/**
 * gup_take() - take references on all pages of a hold, or on none
 * @calls: the kind's calls
 * @hold: its addr, nr and flags say what; its pages and fast are filled
 * @request: checked; its pages is set to how many GUP gave, also when it then stopped
 *
 * Context: process context, sleeps, takes mmap_lock of @hold->mm, whose users the caller keeps.
 *
 * Return: 0; or, with the reason in @request: -EINTR when a fatal signal is pending; else what GUP said.
 */
int gup_take(const struct gup_calls *calls, struct hold *hold, struct pincheck_hold *request)
{
	bool slow = request->path == PINCHECK_PATH_SLOW;
	struct path_call call = { 0 };
	unsigned long got = 0;
	int err = 0;

	for (; got < hold->nr && !err; cond_resched()) {
		got += gup_chunk(calls, hold, slow ? NULL : &call, got, &err);
		/* GUP answers EAGAIN when a fatal signal kept it from mmap_lock. */
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
 * @hold: of which
 * @index: of the page
 *
 * Return: true: each page has a reference of its own.
 */
bool gup_can_cut(const struct hold *hold, unsigned long index)
{
	return true;
}

/**
 * gup_give_back() - give references of a hold back
 * @calls: the kind's calls
 * @hold: whose pages nobody uses any more
 * @first: index of the first of them
 * @nr: how many, all still held
 * @dirty: mark them dirty first
 *
 * Context: process context, sleeps; @hold->busy is held for writing or nobody else can find it.
 */
void gup_give_back(const struct gup_calls *calls, struct hold *hold, unsigned long first,
		   unsigned long nr, bool dirty)
{
	put_pages(calls, hold->pages + first, nr, dirty);
	account_references(hold->account, 0, nr);
}
