/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file whose pages never come: a FUSE server, which speaks the protocol of /dev/fuse itself,
 * answers every request but reads. A touch of a mapping of the file waits until the toucher or the
 * server is killed. See NEEDS_FUSE.
 */
#ifndef PINCHECK_SELFTESTS_SILENT_FILE_H
#define PINCHECK_SELFTESTS_SILENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SILENT_FILE_BYTES	(1UL << 20)

/**
 * struct silent_file - the file and its server
 * @file: open for reading; its file system is no longer mounted
 * @server: a process of its own, the only one that has /dev/fuse open
 * @reads: a pipe that receives a byte for each read request
 */
struct silent_file {
	int file;
	pid_t server;
	int reads;
};

/** silent_file_open() - start the server and open its file. Return: 0 or -errno */
int silent_file_open(struct silent_file *silent);

/** silent_file_wait() - wait for a read request. Return: 0; -ETIME after 20 s; -errno */
int silent_file_wait(const struct silent_file *silent);

/** silent_file_asked() - is there a read request that silent_file_wait() has not consumed? */
bool silent_file_asked(const struct silent_file *silent);

/**
 * silent_file_close() - end the server, and with it the connection: waiting touches get SIGBUS or
 * EFAULT
 */
void silent_file_close(struct silent_file *silent);

#endif
