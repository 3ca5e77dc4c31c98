// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the whole machine, from /proc/vmstat. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "vmstat.h"

/* Reads the file up to the last of the counters @names. */
static int read_counters(const char *const *names, uint64_t *values, size_t count)
{
	FILE *vmstat = fopen("/proc/vmstat", "re");
	size_t found = 0;
	uint64_t value;
	char key[64];

	if (!vmstat)
		return -errno;
	while (found < count && fscanf(vmstat, "%63s %" SCNu64, key, &value) == 2) {
		for (size_t i = 0; i < count; i++) {
			if (strcmp(key, names[i]))
				continue;
			values[i] = value;
			found++;
		}
	}
	fclose(vmstat);
	return found == count ? 0 : -ENOENT;
}

int vmstat_read(const char *name, uint64_t *value)
{
	return read_counters(&name, value, 1);
}

int vmstat_pins(uint64_t *acquired, uint64_t *released)
{
	static const char *const names[] = { "nr_foll_pin_acquired", "nr_foll_pin_released" };
	uint64_t values[2];
	int error = read_counters(names, values, 2);

	if (error)
		return error;
	*acquired = values[0];
	*released = values[1];
	return 0;
}
