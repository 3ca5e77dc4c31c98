/* SPDX-License-Identifier: GPL-2.0-only */
/* Files to map: a row a file system. */
#ifndef PINCHECK_SELFTESTS_FILE_H
#define PINCHECK_SELFTESTS_FILE_H

#include <stddef.h>
#include <sys/types.h>
#include <stdint.h>
#include "../../tools/lib/page_size.h"
#include "require.h"

#define FILE_PAGES	4

/**
 * struct file_kind - a row: a file system, and what the whitelist must say of its pages
 * @name: first part of a variant's name
 * @folio: FOLIO_PMD for a file of one huge page; other files have FILE_PAGES base pages
 * @needs: NEEDS_... of require.h
 * @open: opens a file of @bytes without a name, to which nobody wrote: a descriptor or -errno.
 *        In processes of one topic this may be the same file (file_renewed()).
 * @whitelist: enum pincheck_whitelist for a long-term pin that writes a page of it
 * @reason: enum pincheck_whitelist_reason
 */
struct file_kind {
	const char *name;
	enum folio_size folio;
	requirement_set needs;
	int (*open)(size_t bytes);
	uint32_t whitelist;
	uint32_t reason;
};

extern const struct file_kind file_ext4, file_xfs, file_btrfs, file_overlay_ext4,
			      file_overlay_tmpfs, file_ramfs, file_tmpfs, file_memfd,
			      file_hugetlb, file_secretmem, file_tmpfs_huge, file_hugetlb_1g,
			      file_packet_ring;

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
 * file_open_direct() - open a file again, for I/O that passes by the page cache
 * @file: a descriptor of it
 * @access: O_RDONLY or O_WRONLY
 *
 * Return: another descriptor or -errno.
 */
int file_open_direct(int file, int access);

/**
 * file_write_direct() - write memory to a new file on ext4, past the page cache: the disk pins the pages
 *
 * Return: bytes that were written, or -errno.
 */
ssize_t file_write_direct(const void *start, size_t bytes);

/**
 * file_renewed() - a file that a process and those that it forks share, as if the file were new
 * @file: its descriptor, or -1; then @make opens a file without a name: a descriptor or -errno
 * @bytes: size of the file
 *
 * Each call gives the same file, emptied. To make a file takes longer than a case, up to ten times as
 * long where a file system is mounted; so the process that forks the cases calls this before.
 *
 * Return: another descriptor, or a negative errno.
 */
int file_renewed(int *file, int (*make)(void), size_t bytes);

/**
 * file_make_alone() - a file of a new file system in memory that is mounted nowhere
 *
 * The file system goes with the last descriptor and mapping of the file.
 *
 * Return: a descriptor, or a negative errno.
 */
int file_make_alone(const char *filesystem);

/** file_make_alone_with() - the same with an option of the file system: @option=@value */
int file_make_alone_with(const char *filesystem, const char *option, const char *value);

/**
 * file_make_huge() - a file of one huge page, on a tmpfs of its own with huge=always
 *
 * Every byte of the file is written. Return: a descriptor, or a negative errno.
 */
int file_make_huge(void);

/**
 * overlay_open_ext4() - a file on an overlay whose upper layer is on $PINCHECK_EXT4
 * @bytes: its size
 *
 * The file is renewed. The process that makes it leaves its mount namespace.
 *
 * Return: a descriptor of a file without a name, or a negative errno.
 */
int overlay_open_ext4(size_t bytes);

/** overlay_open_tmpfs() - the same with an upper layer on a tmpfs of its own */
int overlay_open_tmpfs(size_t bytes);

#endif
