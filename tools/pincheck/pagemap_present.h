/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a mapping that have pages, so that nobody reads pagemap where it is empty. */
#ifndef PINCHECK_PAGEMAP_PRESENT_H
#define PINCHECK_PAGEMAP_PRESENT_H

#include "tools/pincheck/process.h"

/**
 * pagemap_present() - call @visit for ranges of @start..@end of @vma that include all present pages
 *
 * From Linux 6.7 on, PAGEMAP_SCAN finds them. An older kernel cannot say, and @visit gets the whole range:
 * an empty GiB of addresses costs there as much as a full one.
 *
 * Return: 0, or what @visit returned
 */
int pagemap_present(int pagemap, const struct vma *vma, __u64 start, __u64 end,
		    int (*visit)(void *context, __u64 start, __u64 end), void *context);

#endif
