/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim of pages that MADV_PAGEOUT does not touch: those of mappings of device memory. The caller
 * enters a cgroup of its own, and another process makes the kernel reclaim the memory of that cgroup.
 *
 *	SUITE_NEEDS(NEEDS_RECLAIM);
 *	ASSERT_DONE(reclaim_begin(&reclaim));
 *	... memory that is touched from now on can be reclaimed ...
 *	ASSERT_DONE(reclaim_all(&reclaim));
 *	reclaim_end(&reclaim);
 */
#ifndef PINCHECK_SELFTESTS_RECLAIM_H
#define PINCHECK_SELFTESTS_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct reclaim - the caller's cgroup, and the process that reclaims its memory
 * @helper: the process; outside of the cgroup, where it need not wait for memory itself
 * @channel: socket to the helper
 */
struct reclaim {
	pid_t helper;
	int channel;
};

/** reclaim_offered() - is there such a cgroup hierarchy? For NEEDS_RECLAIM */
bool reclaim_offered(void);

/** reclaim_begin() - enter the cgroup. Return: 0 or a negative errno */
int reclaim_begin(struct reclaim *reclaim);

/**
 * reclaim_all() - reclaim what can be reclaimed of the cgroup's memory, once
 *
 * A page under writeback stays: the next call takes it.
 *
 * Return: 0 or a negative errno.
 */
int reclaim_all(struct reclaim *reclaim);

/** reclaim_end() - leave the cgroup and remove it */
void reclaim_end(struct reclaim *reclaim);

#endif
