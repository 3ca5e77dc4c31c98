// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: pin_user_pages_remote() and get_user_pages_remote() without vmas
 * since: 6.5 (ca5e863233e8, 0b295316b3a9)
 * else: gup_remote_vmas
 * shim: compat/gup.h; can go when the oldest supported kernel is 6.5
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(long, struct mm_struct *mm, unsigned long start, struct page **pages)
{
	return pin_user_pages_remote(mm, start, 1, FOLL_WRITE, pages, NULL) +
	       get_user_pages_remote(mm, start, 1, 0, pages, NULL);
}
