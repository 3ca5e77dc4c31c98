/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the pages of one chunk were found. GUP-fast takes a prefix of the pages and leaves the rest
 * to the slow path, so one number gives the path of every page. Without a kernel: host unit tests
 * include this file as it is.
 */
#ifndef PINCHECK_SPLIT_H
#define PINCHECK_SPLIT_H

#include <linux/types.h>
#include <linux/pincheck.h>

/* The split of a chunk that could not be observed: never read as "all fast". */
#define SPLIT_UNKNOWN	0xffffffffU

/**
 * split_append() - account for one more GUP call on the same chunk
 * @split: fast pages of the first @done pages, or SPLIT_UNKNOWN; anything while @done is 0
 * @done: pages the earlier calls gave
 * @fast: fast pages of the new call, or SPLIT_UNKNOWN
 *
 * Fast pages after slow ones (GUP stopped early and was called again) are no prefix: then the split
 * becomes unknown rather than wrong.
 *
 * Return: the split of the whole.
 */
static inline __u32 split_append(__u32 split, __u32 done, __u32 fast)
{
	if (!done)
		return fast;
	if (split == SPLIT_UNKNOWN || fast == SPLIT_UNKNOWN)
		return SPLIT_UNKNOWN;
	if (!fast)
		return split;
	return split == done ? done + fast : SPLIT_UNKNOWN;
}

/** split_path() - enum pincheck_path of page @index of a chunk with this split */
static inline __u32 split_path(__u32 split, __u32 index)
{
	if (split == SPLIT_UNKNOWN)
		return PINCHECK_PATH_UNKNOWN;
	return index < split ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW;
}

#endif
