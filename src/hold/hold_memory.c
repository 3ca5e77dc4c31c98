// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of holds of every kind is allocated, charged and freed here and nowhere else, so that
 * no kind of hold can forget to charge for it.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "account.h"
#include "hold.h"

/* A spare hold with more pages is freed: at most 512 KiB stay with a session that needs none. */
#define SPARE_PAGES_MAX		65536UL

/*
 * kmalloc() rounds up to a power of two, and so allocates up to twice what is needed. vmalloc()
 * does not: use it where kmalloc() would waste a page or more.
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
	kvfree(hold->private);
	kvfree(hold->stolen);
	kvfree(hold->pages);
	kfree(hold);
}

static struct hold *hold_new(unsigned long nr)
{
	struct hold *hold = kmalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);

	if (!hold)
		return NULL;
	hold->capacity = nr;
	hold->private = NULL;
	hold->stolen = NULL;
	hold->pages = array_alloc(nr * sizeof(*hold->pages), 0);
	if (hold->pages)
		return hold;
	kfree(hold);
	return NULL;
}

/* The spare hold, if @nr pages fit and less than a page is wasted. Otherwise the spare is freed. */
static struct hold *spare_take(struct account *account, unsigned long nr)
{
	struct hold *hold = xchg(&account->spare, NULL);

	if (hold && hold->capacity >= nr && hold->capacity - nr < PAGE_SIZE / sizeof(*hold->pages))
		return hold;
	if (hold)
		hold_dealloc(hold);
	return NULL;
}

/**
 * hold_memory_alloc() - memory for a hold: the structure, its pages, and what its kind needs
 * @account: of the session that takes the hold
 * @ops: the kind
 * @request: checked; its reason is set on failure
 *
 * Return: the hold, of which only @capacity, @private (zeroed), @stolen and @charged are valid; or
 * NULL.
 */
struct hold *hold_memory_alloc(struct account *account, const struct hold_ops *ops,
			       struct pincheck_hold *request)
{
	size_t private = ops->private_bytes ? ops->private_bytes(request) : 0, charged = 0;
	unsigned long nr = request->len >> PAGE_SHIFT;
	struct hold *hold = spare_take(account, nr);
	unsigned long capacity = hold ? hold->capacity : nr;

	request->reason = PINCHECK_REASON_MEMLOCK;
	if (charge_add(&account->charge, sizeof(*hold) + capacity * sizeof(*hold->pages) + private,
		       &charged))
		goto free;
	request->reason = PINCHECK_REASON_MEMORY;
	if (!hold)
		hold = hold_new(nr);
	if (!hold)
		goto uncharge;
	if (private)
		hold->private = array_alloc(private, __GFP_ZERO);
	if (private && !hold->private)
		goto uncharge;
	request->reason = PINCHECK_REASON_NONE;
	hold->charged = charged;
	return hold;
uncharge:
	charge_sub(&account->charge, charged);
free:
	if (hold)
		hold_dealloc(hold);
	return NULL;
}

/**
 * hold_memory_add() - more memory for a hold, charged and uncharged with the hold
 * @hold: from hold_memory_alloc(); the caller alone changes it
 * @bytes: size
 *
 * Return: zeroed memory for kvfree(), or NULL when there is none, or RLIMIT_MEMLOCK is reached.
 */
void *hold_memory_add(struct hold *hold, size_t bytes)
{
	size_t charged = 0;
	void *memory;

	if (charge_add(&hold->account->charge, bytes, &charged))
		return NULL;
	memory = array_alloc(bytes, __GFP_ZERO);
	if (memory)
		hold->charged += charged;
	else
		charge_sub(&hold->account->charge, charged);
	return memory;
}

/**
 * hold_memory_free() - free the memory of a hold to which no pointer is left
 * @hold: from hold_memory_alloc(); its account still exists
 *
 * The session keeps this memory for its next hold, unless the memory is large or was charged: a
 * session that gave all holds back is charged for none.
 */
void hold_memory_free(struct hold *hold)
{
	struct account *account = hold->account;
	size_t charged = hold->charged;

	kvfree(hold->private);
	kvfree(hold->stolen);
	hold->private = NULL;
	hold->stolen = NULL;
	if (!charged && hold->capacity <= SPARE_PAGES_MAX)
		hold = xchg(&account->spare, hold);
	if (hold)
		hold_dealloc(hold);
	charge_sub(&account->charge, charged);
}

/**
 * hold_memory_forget() - a session ends: free its spare hold
 * @account: of a session that has no other holds
 */
void hold_memory_forget(struct account *account)
{
	if (account->spare)
		hold_dealloc(account->spare);
}
