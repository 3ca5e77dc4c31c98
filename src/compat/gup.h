/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages() and pin_user_pages() lost their vmas argument in 6.5 (54d020692b34). Probes:
 * probes/gup.c, probes/gup_vmas.c. Can go when the oldest supported kernel is 6.5.
 */
#ifndef PINCHECK_COMPAT_GUP_H
#define PINCHECK_COMPAT_GUP_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

static inline long compat_pin_user_pages(unsigned long start, unsigned long nr,
					 unsigned int flags, struct page **pages)
{
#ifdef HAVE_GUP
	return pin_user_pages(start, nr, flags, pages);
#else
	return pin_user_pages(start, nr, flags, pages, NULL);
#endif
}

static inline long compat_get_user_pages(unsigned long start, unsigned long nr,
					 unsigned int flags, struct page **pages)
{
#ifdef HAVE_GUP
	return get_user_pages(start, nr, flags, pages);
#else
	return get_user_pages(start, nr, flags, pages, NULL);
#endif
}

#endif
