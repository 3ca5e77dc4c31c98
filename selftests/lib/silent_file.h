/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file whose pages never come: a server of FUSE, spoken by hand through /dev/fuse, that answers
 * everything but reads. Whoever touches a mapping of the file waits, until he is killed or the
 * server is. See NEEDS_FUSE.
 */
#ifndef SELFTESTS_LIB_SILENT_FILE_H
#define SELFTESTS_LIB_SILENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SILENT_FILE_BYTES	(1UL << 20)

/**
 * struct silent_file - the file and its server
 * @file: open for reading; its file system is mounted nowhere any more
 * @server: a process of its own, the only one that has /dev/fuse open
 * @reads: a pipe that gets a byte for each read that the server was asked for
 */
struct silent_file {
	int file;
	pid_t server;
	int reads;
};

/** silent_file_open() - start the server and open its file. Return: 0 or -errno */
int silent_file_open(struct silent_file *silent);

/** silent_file_wait() - until a read was asked for. Return: 0; -ETIME after 20 s; -errno */
int silent_file_wait(const struct silent_file *silent);

/** silent_file_asked() - has a read been asked for that silent_file_wait() did not tell? */
bool silent_file_asked(const struct silent_file *silent);

/**
 * silent_file_close() - end the server, and with it the connection: whoever waits for a page gets
 * SIGBUS or EFAULT
 */
void silent_file_close(struct silent_file *silent);

#endif
