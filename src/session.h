/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: one open of the device, and all that it took. */
#ifndef PINCHECK_SESSION_H
#define PINCHECK_SESSION_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "charge.h"

/*
 * Bounds the memory that a session may have the kernel allocate, together with HOLD_PAGES_MAX, for
 * callers whom RLIMIT_MEMLOCK does not bound.
 */
#define SESSION_HOLDS_MAX	4096U

/* Places for holds are allocated by so many, when the first of them is needed. */
#define SESSION_SHELF_HOLDS	64U

struct file;
struct hold;
struct pincheck_info;
struct pfnmap;

/**
 * struct session - one open of the device
 * @node: in the list of all sessions; as long as there are @users
 * @users: who may look at it: its descriptor, and who goes through all holds; under sessions_lock
 * @closed: its descriptor is gone, all that it took is given back; under sessions_lock
 * @lock: protects @taken, @shelves and @next_id
 * @next_id: where to look for a free id: released ids are not used again soon
 * @taken: places of holds, those included that are being taken; the place of an id is its low bits
 * @shelves: the holds by place; NULL while being taken
 * @pfnmap: its device memory
 * @charge: for its memory
 * @spare: the last hold that ended, kept to be filled again: with init_on_alloc its memory would
 *	cost more to allocate than large folios cost to pin. Nobody is charged for it
 * @acquired: references taken so far
 * @released: references given back so far
 *
 * Sessions share nothing on the way of a hold; INFO adds their counters up.
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
	struct charge charge;
	struct hold *spare;
	atomic64_t acquired;
	atomic64_t released;
};

/**
 * session_count() - keep book of references
 * @session: on whose behalf
 * @acquired: references just taken
 * @released: references just given back
 */
static inline void session_count(struct session *session, unsigned long acquired,
				 unsigned long released)
{
	if (acquired)
		atomic64_add(acquired, &session->acquired);
	if (released)
		atomic64_add(released, &session->released);
}

struct session *session_open(struct file *file);
void session_close(struct session *session);
int session_reserve(struct session *session, u32 *id, u32 *reason);
void session_unreserve(struct session *session, u32 id);
void session_publish(struct session *session, struct hold *hold);
struct hold *session_find(struct session *session, u32 id);
void session_remove(struct session *session, struct hold *hold);
int session_visit_holds(int (*visit)(const struct hold *hold, void *data), void *data);
void session_info(struct session *session, struct pincheck_info *info);

#endif
