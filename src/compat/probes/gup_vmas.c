// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: pin_user_pages() and get_user_pages() with vmas
 * since: 5.6 (eddb1c228f79) until 6.5
 * else: stop
 * shim: compat/gup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(long, unsigned long start, struct page **pages)
{
	return pin_user_pages(start, 1, FOLL_WRITE, pages, NULL) +
	       get_user_pages(start, 1, 0, pages, NULL);
}
