// SPDX-License-Identifier: GPL-2.0-only
/* How a hold ends: whole, or a part at a time; and how its pins are stolen. */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/pincheck.h>
#include "account.h"
#include "argument.h"
#include "hold.h"

/* Does the request mean the whole hold, or all that is left of it? */
static bool is_whole(const struct pincheck_release *request)
{
	return !request->count;
}

/* First page of the part, which lies within the hold. */
static unsigned long first_page_of(const struct hold *hold, const struct pincheck_release *request)
{
	return array_index_nospec(request->first, hold->nr);
}

static bool has_holes(const struct hold *hold)
{
	return hold->left != hold->nr;
}

/* How many pages from @first on, and before @end, are all held, or were all given back? */
static unsigned long run_length(const struct hold *hold, unsigned long first, unsigned long end)
{
	bool held = hold->pages[first];
	unsigned long next = first + 1;

	while (next < end && !!hold->pages[next] == held)
		next++;
	return next - first;
}

/* May a part begin at the page at @index, and another end at the page before? */
static bool is_edge(const struct hold *hold, unsigned long index)
{
	if (!index || index == hold->nr || !hold->pages[index - 1] || !hold->pages[index])
		return true;
	return hold->ops->can_cut(hold, index);
}

/* Can this part of the hold be given back without the rest? */
static int check_part(const struct hold *hold, unsigned long first, unsigned long nr)
{
	if (has_holes(hold) && (!hold->pages[first] || run_length(hold, first, first + nr) < nr))
		return -ENOENT;
	if (nr == hold->nr)
		return 0;
	if (!hold->ops->can_cut)
		return -EINVAL;
	return is_edge(hold, first) && is_edge(hold, first + nr) ? 0 : -EINVAL;
}

/* Can the pins of this part, all of which is held, be stolen? */
static int check_steal(const struct hold *hold, unsigned long first, unsigned long nr)
{
	if (!hold->ops->steal)
		return -EINVAL;
	if (hold->stolen && find_next_bit(hold->stolen, first + nr, first) < first + nr)
		return -ENOENT;
	return 0;
}

static int check_release(const struct hold *hold, const struct pincheck_release *request)
{
	const u32 both = PINCHECK_RELEASE_DIRTY | PINCHECK_RELEASE_DIRTY_UNLOCKED;
	bool steal = request->flags & PINCHECK_RELEASE_STEAL;
	int err;

	if (hweight32(request->flags) > 1 || (steal && is_whole(request)))
		return -EINVAL;
	if (is_whole(request) ? request->first :
	    !window_check(request->first, request->count, hold->nr))
		return -EINVAL;
	/* A mirror marks pages under its own lock, where the page lock is not needed. */
	if ((request->flags & PINCHECK_RELEASE_DIRTY_UNLOCKED) && !hold_refers(hold->ops))
		return -EINVAL;
	/* The device cannot have made pages dirty that it may not write. */
	if ((request->flags & both) && !(hold->flags & PINCHECK_HOLD_WRITE))
		return -EPERM;
	if (is_whole(request))
		return 0;
	err = check_part(hold, first_page_of(hold, request), request->count);
	if (err || !steal)
		return err;
	return check_steal(hold, first_page_of(hold, request), request->count);
}

/*
 * Does what drivers did that had no page lock: meanwhile the file system may take the page's
 * buffers away, or the file may be truncated.
 */
static void dirty_unlocked(struct hold *hold, unsigned long first, unsigned long nr)
{
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		set_page_dirty(hold->pages[i]);
		cond_resched();
	}
}

/* Gives back pages whose pins were all stolen: what is left are plain references. */
static void give_back_stolen(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
{
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		if (dirty)
			set_page_dirty_lock(hold->pages[i]);
		put_page(hold->pages[i]);
		cond_resched();
	}
	account_references(hold->account, 0, nr);
}

/* Gives back pages of which some have a pin, and some a plain reference since it was stolen. */
static void give_back_mixed(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
{
	unsigned long end = first + nr, next;

	for (; first < end; first = next) {
		next = find_next_bit(hold->stolen, end, first);
		if (next > first)
			hold->ops->give_back(hold, first, next - first, dirty);
		first = next;
		next = find_next_zero_bit(hold->stolen, end, first);
		if (next > first)
			give_back_stolen(hold, first, next - first, dirty);
	}
}

/* Gives back pages that are all still held. */
static void give_back_run(struct hold *hold, unsigned long first, unsigned long nr, u32 flags)
{
	bool dirty = hold->written || (flags & PINCHECK_RELEASE_DIRTY);

	if (flags & PINCHECK_RELEASE_DIRTY_UNLOCKED) {
		dirty_unlocked(hold, first, nr);
		dirty = false;
	}
	if (hold->stolen)
		give_back_mixed(hold, first, nr, dirty);
	else
		hold->ops->give_back(hold, first, nr, dirty);
}

static void give_back_all(struct hold *hold, u32 flags)
{
	unsigned long first, run;

	/* Do not read up to HOLD_PAGES_MAX pointers of a hold that has no holes. */
	if (!has_holes(hold)) {
		give_back_run(hold, 0, hold->nr, flags);
	} else {
		for (first = 0; first < hold->nr; first += run) {
			run = run_length(hold, first, hold->nr);
			if (hold->pages[first])
				give_back_run(hold, first, run, flags);
		}
	}
	hold_uncharge(hold, hold->left);
	hold->left = 0;
	hold->gone = true;
}

static void give_back_part(struct hold *hold, unsigned long first, unsigned long nr, u32 flags)
{
	unsigned long i;

	give_back_run(hold, first, nr, flags);
	/* The ledger reads the pointers without a lock. */
	for (i = first; i < first + nr; i++)
		WRITE_ONCE(hold->pages[i], NULL);
	hold->left -= nr;
	hold_uncharge(hold, nr);
}

/* Return: pins stolen, or -ENOMEM. */
static long steal_pins(struct hold *hold, unsigned long first, unsigned long nr)
{
	if (!hold->stolen)
		hold->stolen = hold_memory_add(hold, BITS_TO_LONGS(hold->nr) *
						     sizeof(*hold->stolen));
	if (!hold->stolen)
		return -ENOMEM;
	hold->ops->steal(hold, first, nr);
	bitmap_set(hold->stolen, first, nr);
	return nr;
}

/* Under @hold->busy. Return: references given back or stolen, or a negative errno. */
static long release_range(struct hold *hold, const struct pincheck_release *request)
{
	long nr = request->count;

	if (request->flags & PINCHECK_RELEASE_STEAL)
		return steal_pins(hold, first_page_of(hold, request), nr);
	if (is_whole(request) || request->count == hold->left) {
		nr = hold->left;
		give_back_all(hold, request->flags);
	} else {
		give_back_part(hold, first_page_of(hold, request), nr, request->flags);
	}
	return nr;
}

/**
 * hold_release() - give a hold back, or a part of it, or steal the pins of a part
 * @hold: on which the caller has a reference
 * @request: not yet compared with the hold
 * @ended: set to whether this call gave the last page back
 *
 * Waits until nobody uses the pages of the hold: when this returns the references are gone.
 *
 * Context: process context, sleeps.
 *
 * Return: references given back or stolen, or what struct pincheck_release promises.
 */
long hold_release(struct hold *hold, const struct pincheck_release *request, bool *ended)
{
	long nr = -ENOENT;

	*ended = false;
	if (down_write_killable(&hold->busy))
		return -EINTR;
	if (!hold->gone) {
		nr = check_release(hold, request) ?: release_range(hold, request);
		*ended = hold->gone;
	}
	up_write(&hold->busy);
	return nr;
}

/**
 * hold_give_back() - give back all references that a hold has left
 * @hold: @hold->busy is held for writing, or nobody else can find the hold
 *
 * Context: process context, sleeps.
 */
void hold_give_back(struct hold *hold)
{
	give_back_all(hold, 0);
}
