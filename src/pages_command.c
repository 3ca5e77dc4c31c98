// SPDX-License-Identifier: GPL-2.0-only
/* PAGES: which pages a hold has, how they were found, and whether they are still mapped. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "command.h"
#include "compat/lookup.h"
#include "hold/hold.h"
#include "hold/session.h"

#define BATCH	16

/*
 * Is the held page the one that is mapped? Only GUP can answer, so for an instant the mapped page
 * has one more reference, and it counts as accessed. No page is faulted in or unshared.
 */
static u32 compare_mapped(const struct hold *hold, unsigned long index, struct page *held)
{
	unsigned long addr = hold->addr + (index << PAGE_SHIFT);
	struct page *page;
	u32 mapped;

	if (!held && hold_refers(hold->ops))
		return PINCHECK_MAPPED_RELEASED;
	if (!held || !hold->ops->by_address || current->mm != hold->mm)
		return PINCHECK_MAPPED_UNKNOWN;
	if (get_user_pages_fast_only(addr, 1, 0, &page) == 1) {
		put_page(page);
		return page == held ? PINCHECK_MAPPED_SAME : PINCHECK_MAPPED_OTHER;
	}
	if (mmap_read_lock_killable(current->mm))
		return PINCHECK_MAPPED_UNKNOWN;
	mapped = compat_lookup(addr, held);
	mmap_read_unlock(current->mm);
	return mapped;
}

static int copy_page_batch(const struct hold *hold, unsigned long first, unsigned int count,
		      struct pincheck_page __user *user)
{
	struct pincheck_page batch[BATCH];
	unsigned int i;

	for (i = 0; i < count; i++) {
		unsigned long index = array_index_nospec(first + i, hold->nr);
		struct page *held = READ_ONCE(hold->pages[index]);

		batch[i] = (struct pincheck_page) {
			.pfn = held ? page_to_pfn(held) : 0,
			.path = hold_path(hold, index),
			.mapped = compare_mapped(hold, index, held),
		};
	}
	return copy_to_user(user, batch, count * sizeof(*batch)) ? -EFAULT : 0;
}

static int copy_pages(const struct hold *hold, const struct pincheck_pages *request)
{
	struct pincheck_page __user *user = u64_to_user_ptr(request->pages);
	u64 done;
	int err = 0;

	if (!window_check(request->first, request->count, hold->nr))
		return -EINVAL;
	for (done = 0; done < request->count && !err; done += BATCH) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = copy_page_batch(hold, request->first + done,
				 min_t(u64, request->count - done, BATCH), user + done);
		cond_resched();
	}
	return err;
}

/**
 * pages_command() - report the pages of a hold
 * @session: that has the hold
 * @argument: of PAGES
 *
 * Context: process context, sleeps, takes mmap_lock for reading.
 *
 * Return: 0, or what struct pincheck_pages promises.
 */
int pages_command(struct session *session, union argument *argument)
{
	struct hold *hold = session_enter_hold(session, argument->pages.hold);
	int err;

	if (IS_ERR(hold))
		return PTR_ERR(hold);
	err = copy_pages(hold, &argument->pages);
	hold_leave(hold);
	return err;
}
