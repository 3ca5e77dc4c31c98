/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own threads move pages when they have nothing better to do, and a page that moved
 * looks like one that was copied. While a topic runs they are kept from it.
 */
#ifndef PINCHECK_SELFTESTS_QUIET_H
#define PINCHECK_SELFTESTS_QUIET_H

/**
 * quiet_begin() - keep such threads from work, until all cases are over
 *
 * A setting that this kernel lacks, or that may not be changed, stays as it is.
 */
void quiet_begin(void);

#endif
