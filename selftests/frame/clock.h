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

/* CPU time after which a call is said not to return: hundreds of times what such calls use, emulated. */
#define ENDLESS_MS	250
#define ENDLESS_WAIT_MS	20000	/* the same where the call uses no CPU */

/**
 * struct cpu_watch - when a process or a thread began to work
 * @clock: its CPU time
 * @begin: on nanoseconds()
 */
struct cpu_watch {
	clockid_t clock;
	int64_t begin;
};

/** cpu_watch_begin() - @watch->clock is set */
static inline void cpu_watch_begin(struct cpu_watch *watch)
{
	watch->begin = nanoseconds();
}

/**
 * cpu_watch_goes_on() - wait for a millisecond
 * @cpu_ms: CPU time that was used
 *
 * Return: false once ENDLESS_MS of CPU time were used, or ENDLESS_WAIT_MS went by.
 */
static inline bool cpu_watch_goes_on(const struct cpu_watch *watch, int64_t *cpu_ms)
{
	struct timespec used;

	if (!clock_gettime(watch->clock, &used))
		*cpu_ms = used.tv_sec * 1000LL + used.tv_nsec / 1000000;
	return *cpu_ms < ENDLESS_MS &&
	       moment_goes_on(watch->begin + ENDLESS_WAIT_MS * 1000000LL);
}

#endif
