/* SPDX-License-Identifier: GPL-2.0-only */
/* NUMA balancing: the kernel looks which node uses a page, by faults, and migrates the page there. */
#ifndef PINCHECK_SELFTESTS_NUMA_BALANCING_H
#define PINCHECK_SELFTESTS_NUMA_BALANCING_H

#include <stdbool.h>

/** numa_balancing_offered() - for NEEDS_NUMA_BALANCING */
bool numa_balancing_offered(void);

/**
 * numa_balancing_prepare() - until this program ends, the kernel looks soon and often
 *
 * A process waits for its first scan from its birth on: only those that are forked later hurry.
 */
void numa_balancing_prepare(void);

#endif
