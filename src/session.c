// SPDX-License-Identifier: GPL-2.0-only
/* Session lifetime, the ids of its holds, and the sums over all sessions. */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/pincheck.h>
#include "hold.h"
#include "session.h"

/* Taken where a session begins or ends and by INFO, never on the way of a hold. */
static DEFINE_MUTEX(sessions_lock);
static LIST_HEAD(sessions);
static u64 closed_acquired;	/* by sessions that ended */
static u64 closed_released;

/**
 * session_open() - begin a session
 *
 * Context: process context, takes sessions_lock.
 *
 * Return: the session or ERR_PTR(-ENOMEM).
 */
struct session *session_open(void)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);

	if (!session)
		return ERR_PTR(-ENOMEM);
	xa_init_flags(&session->holds, XA_FLAGS_ALLOC1);
	mutex_lock(&sessions_lock);
	list_add(&session->node, &sessions);
	mutex_unlock(&sessions_lock);
	return session;
}

/**
 * session_close() - end a session: all that it took is given back
 * @session: that nobody uses any more
 *
 * Context: process context, sleeps.
 */
void session_close(struct session *session)
{
	struct hold *hold;
	unsigned long id;

	xa_for_each(&session->holds, id, hold) {
		hold_give_back(hold);
		hold_put(hold);
		cond_resched();
	}
	xa_destroy(&session->holds);

	mutex_lock(&sessions_lock);
	list_del(&session->node);
	closed_acquired += atomic64_read(&session->acquired);
	closed_released += atomic64_read(&session->released);
	mutex_unlock(&sessions_lock);
	kfree(session);
}

/**
 * session_reserve() - find an id for a hold that is about to be taken
 * @session: whose
 * @id: the id, when it was found
 *
 * Context: process context, may sleep for memory.
 *
 * Return: 0, -ENOSPC when the session has all the holds it may have, -ENOMEM.
 */
int session_reserve(struct session *session, u32 *id)
{
	int err;

	if (atomic_inc_return(&session->nr_holds) > SESSION_HOLDS_MAX) {
		atomic_dec(&session->nr_holds);
		return -ENOSPC;
	}
	err = xa_alloc_cyclic(&session->holds, id, NULL, xa_limit_31b, &session->next_id,
			      GFP_KERNEL_ACCOUNT);
	if (err < 0) {
		atomic_dec(&session->nr_holds);
		return err == -EBUSY ? -ENOSPC : err;
	}
	return 0;
}

/**
 * session_unreserve() - the hold was not taken after all
 * @session: whose
 * @id: from session_reserve()
 */
void session_unreserve(struct session *session, u32 id)
{
	xa_release(&session->holds, id);
	atomic_dec(&session->nr_holds);
}

/**
 * session_publish() - from now on @id means @hold, to everybody
 * @session: whose
 * @id: from session_reserve(), which is why this cannot fail
 * @hold: taken
 */
void session_publish(struct session *session, u32 id, struct hold *hold)
{
	xa_store(&session->holds, id, hold, GFP_KERNEL_ACCOUNT);
}

/**
 * session_find() - the hold of this id
 * @session: whose
 * @id: as the caller of the ioctl says
 *
 * Return: the hold, with a reference for the caller to put, or NULL.
 */
struct hold *session_find(struct session *session, u32 id)
{
	struct hold *hold;

	xa_lock(&session->holds);
	hold = xa_load(&session->holds, id);
	if (hold)
		refcount_inc(&hold->users);
	xa_unlock(&session->holds);
	return hold;
}

/**
 * session_remove() - make an id mean nothing
 * @session: whose
 * @id: of a hold that was published
 *
 * Return: the hold, with the session's reference, which is now the caller's; NULL when another
 * thread removed it first.
 */
struct hold *session_remove(struct session *session, u32 id)
{
	struct hold *hold = xa_erase(&session->holds, id);

	if (hold)
		atomic_dec(&session->nr_holds);
	return hold;
}

/**
 * session_info() - what INFO tells of this session and of all of them
 * @session: this one
 * @info: filled
 *
 * Context: process context, takes sessions_lock.
 */
void session_info(struct session *session, struct pincheck_info *info)
{
	struct session *other;
	u64 released;

	info->session_holds = atomic_read(&session->nr_holds);
	/* Released first: read the other way round the difference could be negative. */
	released = atomic64_read(&session->released);
	info->session_pages = atomic64_read(&session->acquired) - released;
	mutex_lock(&sessions_lock);
	info->acquired = closed_acquired;
	info->released = closed_released;
	info->sessions = 0;
	list_for_each_entry(other, &sessions, node) {
		info->released += atomic64_read(&other->released);
		info->acquired += atomic64_read(&other->acquired);
		info->sessions++;
	}
	mutex_unlock(&sessions_lock);
}
