// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the whole machine, from /proc/vmstat. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vmstat.h"

/* @text begins with a newline. Return: whether all @count counters are in it */
static bool find_counters(const char *text, const char *const *names, uint64_t *values, size_t count)
{
	char line[72];

	for (size_t i = 0; i < count; i++) {
		const char *at;

		snprintf(line, sizeof(line), "\n%s ", names[i]);
		at = strstr(text, line);
		if (!at)
			return false;
		values[i] = strtoull(at + strlen(line), NULL, 10);
	}
	return true;
}

/*
 * Reads the file up to the last of the counters @names. The kernel adds all counters up for each
 * read(), and gives whole lines to a large buffer.
 */
static int read_counters(const char *const *names, uint64_t *values, size_t count)
{
	int vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	bool found = false;
	char text[16384];
	size_t used = 1;
	ssize_t got = 1;

	if (vmstat < 0)
		return -errno;
	text[0] = '\n';
	while (!found && got > 0) {
		got = read(vmstat, text + used, sizeof(text) - 1 - used);
		used += got > 0 ? got : 0;
		text[used] = '\0';
		found = find_counters(text, names, values, count);
	}
	close(vmstat);
	return found ? 0 : -ENOENT;
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
