/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file on FUSE whose server speaks the protocol of /dev/fuse itself: what all such servers have in
 * common. A server answers reads and writes of the file as it likes.
 */
#ifndef PINCHECK_SELFTESTS_FUSE_FILE_H
#define PINCHECK_SELFTESTS_FUSE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/fuse.h>

#define FUSE_REQUEST_BYTES	(256U << 10)	/* more than a request of any kind needs */

/**
 * struct fuse_file - what the server says of its one file
 * @bytes: size
 * @open_flags: FOPEN_*
 */
struct fuse_file {
	uint64_t bytes;
	uint32_t open_flags;
};

/** fuse_file_mount() - mount a file system at @directory. Return: its /dev/fuse, or -errno */
int fuse_file_mount(const char *directory);

/**
 * fuse_file_open() - open the file by @flags, and unmount the file system, which lives on until the
 * file is closed. The server must answer meanwhile.
 *
 * Return: a descriptor or -errno
 */
int fuse_file_open(const char *directory, int flags);

/** fuse_file_reply() - answer request @request by @error, or by @bytes of @body. Return: 0 or -errno */
int fuse_file_reply(int device, uint64_t request, int error, const void *body, size_t bytes);

/**
 * fuse_file_serve() - answer a request that is neither a read nor a write
 *
 * Return: false if it is a read or a write
 */
bool fuse_file_serve(int device, const struct fuse_in_header *in, const struct fuse_file *file);

#endif
