// SPDX-License-Identifier: GPL-2.0-only
/* The hold of kind "get": FOLL_GET, the plain ("speculative") reference. */
#include <linux/mm.h>
#include "compat/gup.h"
#include "gup.h"
#include "hold.h"

static long get_fast(unsigned long start, unsigned long nr, unsigned int flags,
		     struct page **pages)
{
	return get_user_pages_fast(start, nr, flags, pages);
}

static void get_put(struct page **pages, unsigned long nr, bool dirty)
{
	unsigned long i;

	for (i = 0; dirty && i < nr; i++)
		set_page_dirty_lock(pages[i]);
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

static const struct gup_calls get_calls = {
	.fast = get_fast,
	.slow = compat_get_slow,
	.put = get_put,
};

/* Never long-term: with FOLL_LONGTERM and without FOLL_PIN the kernel prints a warning. */
const struct hold_ops get_ops = {
	.flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_FORCE,
	.by_address = true,
	.plain = true,
	.check = gup_check,
	.gup = &get_calls,
	.take = gup_take,
	.can_cut = gup_can_cut,
	.give_back = gup_give_back,
};
