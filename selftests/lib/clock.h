/* SPDX-License-Identifier: GPL-2.0-only */
/* The time that passes, for cases that repeat and for cases that wait for another thread. */
#ifndef PINCHECK_SELFTESTS_CLOCK_H
#define PINCHECK_SELFTESTS_CLOCK_H

#include <stdint.h>
#include <time.h>

/** nanoseconds() - of a clock that nobody sets */
static inline int64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif
