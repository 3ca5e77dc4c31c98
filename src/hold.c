// SPDX-License-Identifier: GPL-2.0-only
/* Hold lifetime: what is charged, who may use it, and how it ends. */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "hold.h"
#include "session.h"
#include "whitelist.h"

/* 512 KiB of memory at most stay with a session that has no use for them at the moment. */
#define SPARE_PAGES_MAX		65536UL

/*
 * As other drivers count: pinned pages against RLIMIT_MEMLOCK of the process whose memory it is.
 * Plain references count too: they keep memory from being reclaimed just as well.
 */
static int charge(struct mm_struct *mm, unsigned long nr)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if ((u64)atomic64_add_return(nr, &mm->pinned_vm) <= limit || capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(nr, &mm->pinned_vm);
	return -ENOMEM;
}

static void uncharge(struct mm_struct *mm, unsigned long nr)
{
	atomic64_sub(nr, &mm->pinned_vm);
}

/**
 * hold_free() - free the memory of a hold that ended
 * @hold: may be NULL
 */
void hold_free(struct hold *hold)
{
	kvfree(hold);
}

/* Memory for @nr pages: that of the last hold if it fits, with no more than a page to waste. */
static struct hold *hold_alloc(struct session *session, unsigned long nr)
{
	struct hold *hold = xchg(&session->spare, NULL);

	if (hold && hold->room >= nr && hold->room - nr < PAGE_SIZE / sizeof(*hold->pages))
		return hold;
	hold_free(hold);
	hold = kvmalloc(struct_size(hold, pages, nr), GFP_KERNEL_ACCOUNT);
	if (hold)
		hold->room = nr;
	return hold;
}

static void hold_init(struct hold *hold, struct session *session, u32 id,
		      const struct pincheck_hold *request)
{
	refcount_set(&hold->users, 1);
	init_rwsem(&hold->busy);
	hold->gone = false;
	hold->written = false;
	hold->session = session;
	hold->mm = current->mm;
	mmgrab(hold->mm);
	hold->id = id;
	hold->addr = request->addr;
	hold->nr = request->len >> PAGE_SHIFT;
	hold->flags = request->flags;
}

/* Nobody knows the hold any more: keep its memory for the next one, unless it is a lot. */
static void hold_end(struct hold *hold)
{
	mmdrop(hold->mm);
	if (hold->room <= SPARE_PAGES_MAX)
		hold = xchg(&hold->session->spare, hold);
	hold_free(hold);
}

/* The whitelist, as policy. A hold that breaks it is given back. */
static int hold_judge(struct hold *hold, struct pincheck_hold *request)
{
	unsigned long allowed;
	int err = whitelist_enforce(hold, &allowed);

	if (!err)
		return 0;
	if (err == -EFAULT)
		request->reason = PINCHECK_REASON_FILE;
	request->pages = allowed;
	hold->ops->give_back(hold);
	return err;
}

/**
 * hold_take() - take a hold on memory of the calling process
 * @session: that takes it
 * @ops: its kind
 * @id: reserved for it
 * @request: checked; its reason is set on failure, its pages always
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: the hold, with one reference, or ERR_PTR() of what struct pincheck_hold promises.
 */
struct hold *hold_take(struct session *session, const struct hold_ops *ops, u32 id,
		       struct pincheck_hold *request)
{
	unsigned long nr = request->len >> PAGE_SHIFT;
	struct hold *hold;
	int err;

	err = charge(current->mm, nr);
	if (err) {
		request->reason = PINCHECK_REASON_MEMLOCK;
		return ERR_PTR(err);
	}
	hold = hold_alloc(session, nr);
	if (!hold) {
		uncharge(current->mm, nr);
		request->reason = PINCHECK_REASON_MEMORY;
		return ERR_PTR(-ENOMEM);
	}
	hold_init(hold, session, id, request);
	hold->ops = ops;
	err = ops->take(hold, request);
	if (!err && (hold->flags & PINCHECK_HOLD_WHITELIST))
		err = hold_judge(hold, request);
	if (err) {
		uncharge(hold->mm, nr);
		hold_end(hold);
		return ERR_PTR(err);
	}
	return hold;
}

/**
 * hold_enter() - begin to use the pages of a hold
 * @session: whose
 * @id: of the hold
 *
 * Context: process context, sleeps. Until hold_leave() the hold is not given back. The only lock
 * taken inside another is mmap_lock, inside this one.
 *
 * Return: the hold, or ERR_PTR: -ENOENT, or -EINTR when a fatal signal came while waiting.
 */
struct hold *hold_enter(struct session *session, u32 id)
{
	struct hold *hold = session_find(session, id);

	if (!hold)
		return ERR_PTR(-ENOENT);
	if (down_read_killable(&hold->busy)) {
		hold_put(hold);
		return ERR_PTR(-EINTR);
	}
	if (hold->gone) {
		hold_leave(hold);
		return ERR_PTR(-ENOENT);
	}
	return hold;
}

/**
 * hold_leave() - the pages are used no more
 * @hold: from hold_enter()
 */
void hold_leave(struct hold *hold)
{
	up_read(&hold->busy);
	hold_put(hold);
}

/**
 * hold_release() - give a hold of a session back
 * @session: whose
 * @id: of the hold
 *
 * Waits until nobody uses its pages: when this returns the references are gone.
 *
 * Context: process context, sleeps.
 *
 * Return: references given back, -ENOENT, or -EINTR when a fatal signal came while waiting.
 */
long hold_release(struct session *session, u32 id)
{
	struct hold *hold = session_find(session, id);
	long nr = -ENOENT;

	if (!hold)
		return -ENOENT;
	if (down_write_killable(&hold->busy)) {
		hold_put(hold);
		return -EINTR;
	}
	if (!hold->gone) {
		nr = hold->nr;
		hold_give_back(hold);
		session_remove(session, hold);
		hold_put(hold);
	}
	up_write(&hold->busy);
	hold_put(hold);
	return nr;
}

/**
 * hold_give_back() - give all references of a hold back
 * @hold: @hold->busy is held for writing, or nobody else can find it
 *
 * Context: process context, sleeps.
 */
void hold_give_back(struct hold *hold)
{
	hold->ops->give_back(hold);
	uncharge(hold->mm, hold->nr);
	hold->gone = true;
}

/**
 * hold_put() - drop a reference on the structure
 * @hold: ends with the last one; its pages were given back by then
 */
void hold_put(struct hold *hold)
{
	if (refcount_dec_and_test(&hold->users))
		hold_end(hold);
}
