/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that makes a call which does not come back, and is killed in it. */
#ifndef SELFTESTS_LIB_WAITER_H
#define SELFTESTS_LIB_WAITER_H

#include <stdbool.h>
#include <sys/types.h>

/** waiter_start() - a child that makes @call, and reports if that comes back. Return: pid or -errno */
pid_t waiter_start(int (*call)(void *argument), void *argument);

/**
 * waiter_dies() - kill it
 *
 * Return: the child ended within some seconds, by the signal, and is reaped. If not it still waits:
 * take away what it waits for, and call waiter_end().
 */
bool waiter_dies(pid_t *waiter);

/** waiter_end() - kill and reap it, if there still is one */
void waiter_end(pid_t *waiter);

#endif
