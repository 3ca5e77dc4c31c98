/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: one open of the device, and all holds that were taken through it. */
#ifndef PINCHECK_SESSION_H
#define PINCHECK_SESSION_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "account.h"

/*
 * Together with HOLD_PAGES_MAX, bounds the memory that the module allocates for a session whose
 * callers RLIMIT_MEMLOCK does not bound.
 */
#define SESSION_HOLDS_MAX	4096U

/* Places for holds are allocated a shelf at a time, when the first place of the shelf is needed. */
#define SESSION_SHELF_HOLDS	64U

struct file;
struct hold;
struct pincheck_info;
struct pincheck_release;
struct pfnmap;

/**
 * struct session - one open of the device
 * @node: in the list of all sessions, while there are @users
 * @users: the descriptor, and every visit of all holds that is at this session; under sessions_lock
 * @closed: the descriptor is closed and all holds were given back; under sessions_lock
 * @lock: protects @taken, @shelves and @next_id
 * @next_id: where the search for a free id begins: a released id is not used again soon
 * @taken: places that have a hold, or for which a hold is being taken; the place of an id is its
 *	low bits
 * @shelves: the holds, by place; NULL while a hold is being taken
 * @pfnmap: the device memory of the session
 * @account: what the holds of the session share
 *
 * HOLD, IO and RELEASE of two sessions share no lock and no counter; INFO adds the counters up.
 */
struct session {
	struct list_head node;
	unsigned int users;
	bool closed;
	spinlock_t lock;	/* see above */
	u32 next_id;
	DECLARE_BITMAP(taken, SESSION_HOLDS_MAX);
	struct hold **shelves[SESSION_HOLDS_MAX / SESSION_SHELF_HOLDS];
	struct pfnmap *pfnmap;
	struct account account;
};

struct session *session_open(struct file *file);
void session_close(struct session *session);
int session_reserve(struct session *session, u32 *id, u32 *reason);
void session_unreserve(struct session *session, u32 id);
void session_publish(struct session *session, struct hold *hold);
struct hold *session_enter_hold(struct session *session, u32 id);
long session_release_hold(struct session *session, const struct pincheck_release *request);
int session_visit_holds(int (*visit)(const struct hold *hold, void *data), void *data);
void session_info(struct session *session, struct pincheck_info *info);

#endif
