/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the whole machine, from /proc/vmstat. */
#ifndef PINCHECK_LIB_VMSTAT_H
#define PINCHECK_LIB_VMSTAT_H

#include <stdint.h>

/** vmstat_read() - counter @name into @value. Return: 0, -ENOENT if there is none, -errno */
int vmstat_read(const char *name, uint64_t *value);

#endif
