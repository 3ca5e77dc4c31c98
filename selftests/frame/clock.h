/* SPDX-License-Identifier: GPL-2.0-only */
/* Elapsed time, for cases that repeat something and for cases that wait for another thread. */
#ifndef PINCHECK_SELFTESTS_CLOCK_H
#define PINCHECK_SELFTESTS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** nanoseconds() - of a clock that cannot be set */
static inline int64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#define MOMENT_MS	300

/**
 * moment_end() - until when a test looks again at a surplus before the surplus counts
 *
 * Another CPU refers to a page for a moment only, but that CPU may have other work to do, or be the
 * CPU of a guest on a busy machine.
 */
static inline int64_t moment_end(void)
{
	return nanoseconds() + MOMENT_MS * 1000000LL;
}

/** moment_goes_on() - wait for a millisecond. Return: false once the time is @end */
static inline bool moment_goes_on(int64_t end)
{
	const struct timespec little = { .tv_nsec = 1000000 };

	return nanoseconds() < end && !nanosleep(&little, NULL);
}

#endif
