// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: pin_user_pages() and get_user_pages() without vmas
 * since: 6.5 (54d020692b34, 4c630f307455)
 * else: gup_vmas
 * shim: compat/gup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(long, unsigned long start, struct page **pages)
{
	return pin_user_pages(start, 1, FOLL_WRITE, pages) + get_user_pages(start, 1, 0, pages);
}
