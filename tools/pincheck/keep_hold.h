/* SPDX-License-Identifier: GPL-2.0-only */
/* How long something is kept: until a person, a signal, the clock or a command says so. */
#ifndef PINCHECK_KEEP_HOLD_H
#define PINCHECK_KEEP_HOLD_H

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
 * keep_signals() - SIGINT, SIGTERM and @other (0: none) by descriptor from now on
 *
 * To be called before anything is told that somebody might answer by a signal.
 *
 * Return: the descriptor, or a negative errno
 */
int keep_signals(int other);

/**
 * keep_until_done() - wait
 * @signals: of keep_signals(), with SIGCHLD where there is a command
 * @pid: whose memory it is about, at @address and @length: told to the command
 *
 * Return: exit code of the command, 0 without one, EXIT_USAGE if it could not be run
 */
int keep_until_done(const struct keep *keep, int signals, pid_t pid, __u64 address, __u64 length);

#endif
