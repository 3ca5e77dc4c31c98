// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the whole machine, from /proc/vmstat. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "vmstat.h"

int vmstat_read(const char *name, uint64_t *value)
{
	FILE *vmstat = fopen("/proc/vmstat", "re");
	char key[64];
	int error = -ENOENT;

	if (!vmstat)
		return -errno;
	while (error && fscanf(vmstat, "%63s %" SCNu64, key, value) == 2) {
		if (!strcmp(key, name))
			error = 0;
	}
	fclose(vmstat);
	return error;
}
