/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own threads move pages when the machine is idle, and a moved page looks like a
 * copied one. These settings keep the threads from it while a topic runs.
 */
#ifndef PINCHECK_SELFTESTS_QUIET_H
#define PINCHECK_SELFTESTS_QUIET_H

/**
 * quiet_begin() - keep such threads from work until all cases have ended
 *
 * A setting that this kernel lacks, or that may not be changed, stays as it is.
 */
void quiet_begin(void);

#endif
