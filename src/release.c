// SPDX-License-Identifier: GPL-2.0-only
/* How a hold ends: whole, or a part at a time; or how it is robbed of its pins. */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/pincheck.h>
#include "argument.h"
#include "hold.h"
#include "session.h"

/* Is the whole hold meant, or what is left of it? */
static bool is_whole(const struct pincheck_release *request)
{
	return !request->count;
}

/* Of the part, which lies within the hold. */
static unsigned long first_of(const struct hold *hold, const struct pincheck_release *request)
{
	return array_index_nospec(request->first, hold->nr);
}

static bool has_holes(const struct hold *hold)
{
	return hold->left != hold->nr;
}

/* How many pages from @first on, and before @end, are alike: held, or given back. */
static unsigned long run_of(const struct hold *hold, unsigned long first, unsigned long end)
{
	bool held = hold->pages[first];
	unsigned long next = first + 1;

	while (next < end && !!hold->pages[next] == held)
		next++;
	return next - first;
}

/* Is there an end of references between the page at @index and the one before? */
static bool is_edge(const struct hold *hold, unsigned long index)
{
	if (!index || index == hold->nr || !hold->pages[index - 1] || !hold->pages[index])
		return true;
	return hold->ops->can_cut(hold, index);
}

/* Can this part of the hold be given back without the rest? */
static int part_check(const struct hold *hold, unsigned long first, unsigned long nr)
{
	if (has_holes(hold) && (!hold->pages[first] || run_of(hold, first, first + nr) < nr))
		return -ENOENT;
	if (nr == hold->nr)
		return 0;
	if (!hold->ops->can_cut)
		return -EINVAL;
	return is_edge(hold, first) && is_edge(hold, first + nr) ? 0 : -EINVAL;
}

/* Can the pins of this part be stolen? It is known to be held. */
static int steal_check(const struct hold *hold, unsigned long first, unsigned long nr)
{
	if (!hold->ops->steal)
		return -EINVAL;
	if (hold->stolen && find_next_bit(hold->stolen, first + nr, first) < first + nr)
		return -ENOENT;
	return 0;
}

static int release_check(const struct hold *hold, const struct pincheck_release *request)
{
	const u32 both = PINCHECK_RELEASE_DIRTY | PINCHECK_RELEASE_DIRTY_UNLOCKED;
	bool steal = request->flags & PINCHECK_RELEASE_STEAL;
	int err;

	if (hweight32(request->flags) > 1 || (steal && is_whole(request)))
		return -EINVAL;
	if (is_whole(request) ? request->first :
	    !window_check(request->first, request->count, hold->nr))
		return -EINVAL;
	/* Under the lock of a mirror there is no wrong way. */
	if ((request->flags & PINCHECK_RELEASE_DIRTY_UNLOCKED) && !hold_refers(hold->ops))
		return -EINVAL;
	/* Only what the device may have written can be dirty by it. */
	if ((request->flags & both) && !(hold->flags & PINCHECK_HOLD_WRITE))
		return -EPERM;
	if (is_whole(request))
		return 0;
	err = part_check(hold, first_of(hold, request), request->count);
	return err || !steal ? err : steal_check(hold, first_of(hold, request), request->count);
}

/*
 * What drivers did that had no page lock: nothing keeps the file system from taking the page's
 * buffers away, or the file from being truncated, while this runs.
 */
static void dirty_unlocked(struct hold *hold, unsigned long first, unsigned long nr)
{
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		set_page_dirty(hold->pages[i]);
		cond_resched();
	}
}

/* Pages whose pins were stolen. */
static void give_back_stolen(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
{
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		if (dirty)
			set_page_dirty_lock(hold->pages[i]);
		put_page(hold->pages[i]);
		cond_resched();
	}
	session_count(hold->session, 0, nr);
}

/* Pages some of whose pins were stolen. */
static void give_back_robbed(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
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

/* Pages that are all still held. */
static void give_back_run(struct hold *hold, unsigned long first, unsigned long nr, u32 flags)
{
	bool dirty = hold->written || (flags & PINCHECK_RELEASE_DIRTY);

	if (flags & PINCHECK_RELEASE_DIRTY_UNLOCKED) {
		dirty_unlocked(hold, first, nr);
		dirty = false;
	}
	if (hold->stolen)
		give_back_robbed(hold, first, nr, dirty);
	else
		hold->ops->give_back(hold, first, nr, dirty);
}

static void give_back_all(struct hold *hold, u32 flags)
{
	unsigned long first, run;

	/* A hold without holes is not gone through for this: its pages may be very many. */
	if (!has_holes(hold)) {
		give_back_run(hold, 0, hold->nr, flags);
	} else {
		for (first = 0; first < hold->nr; first += run) {
			run = run_of(hold, first, hold->nr);
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
	/* The ledger reads them without a lock. */
	for (i = first; i < first + nr; i++)
		WRITE_ONCE(hold->pages[i], NULL);
	hold->left -= nr;
	hold_uncharge(hold, nr);
}

/* Return: pins stolen, or -ENOMEM. */
static long steal(struct hold *hold, unsigned long first, unsigned long nr)
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
static long release(struct hold *hold, const struct pincheck_release *request)
{
	long nr = request->count;

	if (request->flags & PINCHECK_RELEASE_STEAL)
		return steal(hold, first_of(hold, request), nr);
	if (is_whole(request) || request->count == hold->left) {
		nr = hold->left;
		give_back_all(hold, request->flags);
	} else {
		give_back_part(hold, first_of(hold, request), nr, request->flags);
	}
	return nr;
}

/**
 * hold_release() - give a hold of a session back, or a part of it, or steal the pins of a part
 * @session: whose
 * @request: which; not yet compared with the hold
 *
 * Waits until nobody uses its pages: when this returns the references are gone.
 *
 * Context: process context, sleeps.
 *
 * Return: references given back or stolen, or what struct pincheck_release promises.
 */
long hold_release(struct session *session, const struct pincheck_release *request)
{
	struct hold *hold = session_find(session, request->hold);
	long nr = -ENOENT;

	if (!hold)
		return -ENOENT;
	if (down_write_killable(&hold->busy)) {
		hold_put(hold);
		return -EINTR;
	}
	if (!hold->gone)
		nr = release_check(hold, request) ?: release(hold, request);
	if (nr > 0 && hold->gone) {
		session_remove(session, hold);
		hold_put(hold);
	}
	up_write(&hold->busy);
	hold_put(hold);
	return nr;
}

/**
 * hold_give_back() - give all references of a hold back that are left
 * @hold: @hold->busy is held for writing, or nobody else can find it
 *
 * Context: process context, sleeps.
 */
void hold_give_back(struct hold *hold)
{
	give_back_all(hold, 0);
}
