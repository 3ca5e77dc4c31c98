// SPDX-License-Identifier: GPL-2.0-only
/* Session lifetime, the ids of the holds of a session, and the sums over all sessions. */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/pincheck.h>
#include "explain.h"
#include "hold.h"
#include "pfnmap.h"
#include "session.h"

/*
 * Taken where a session begins or ends, by INFO, and on the way from one session to the next; not
 * by HOLD, IO or RELEASE; and never for long.
 */
static DEFINE_MUTEX(sessions_lock);
static LIST_HEAD(sessions);
static u64 closed_acquired;	/* the sums over sessions that ended */
static u64 closed_released;

/**
 * session_open() - begin a session
 * @file: of the open() that begins it
 *
 * Context: process context, takes sessions_lock.
 *
 * Return: the session or ERR_PTR(-ENOMEM).
 */
struct session *session_open(struct file *file)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);

	if (!session)
		return ERR_PTR(-ENOMEM);
	charge_begin(&session->account.charge, file->f_cred);
	session->pfnmap = pfnmap_open(file, &session->account.charge);
	if (!session->pfnmap) {
		charge_end(&session->account.charge);
		kfree(session);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock_init(&session->lock);
	session->next_id = 1;
	session->users = 1;
	mutex_lock(&sessions_lock);
	list_add(&session->node, &sessions);
	mutex_unlock(&sessions_lock);
	return session;
}

/* A visit of all holds may be reading the shelf meanwhile. */
static void empty_shelf(struct session *session, struct hold **shelf)
{
	struct hold *hold;
	unsigned int i;

	for (i = 0; i < SESSION_SHELF_HOLDS; i++) {
		spin_lock(&session->lock);
		hold = shelf[i];
		shelf[i] = NULL;
		spin_unlock(&session->lock);
		if (!hold)
			continue;
		hold_give_back(hold);
		hold_put(hold);
		cond_resched();
	}
}

static void session_free(struct session *session)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(session->shelves); i++)
		kfree(session->shelves[i]);
	hold_memory_forget(&session->account);
	charge_end(&session->account.charge);
	kfree(session);
}

/* Drops one user. The last user takes the session off the list; the sums keep its counts. */
static void session_put(struct session *session, bool closed)
{
	bool last;

	mutex_lock(&sessions_lock);
	session->closed |= closed;
	last = !--session->users;
	if (last) {
		list_del(&session->node);
		closed_acquired += atomic64_read(&session->account.acquired);
		closed_released += atomic64_read(&session->account.released);
	}
	mutex_unlock(&sessions_lock);
	if (last)
		session_free(session);
}

/**
 * session_close() - end a session: give all its holds back
 * @session: that nobody uses any more
 *
 * Context: process context, sleeps.
 */
void session_close(struct session *session)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(session->shelves); i++) {
		if (session->shelves[i])
			empty_shelf(session, session->shelves[i]);
	}
	pfnmap_close(session->pfnmap);
	session_put(session, true);
}

static unsigned int place_of(u32 id)
{
	return id & (SESSION_HOLDS_MAX - 1);
}

/* Under @session->lock, on a shelf that exists. */
static struct hold **shelf_place(struct session *session, u32 id)
{
	unsigned int place = array_index_nospec(place_of(id), SESSION_HOLDS_MAX);

	return &session->shelves[place / SESSION_SHELF_HOLDS][place % SESSION_SHELF_HOLDS];
}

/* The next id whose place is free, or 0. Under @session->lock. */
static u32 take_id(struct session *session)
{
	unsigned int start = place_of(session->next_id), place;
	u32 id;

	place = find_next_zero_bit(session->taken, SESSION_HOLDS_MAX, start);
	if (place == SESSION_HOLDS_MAX)
		place = find_first_zero_bit(session->taken, SESSION_HOLDS_MAX);
	if (place == SESSION_HOLDS_MAX)
		return 0;
	__set_bit(place, session->taken);
	id = session->next_id + place_of(place - start);
	if (!id)	/* the counter wrapped and 0 is no id: the next id that has this place */
		id = SESSION_HOLDS_MAX;
	session->next_id = id + 1;
	return id;
}

/* Return: 0 when the shelf for this id's place exists; else -ENOMEM, with the reason. */
static int build_shelf(struct session *session, u32 id, u32 *reason)
{
	struct hold ***shelf = &session->shelves[place_of(id) / SESSION_SHELF_HOLDS], **new;
	const size_t bytes = SESSION_SHELF_HOLDS * sizeof(*new);
	size_t charged = 0;

	if (READ_ONCE(*shelf))
		return 0;
	if (charge_add(&session->account.charge, bytes, &charged))
		return refuse(reason, PINCHECK_REASON_MEMLOCK, -ENOMEM);
	new = kzalloc(bytes, GFP_KERNEL_ACCOUNT);
	spin_lock(&session->lock);
	if (new && !*shelf) {
		swap(*shelf, new);
		charged = 0;	/* stays charged until the session ends */
	}
	spin_unlock(&session->lock);
	kfree(new);
	charge_sub(&session->account.charge, charged);
	return READ_ONCE(*shelf) ? 0 : refuse(reason, PINCHECK_REASON_MEMORY, -ENOMEM);
}

/**
 * session_reserve() - find an id for a hold that is about to be taken
 * @session: that takes the hold
 * @id: set to the id
 * @reason: enum pincheck_reason; set on failure
 *
 * Context: process context, may sleep for memory.
 *
 * Return: 0, -ENOSPC when the session has all the holds it may have, -ENOMEM when there is no
 * memory or RLIMIT_MEMLOCK is reached.
 */
int session_reserve(struct session *session, u32 *id, u32 *reason)
{
	int err;

	spin_lock(&session->lock);
	*id = take_id(session);
	spin_unlock(&session->lock);
	if (!*id)
		return refuse(reason, PINCHECK_REASON_LIMIT, -ENOSPC);
	err = build_shelf(session, *id, reason);
	if (err)
		session_unreserve(session, *id);
	return err;
}

/**
 * session_unreserve() - the hold was not taken after all: free its id
 * @session: that reserved the id
 * @id: from session_reserve()
 */
void session_unreserve(struct session *session, u32 id)
{
	spin_lock(&session->lock);
	__clear_bit(place_of(id), session->taken);
	spin_unlock(&session->lock);
}

/**
 * session_publish() - from now on everybody can find the hold
 * @session: that took the hold
 * @hold: its id is from session_reserve(), which is why this cannot fail
 */
void session_publish(struct session *session, struct hold *hold)
{
	spin_lock(&session->lock);
	*shelf_place(session, hold->id) = hold;
	spin_unlock(&session->lock);
}

/* The hold that has this id, with a reference for the caller to put, or NULL. */
static struct hold *find_hold(struct session *session, u32 id)
{
	struct hold *hold = NULL;

	spin_lock(&session->lock);
	if (test_bit(place_of(id), session->taken) &&
	    session->shelves[place_of(id) / SESSION_SHELF_HOLDS])
		hold = *shelf_place(session, id);
	if (hold && hold->id == id)
		refcount_inc(&hold->users);
	else
		hold = NULL;
	spin_unlock(&session->lock);
	return hold;
}

/* Nobody can find the hold any more. The caller puts the reference that the session had. */
static void remove_hold(struct session *session, struct hold *hold)
{
	spin_lock(&session->lock);
	*shelf_place(session, hold->id) = NULL;
	__clear_bit(place_of(hold->id), session->taken);
	spin_unlock(&session->lock);
}

/**
 * session_enter_hold() - find a hold, and begin to use its pages
 * @session: that has the hold
 * @id: as the caller of the ioctl says
 *
 * Context: process context, sleeps. See hold_enter().
 *
 * Return: the hold, for hold_leave(); or ERR_PTR: -ENOENT, or -EINTR when a fatal signal came.
 */
struct hold *session_enter_hold(struct session *session, u32 id)
{
	struct hold *hold = find_hold(session, id);
	int err;

	if (!hold)
		return ERR_PTR(-ENOENT);
	err = hold_enter(hold);
	if (!err)
		return hold;
	hold_put(hold);
	return ERR_PTR(err);
}

/**
 * session_release_hold() - give a hold back, or a part of it, or steal the pins of a part
 * @session: that has the hold
 * @request: with the id of the hold
 *
 * Context: process context, sleeps. See hold_release().
 *
 * Return: references given back or stolen, or what struct pincheck_release promises.
 */
long session_release_hold(struct session *session, const struct pincheck_release *request)
{
	struct hold *hold = find_hold(session, request->hold);
	bool ended;
	long nr;

	if (!hold)
		return -ENOENT;
	nr = hold_release(hold, request, &ended);
	if (ended) {
		remove_hold(session, hold);
		hold_put(hold);
	}
	hold_put(hold);
	return nr;
}

/* The hold at this place, with a reference for the caller to put, or NULL. */
static struct hold *hold_at(struct session *session, struct hold **place)
{
	struct hold *hold;

	spin_lock(&session->lock);
	hold = *place;
	if (hold)
		refcount_inc(&hold->users);
	spin_unlock(&session->lock);
	return hold;
}

static int visit_holds(struct session *session,
		       int (*visit)(const struct hold *hold, void *data), void *data)
{
	unsigned int place;
	int err = 0;

	for (place = 0; place < SESSION_HOLDS_MAX && !err; place++) {
		struct hold **shelf = READ_ONCE(session->shelves[place / SESSION_SHELF_HOLDS]);
		struct hold *hold;

		if (!shelf) {
			place |= SESSION_SHELF_HOLDS - 1;
			continue;
		}
		hold = hold_at(session, &shelf[place % SESSION_SHELF_HOLDS]);
		if (!hold)
			continue;
		err = visit(hold, data);
		hold_put(hold);
	}
	return err;
}

/*
 * The session after @session, or the first; with a user more, for session_put(). A new session is
 * put at the head of the list, so a walk always comes to the end of the list.
 */
static struct session *next_session(struct session *session)
{
	struct session *next;

	mutex_lock(&sessions_lock);
	next = session ? list_next_entry(session, node) :
			 list_first_entry(&sessions, struct session, node);
	if (&next->node == &sessions)
		next = NULL;
	else
		next->users++;
	mutex_unlock(&sessions_lock);
	return next;
}

/**
 * session_visit_holds() - visit all holds of all sessions
 * @visit: called for each hold, in process context; meanwhile the hold may be given back, and its
 *	pages may be used by others. A result other than 0 ends the round
 * @data: for @visit
 *
 * Nobody waits for this: of sessions and holds that begin or end meanwhile, some are visited.
 *
 * Context: process context, takes sessions_lock, but not around @visit.
 *
 * Return: what @visit returned last.
 */
int session_visit_holds(int (*visit)(const struct hold *hold, void *data), void *data)
{
	struct session *session = next_session(NULL), *next;
	int err = 0;

	for (; session; session = next) {
		err = visit_holds(session, visit, data);
		next = err ? NULL : next_session(session);
		session_put(session, false);
	}
	return err;
}

/**
 * session_info() - fill in what INFO says of this session and of all sessions
 * @session: of the caller
 * @info: filled
 *
 * Context: process context, takes sessions_lock.
 */
void session_info(struct session *session, struct pincheck_info *info)
{
	struct session *other;
	u64 released;

	info->session_holds = bitmap_weight(session->taken, SESSION_HOLDS_MAX);
	/* Released first: read the other way round the difference could be negative. */
	released = atomic64_read(&session->account.released);
	info->session_pages = atomic64_read(&session->account.acquired) - released;
	mutex_lock(&sessions_lock);
	info->acquired = closed_acquired;
	info->released = closed_released;
	info->sessions = 0;
	list_for_each_entry(other, &sessions, node) {
		info->released += atomic64_read(&other->account.released);
		info->acquired += atomic64_read(&other->account.acquired);
		info->sessions += !other->closed;
	}
	mutex_unlock(&sessions_lock);
}
