/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that makes a call which does not return, and is killed in it. */
#ifndef PINCHECK_SELFTESTS_WAITER_H
#define PINCHECK_SELFTESTS_WAITER_H

#include <stdbool.h>
#include <sys/types.h>

/** waiter_start() - fork a child that makes @call and reports its return. Return: pid or -errno */
pid_t waiter_start(int (*call)(void *argument), void *argument);

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
