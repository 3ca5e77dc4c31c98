/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is read and written late: a FUSE server keeps each request until it is told to answer, or
 * for ever. Requests that are sent asynchronously (io_submit()) keep the pages of the caller meanwhile.
 * See NEEDS_FUSE.
 */
#ifndef PINCHECK_SELFTESTS_LATE_FILE_H
#define PINCHECK_SELFTESTS_LATE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LATE_FILE_BYTES		(1ULL << 40)
#define LATE_FILE_REQUESTS	64	/* reads that the server keeps */
#define LATE_FILE_MOST		4096	/* bytes of a read or a write that is answered */

/**
 * struct late_file - the file and its server
 * @file: open for reading and writing, by O_DIRECT; its file system is no longer mounted
 * @server: a process of its own, the only one that has /dev/fuse open
 * @orders: to the server
 */
struct late_file {
	int file;
	pid_t server;
	int orders;
};

/**
 * late_file_open() - start the server and open its file
 *
 * The server is a child of the caller, and ends when the caller does.
 *
 * Return: 0 or -errno
 */
int late_file_open(struct late_file *late);

/** late_file_keep_reads() - the server has @count reads, which came before any write. Return: 0 or -errno */
int late_file_keep_reads(const struct late_file *late, size_t count);

/**
 * late_file_answer_read() - the server answers a read of @bytes at @offset, which it keeps, with @data
 *
 * Return: 0; -ENOBUFS if it has no such read; another negative errno
 */
int late_file_answer_read(const struct late_file *late, uint64_t offset, const void *data,
			  size_t bytes);

/**
 * late_file_take_write() - the server takes the next write at @offset, and never answers
 * @data: gets the bytes that are in the memory now
 *
 * Writes at other places that come before are taken, too. Return: as above
 */
int late_file_take_write(const struct late_file *late, uint64_t offset, void *data, size_t bytes);

/** late_file_close() - end the server: all requests fail, and what they hold is given back */
void late_file_close(struct late_file *late);

#endif
