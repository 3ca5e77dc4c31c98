/* SPDX-License-Identifier: GPL-2.0-only */
/* Files to map: a row a filesystem. */
#ifndef PINCHECK_SELFTESTS_FILE_H
#define PINCHECK_SELFTESTS_FILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct file_kind - a row: a filesystem, and what the whitelist has to say of its pages
 * @name: first part of a variant's name
 * @bytes: size of the file
 * @needs: enum requirement
 * @open: a new file of that size without a name; a descriptor or a negative errno
 * @whitelist: enum pincheck_whitelist for a long-term pin that writes a page of it
 * @reason: enum pincheck_whitelist_reason
 */
struct file_kind {
	const char *name;
	size_t bytes;
	unsigned int needs;
	int (*open)(size_t bytes);
	uint32_t whitelist;
	uint32_t reason;
};

extern const struct file_kind file_ext4, file_xfs, file_btrfs, file_overlay_ext4,
			      file_overlay_tmpfs, file_ramfs, file_tmpfs, file_memfd,
			      file_hugetlb, file_secretmem;

/**
 * overlay_open_ext4() - a file on an overlay whose upper layer is on $PINCHECK_EXT4
 * @bytes: its size
 *
 * The first call makes the file, and the calling process leaves the mount namespace it was in: a
 * case has a process of its own. To mount takes ten times as long as a case, so a process that
 * forks cases makes the call before; theirs give them the same file with all its pages new.
 *
 * Return: a descriptor of a file without a name, or a negative errno.
 */
int overlay_open_ext4(size_t bytes);

/** overlay_open_tmpfs() - the same with an upper layer on a tmpfs of its own */
int overlay_open_tmpfs(size_t bytes);

#endif
