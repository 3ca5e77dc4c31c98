/* SPDX-License-Identifier: GPL-2.0-only */
/* KSM, on request: ksmd goes over all mergeable memory and stops again. */
#ifndef PINCHECK_SELFTESTS_KSM_SCAN_H
#define PINCHECK_SELFTESTS_KSM_SCAN_H

#include <stdbool.h>

#define KSM_DIR		"/sys/kernel/mm/ksm/"

/**
 * ksm_scan() - pages of equal bytes that madvise(MADV_MERGEABLE) named, and nobody holds, are merged
 * @has_time: false once the caller cannot wait any longer
 *
 * Return: 0 or a negative errno
 */
int ksm_scan(bool (*has_time)(void));

#endif
