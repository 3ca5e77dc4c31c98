/* SPDX-License-Identifier: GPL-2.0-only */
/* fork() as cases need it. */
#ifndef PINCHECK_SELFTESTS_PLAIN_FORK_H
#define PINCHECK_SELFTESTS_PLAIN_FORK_H

#include <unistd.h>

/**
 * plain_fork() - fork() for a process without other threads
 *
 * fork() of glibc prepares malloc and stdio for a child of a process with threads. That writes to three
 * pages, which parent and child each have to fault in and copy afterwards.
 */
static inline pid_t plain_fork(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	return _Fork();
#else
	return fork();
#endif
}

#endif
