/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * get_user_pages(), pin_user_pages() and their _remote siblings lost their vmas argument in 6.5
 * (54d020692b34, 4c630f307455, ca5e863233e8, 0b295316b3a9). Probes: probes/gup.c, gup_vmas.c,
 * gup_remote.c, gup_remote_vmas.c. Can go when the oldest supported kernel is 6.5.
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

/* Without *locked: 6.1 and before warn where a long-term pin comes with one. */
static inline long compat_pin_user_pages_remote(struct mm_struct *mm, unsigned long start,
						unsigned long nr, unsigned int flags,
						struct page **pages)
{
#ifdef HAVE_GUP_REMOTE
	return pin_user_pages_remote(mm, start, nr, flags, pages, NULL);
#else
	return pin_user_pages_remote(mm, start, nr, flags, pages, NULL, NULL);
#endif
}

static inline long compat_get_user_pages_remote(struct mm_struct *mm, unsigned long start,
						unsigned long nr, unsigned int flags,
						struct page **pages)
{
#ifdef HAVE_GUP_REMOTE
	return get_user_pages_remote(mm, start, nr, flags, pages, NULL);
#else
	return get_user_pages_remote(mm, start, nr, flags, pages, NULL, NULL);
#endif
}

#endif
