// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: pin_user_pages_remote() and get_user_pages_remote() with vmas
 * since: 5.9 (64019a2e467a) until 6.5
 * else: stop
 * shim: compat/gup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(long, struct mm_struct *mm, unsigned long start, struct page **pages)
{
	return pin_user_pages_remote(mm, start, 1, FOLL_WRITE, pages, NULL, NULL) +
	       get_user_pages_remote(mm, start, 1, 0, pages, NULL, NULL);
}
