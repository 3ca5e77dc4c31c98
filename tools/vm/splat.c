// SPDX-License-Identifier: GPL-2.0-only
/* Which kernel messages tell of a bug. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/array.h"
#include "splat.h"

#define MAX_ALLOWED	64

/*
 * Beginnings only: "RETBleed: WARNING: ..." and "traps: x[1] general protection fault" are
 * everyday messages that contain the words of a splat.
 */
static const char *const beginnings[] = {
	"WARNING: ",			/* WARN(), lockdep, RCU */
	"BUG: ",			/* KASAN, KMSAN, KCSAN, bad page, NULL pointers, lockups */
	"kernel BUG at ",
	"Oops: ",
	"general protection fault",
	"UBSAN: ",
	"KFENCE: ",
	"INFO: task ",			/* hung task */
	"INFO: possible ",		/* lockdep of older kernels */
	"INFO: trying to register non-static key",
	"rcu: INFO: ",			/* stalls */
	"watchdog: BUG: ",
	"list_add corruption",
	"list_del corruption",
	"DMA-API: ",
	"kmemleak: ",
	"unchecked MSR access error",
	"Kernel panic - not syncing",
};

static char *allowed[MAX_ALLOWED];
static unsigned int allowed_count;

int splat_allow_from(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return -errno;
	while (allowed_count < MAX_ALLOWED && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		allowed[allowed_count] = strdup(line);
		if (!allowed[allowed_count])
			break;
		allowed_count++;
	}
	free(line);
	fclose(file);
	return 0;
}

bool splat_starts(const char *message)
{
	bool starts = false;

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		starts |= !strncmp(message, beginnings[i], strlen(beginnings[i]));
	if (!starts)
		return false;
	for (unsigned int i = 0; i < allowed_count; i++)
		if (strstr(message, allowed[i]))
			return false;
	return true;
}

const char *splat_skip_stamp(const char *line)
{
	while (*line == '[') {
		const char *end = strchr(line, ']');

		if (!end)
			break;
		line = end + 1;
	}
	return line + strspn(line, " ");
}
