/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kinds of hold that use get_user_pages() and its variants have in common. */
#ifndef PINCHECK_GUP_H
#define PINCHECK_GUP_H

#include <linux/types.h>

/* Most pages given back without cond_resched(). Unlike GUP-fast, this leaves IRQs on. */
#define PUT_CHUNK_PAGES		16384UL

struct hold;
struct mm_struct;
struct page;
struct pincheck_hold;

/**
 * struct gup_calls - the calls by which a kind takes references and gives them back
 *
 * A fatal signal ends each of them while it waits for a fault.
 *
 * @fast: tries GUP-fast and falls back to the slow path; for the caller's own memory only
 * @slow: takes the slow path at once; takes mmap_lock, and drops it while a fault waits
 * @put: gives @nr references back; @dirty: marks the pages dirty first, under the page lock
 */
struct gup_calls {
	long (*fast)(unsigned long start, unsigned long nr, unsigned int flags,
		     struct page **pages);
	long (*slow)(struct mm_struct *mm, unsigned long start, unsigned long nr,
		     unsigned int flags, struct page **pages);
	void (*put)(struct page **pages, unsigned long nr, bool dirty);
};

unsigned int gup_foll_flags(u32 flags);
int gup_check(const struct pincheck_hold *request);
int gup_take(struct hold *hold, struct pincheck_hold *request);
void gup_give_back(struct hold *hold, unsigned long first, unsigned long nr, bool dirty);
bool gup_can_cut(const struct hold *hold, unsigned long index);

#endif
