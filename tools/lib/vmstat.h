/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the whole machine, from /proc/vmstat. */
#ifndef PINCHECK_LIB_VMSTAT_H
#define PINCHECK_LIB_VMSTAT_H

#include <stdint.h>

/** vmstat_read() - counter @name into @value. Return: 0, -ENOENT if there is none, -errno */
int vmstat_read(const char *name, uint64_t *value);

/**
 * vmstat_pins() - pins that the kernel has acquired and released since boot
 *
 * Each CPU has a part of these counters that it adds to the sum from time to time. An access to
 * /proc/sys/vm/stat_refresh adds them all: do that first.
 *
 * Return: 0, -ENOENT: the kernel has no such counters, -errno
 */
int vmstat_pins(uint64_t *acquired, uint64_t *released);

#endif
