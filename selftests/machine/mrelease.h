/* SPDX-License-Identifier: GPL-2.0-only */
/* process_mrelease() (Linux 5.15): the memory of a process that was killed, and is not gone yet. */
#ifndef PINCHECK_SELFTESTS_MRELEASE_H
#define PINCHECK_SELFTESTS_MRELEASE_H

#include <stdbool.h>
#include <sys/types.h>
#include "silent_file.h"

/** mrelease_offered() - for NEEDS_MRELEASE */
bool mrelease_offered(void);

/**
 * mrelease_outlive_kill() - called by the victim: wait where SIGKILL does not end the wait
 *
 * The end of @silent does. The victim comes to its end then, and not to the end of this function.
 */
void mrelease_outlive_kill(const struct silent_file *silent);

/**
 * mrelease_killed() - kill @victim, and take its memory
 *
 * Return: 0, or a negative errno of process_mrelease().
 */
int mrelease_killed(pid_t victim);

#endif
