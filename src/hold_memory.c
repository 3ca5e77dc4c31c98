// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of holds of every kind: allocated, charged and freed here and nowhere else, so that no
 * kind of hold can forget to charge for it.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "charge.h"
#include "hold.h"
#include "session.h"

/* 512 KiB of memory at most stay with a session that has no use for them at the moment. */
#define SPARE_PAGES_MAX		65536UL

/*
 * kmalloc() gives powers of two: up to twice what is needed. Where that would waste a page or
 * more, vmalloc() does not.
 */
static void *array_alloc(size_t bytes, gfp_t flags)
{
	flags |= GFP_KERNEL_ACCOUNT;
	if (roundup_pow_of_two(bytes) - bytes >= PAGE_SIZE)
		return __vmalloc(bytes, flags);
	return kvmalloc(bytes, flags);
}

static void hold_dealloc(struct hold *hold)
{
	kvfree(hold->own);
	kvfree(hold->stolen);
	kvfree(hold->pages);
	kfree(hold);
}

static struct hold *hold_new(unsigned long nr)
{
	struct hold *hold = kmalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);

	if (!hold)
		return NULL;
	hold->room = nr;
	hold->own = NULL;
	hold->stolen = NULL;
	hold->pages = array_alloc(nr * sizeof(*hold->pages), 0);
	if (hold->pages)
		return hold;
	kfree(hold);
	return NULL;
}

/* The spare hold, if @nr pages fit with no more than a page to waste. Else the spare hold goes. */
static struct hold *spare_take(struct session *session, unsigned long nr)
{
	struct hold *hold = xchg(&session->spare, NULL);

	if (hold && hold->room >= nr && hold->room - nr < PAGE_SIZE / sizeof(*hold->pages))
		return hold;
	if (hold)
		hold_dealloc(hold);
	return NULL;
}

/**
 * hold_memory_alloc() - memory for a hold: the structure, its pages, and what its kind needs
 * @session: that takes the hold, and is charged
 * @ops: its kind
 * @request: checked; its reason is set on failure
 *
 * Return: the hold, of which only @room, @own (zeroed), @stolen and @charged mean anything; or NULL.
 */
struct hold *hold_memory_alloc(struct session *session, const struct hold_ops *ops,
			       struct pincheck_hold *request)
{
	unsigned long nr = request->len >> PAGE_SHIFT;
	size_t own = ops->own_bytes ? ops->own_bytes(request) : 0, charged = 0;
	struct hold *hold = spare_take(session, nr);
	unsigned long room = hold ? hold->room : nr;

	request->reason = PINCHECK_REASON_MEMLOCK;
	if (charge_add(&session->charge, sizeof(*hold) + room * sizeof(*hold->pages) + own,
		       &charged))
		goto free;
	request->reason = PINCHECK_REASON_MEMORY;
	if (!hold)
		hold = hold_new(nr);
	if (!hold)
		goto uncharge;
	if (own)
		hold->own = array_alloc(own, __GFP_ZERO);
	if (own && !hold->own)
		goto uncharge;
	request->reason = PINCHECK_REASON_NONE;
	hold->charged = charged;
	return hold;
uncharge:
	charge_sub(&session->charge, charged);
free:
	if (hold)
		hold_dealloc(hold);
	return NULL;
}

/**
 * hold_memory_add() - more memory for a hold, that goes with it
 * @hold: from hold_memory_alloc(); the caller alone changes it
 * @bytes: how much
 *
 * Return: zeroed memory for kvfree(), or NULL when there is none, or RLIMIT_MEMLOCK is reached.
 */
void *hold_memory_add(struct hold *hold, size_t bytes)
{
	size_t charged = 0;
	void *memory;

	if (charge_add(&hold->session->charge, bytes, &charged))
		return NULL;
	memory = array_alloc(bytes, __GFP_ZERO);
	if (memory)
		hold->charged += charged;
	else
		charge_sub(&hold->session->charge, charged);
	return memory;
}

/**
 * hold_memory_free() - nobody knows the hold any more
 * @hold: from hold_memory_alloc(); its session is still there
 *
 * The session keeps its memory for the next hold, unless that is a lot, or somebody is charged for
 * it: who gave all holds back is charged for none.
 */
void hold_memory_free(struct hold *hold)
{
	struct session *session = hold->session;
	size_t charged = hold->charged;

	kvfree(hold->own);
	kvfree(hold->stolen);
	hold->own = NULL;
	hold->stolen = NULL;
	if (!charged && hold->room <= SPARE_PAGES_MAX)
		hold = xchg(&session->spare, hold);
	if (hold)
		hold_dealloc(hold);
	charge_sub(&session->charge, charged);
}

/**
 * hold_memory_forget() - a session ends: its spare hold goes
 * @session: that has no other holds
 */
void hold_memory_forget(struct session *session)
{
	if (session->spare)
		hold_dealloc(session->spare);
}
