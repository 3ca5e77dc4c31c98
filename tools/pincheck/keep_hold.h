/* SPDX-License-Identifier: GPL-2.0-only */
/* Keep a hold until a person, a signal, the clock or a command ends it. */
#ifndef PINCHECK_KEEP_HOLD_H
#define PINCHECK_KEEP_HOLD_H

#include <linux/types.h>
#include <sys/types.h>

/**
 * struct keep - what ends the hold, beside SIGINT and SIGTERM
 * @command: arguments of a command, up to NULL: its end; NULL: there is none
 * @seconds: this time; 0: Enter or the end of input
 */
struct keep {
	char **command;
	unsigned long long seconds;
};

/**
 * keep_signals() - from now on SIGINT, SIGTERM and @other (0: none) come by a descriptor
 *
 * To be called before the first output, to which somebody might answer with a signal.
 *
 * Return: the descriptor, or a negative errno
 */
int keep_signals(int other);

/** keep_spawn() - run @command, with no signal blocked. Return: 0 or a positive errno */
int keep_spawn(char **command, pid_t *pid);

/**
 * keep_until_done() - wait until something ends the hold
 * @signals: from keep_signals(), with SIGCHLD where there is a command
 * @pid: process whose memory is held, which the command finds in its environment
 * @address: of the held memory, likewise
 * @length: of the held memory, likewise
 *
 * Return: exit code of the command, 0 without one, EXIT_USAGE if it cannot be run
 */
int keep_until_done(const struct keep *keep, int signals, pid_t pid, __u64 address, __u64 length);

#endif
