/* SPDX-License-Identifier: GPL-2.0-only */
/* How gup_test takes pages, and gives them back. */
#ifndef GUP_TEST_TAKING_H
#define GUP_TEST_TAKING_H

#include <linux/types.h>

struct page;

/* 16 GiB worth of 4 KiB pages: bounds the array of one ioctl, and its time. */
#define TAKING_PAGES_MAX	(1UL << 22)

/**
 * struct taking - pages that are taken for one request
 * @pin: take pins (FOLL_PIN), not plain references (FOLL_GET)
 * @fast: by GUP-fast; else by the slow path, under mmap_lock
 * @flags: FOLL_*, checked
 * @addr: first address
 * @per_call: most pages that one call of GUP is asked for
 * @wanted: length of @pages
 * @came: number of pages taken, the first of @pages
 * @pages: from taking_alloc()
 * @locked: mmap_lock is held for reading; between taking_begin() and taking_end()
 */
struct taking {
	bool pin;
	bool fast;
	unsigned int flags;
	unsigned long addr;
	unsigned long per_call;
	unsigned long wanted;
	unsigned long came;
	struct page **pages;
	bool locked;
};

int taking_alloc(struct taking *taking, u64 nr);
void taking_free(struct taking *taking);
int taking_begin(struct taking *taking);
int taking_take(struct taking *taking);
void taking_end(struct taking *taking);
void taking_give_back(struct taking *taking);

#endif
