/* SPDX-License-Identifier: GPL-2.0-only */
/* Files to map: a row a filesystem. */
#ifndef PINCHECK_SELFTESTS_FILE_H
#define PINCHECK_SELFTESTS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "../../tools/lib/page_size.h"

#define FILE_PAGES	4

/**
 * struct file_kind - a row: a filesystem, and what the whitelist has to say of its pages
 * @name: first part of a variant's name
 * @folio: FOLIO_PMD for a file of one huge page; other files have FILE_PAGES base pages
 * @needs: enum requirement
 * @open: a file of that size without a name, that nobody wrote to; a descriptor or -errno. In
 *        processes of one topic it may be the same (file_renewed()).
 * @whitelist: enum pincheck_whitelist for a long-term pin that writes a page of it
 * @reason: enum pincheck_whitelist_reason
 */
struct file_kind {
	const char *name;
	enum folio_size folio;
	uint64_t needs;
	int (*open)(size_t bytes);
	uint32_t whitelist;
	uint32_t reason;
};

extern const struct file_kind file_ext4, file_xfs, file_btrfs, file_overlay_ext4,
			      file_overlay_tmpfs, file_ramfs, file_tmpfs, file_memfd,
			      file_hugetlb, file_secretmem;

/** file_bytes() - size of a file of @kind */
static inline size_t file_bytes(const struct file_kind *kind)
{
	return kind->folio ? folio_bytes(kind->folio) : FILE_PAGES * PAGE_BYTES;
}

/** file_open() - a file of @kind. Return: a descriptor or -errno */
static inline int file_open(const struct file_kind *kind)
{
	return kind->open(file_bytes(kind));
}

/**
 * file_renewed() - a file of a process and those that it forks, as if it were new
 * @file: it, or -1, then @make makes it: a descriptor of a file without a name, or a negative errno
 * @bytes: its size
 *
 * Each call gives the same file, empty. To make one takes longer than a case, up to ten times where
 * something has to be mounted, so who forks cases calls before.
 *
 * Return: another descriptor, or a negative errno.
 */
int file_renewed(int *file, int (*make)(void), size_t bytes);

/**
 * file_make_alone() - a file of a new filesystem in memory that is mounted nowhere
 *
 * With the last descriptor and mapping of it the filesystem goes.
 *
 * Return: a descriptor, or a negative errno.
 */
int file_make_alone(const char *filesystem);

/**
 * overlay_open_ext4() - a file on an overlay whose upper layer is on $PINCHECK_EXT4
 * @bytes: its size
 *
 * It is renewed. Who makes it leaves the mount namespace it was in.
 *
 * Return: a descriptor of a file without a name, or a negative errno.
 */
int overlay_open_ext4(size_t bytes);

/** overlay_open_tmpfs() - the same with an upper layer on a tmpfs of its own */
int overlay_open_tmpfs(size_t bytes);

#endif
