/* SPDX-License-Identifier: GPL-2.0-only */
/* How long something is kept: until a person, a signal, the clock or a command says so. */
#ifndef PINCHECK_KEEP_H
#define PINCHECK_KEEP_H

#include <linux/types.h>
#include <sys/types.h>

/**
 * struct keep - what ends it
 * @command: to run meanwhile, ends with NULL; NULL: none
 * @seconds: 0: until Enter or the end of input
 *
 * SIGINT and SIGTERM end it, too.
 */
struct keep {
	char **command;
	unsigned long long seconds;
};

/**
 * keep_until_done() - wait
 * @pid: whose memory it is about, at @address and @length: told to the command
 *
 * Return: exit code of the command, 0 without one, EXIT_USAGE if it could not be run
 */
int keep_until_done(const struct keep *keep, pid_t pid, __u64 address, __u64 length);

/** keep_signals() - SIGINT and SIGTERM by descriptor from now on. Return: it, or -errno */
int keep_signals(void);

#endif
