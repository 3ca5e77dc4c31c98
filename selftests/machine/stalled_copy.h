/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of process_vm_readv() and process_vm_writev() that stop in the middle: another process copies
 * memory of the caller, and its own side of the copy is memory that does not come (a trap, see trap.h).
 * The kernel pins all pages of a range before it copies, and keeps the pins until the range is done.
 * See NEEDS_STALLED_COPY.
 */
#ifndef PINCHECK_SELFTESTS_STALLED_COPY_H
#define PINCHECK_SELFTESTS_STALLED_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STALLED_COPIES	12	/* most of one process */

/**
 * struct stalled_copy - one call
 * @write: process_vm_writev(), which writes to @start
 * @start: memory of the caller. The kernel pins 1024 pages at a time, so a copy must not have more
 * @bytes: size
 */
struct stalled_copy {
	bool write;
	char *start;
	size_t bytes;
	/* private: */
	char *local;
	size_t local_bytes;
	size_t filled;
	int channel;
};

/**
 * struct stalled_copies - calls of one process, each by a thread of its own
 * @copier: the process, a child of the caller that shares the local sides with it
 * @trap: for all local sides
 */
struct stalled_copies {
	struct stalled_copy copy[STALLED_COPIES];
	size_t count;
	pid_t copier;
	int trap;
};

/** stalled_copy_offered() - are there such calls, and traps? For NEEDS_STALLED_COPY */
bool stalled_copy_offered(void);

/**
 * stalled_copies_start() - start @copies->count calls; returns when each of them stands
 *
 * Return: 0; what the kernel answered, if it refused one of them; or another negative errno
 */
int stalled_copies_start(struct stalled_copies *copies);

/**
 * stalled_copy_read() - let a process_vm_readv() go on, until it has copied @bytes at @offset
 *
 * The bytes must lie in the first three quarters of a page. All before them are copied, too. A place that
 * was copied before is not copied again. Return: 0 or -errno
 */
int stalled_copy_read(struct stalled_copies *copies, size_t which, size_t offset, void *buffer,
		      size_t bytes);

/** stalled_copy_write() - let a process_vm_writev() write @bytes of @data at its start. Return: 0 or -errno */
int stalled_copy_write(struct stalled_copies *copies, size_t which, const void *data, size_t bytes);

/** stalled_copies_end() - kill the process: all calls give their pins back */
void stalled_copies_end(struct stalled_copies *copies);

#endif
