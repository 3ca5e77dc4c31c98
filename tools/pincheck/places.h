/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a page frame belongs: its memory block, and the cgroup that pays for it. */
#ifndef PINCHECK_PLACES_H
#define PINCHECK_PLACES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/** block_pages() - base pages of a memory block; 0: this kernel has no memory blocks */
__u64 block_pages(void);

/** block_file() - read the first line of /sys/devices/system/memory/memory@block/@name */
bool block_file(unsigned long long block, const char *name, char *text, size_t size);

/** cgroup_of_pfn() - the path of the cgroup to which a page is charged, or "" in @text */
void cgroup_of_pfn(__u64 pfn, char *text, size_t size);

#endif
