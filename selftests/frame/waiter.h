/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that makes a call which does not return, and is killed in it. */
#ifndef PINCHECK_SELFTESTS_WAITER_H
#define PINCHECK_SELFTESTS_WAITER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * waiter_start() - fork a child that makes @call and reports what it returns: 0 or a negative errno
 *
 * Return: the child, or a negative errno.
 */
pid_t waiter_start(int (*call)(void *argument), void *argument);

/**
 * waiter_returns() - wait for the end of @call, with a deadline that a busy machine does not move
 * @answer: what @call returned, which is 0 or a negative errno
 * @cpu_ms: CPU time that the waiter has used
 *
 * Return: false if the waiter used ENDLESS_MS of CPU time (clock.h), or waited for ENDLESS_WAIT_MS.
 */
bool waiter_returns(pid_t *waiter, int *answer, int64_t *cpu_ms);

/**
 * waiter_dies() - kill the waiter
 *
 * Return: true if SIGKILL ended the waiter within seconds, and it is reaped. If false, end what the
 * waiter waits for, then call waiter_end().
 */
bool waiter_dies(pid_t *waiter);

/** waiter_end() - kill and reap the waiter, if there still is one */
void waiter_end(pid_t *waiter);

#endif
