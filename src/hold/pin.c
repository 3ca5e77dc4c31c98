// SPDX-License-Identifier: GPL-2.0-only
/* The hold of kind "pin": FOLL_PIN, as a driver takes it for DMA. */
#include <linux/mm.h>
#include <linux/sched.h>
#include "compat/gup.h"
#include "gup.h"
#include "hold.h"

static void pin_put(struct page **pages, unsigned long nr, bool dirty)
{
	if (dirty)
		unpin_user_pages_dirty_lock(pages, nr, true);
	else
		unpin_user_pages(pages, nr);
}

static const struct gup_calls pin_calls = {
	.fast = compat_pin_fast,
	.slow = compat_pin_slow,
	.put = pin_put,
};

/* Takes the plain reference before it drops the pin, so that the page always has one. */
static void pin_steal(struct hold *hold, unsigned long first, unsigned long nr)
{
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		get_page(hold->pages[i]);
		unpin_user_page(hold->pages[i]);
		if (i % HOLD_CHUNK_PAGES == 0)
			cond_resched();
	}
}

const struct hold_ops pin_ops = {
	.flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_FORCE |
		 PINCHECK_HOLD_WHITELIST,
	.by_address = true,
	.check = gup_check,
	.gup = &pin_calls,
	.take = gup_take,
	.can_cut = gup_can_cut,
	.give_back = gup_give_back,
	.steal = pin_steal,
};
