// SPDX-License-Identifier: GPL-2.0-only
/* What programs could leave behind. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../lib/knob.h"
#include "../../lib/vmstat.h"
#include "../../vm/guest/guest.h"
#include "ledger.h"

#define DESCRIPTORS	8

/**
 * struct ledger_entry - one thing that programs can change
 * @path: of the file, or "mount DIRECTORY", "swap on DEVICE", "shared memory SEGMENT"
 * @setting: the file can be written, so the value can be put back
 */
struct ledger_entry {
	char *path;
	char value[96];
	bool setting;
};

/* Settings of memory management, whoever changes them: all files there that can be read and written. */
static const char *const directories[] = {
	"/proc/sys/vm", "/sys/kernel/mm/transparent_hugepage", "/sys/kernel/mm/ksm",
	"/sys/kernel/mm/hugepages",
};

static const char *const files[] = {
	"/proc/sys/kernel/shmmax", "/proc/sys/kernel/shmall", "/proc/sys/kernel/core_pattern",
	"/proc/sys/kernel/yama/ptrace_scope",
};

/* These can only be read, and tell of pages that a program has not given back. */
static const char *const counters[] = {
	"free_hugepages", "resv_hugepages", "surplus_hugepages",
};

/* nftw() passes no argument on to its function. */
static struct ledger *walked;

static void add_entry(struct ledger *ledger, const char *path, const char *value, bool setting)
{
	struct ledger_entry *grown = realloc(ledger->entries, (ledger->count + 1) * sizeof(*grown));

	if (!grown)
		return;
	ledger->entries = grown;
	grown = &ledger->entries[ledger->count];
	grown->path = strdup(path);
	snprintf(grown->value, sizeof(grown->value), "%s", value);
	grown->setting = setting;
	ledger->count += !!grown->path;
}

/* Of a list of choices, "[always] madvise never", the value is the one that is chosen. */
static void add_file(struct ledger *ledger, const char *path, bool setting)
{
	char text[512], *open, *close;

	if (file_read(path, text, sizeof(text)) < 0)
		return;
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close)
		*close = '\0';
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	add_entry(ledger, path, close ? open + 1 : text, setting);
}

static bool is_counter(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (!strcmp(name, counters[i]))
			return true;
	return false;
}

static int visit_file(const char *path, const struct stat *status, int type, struct FTW *at)
{
	bool setting = (status->st_mode & 0600) == 0600;

	(void)at;
	/* Reading this one refreshes the counters, which takes time. */
	if (type == FTW_F && (setting || is_counter(path)) && !strstr(path, "/stat_refresh"))
		add_file(walked, path, setting);
	return 0;
}

static void add_lines(struct ledger *ledger, const char *path, const char *what, const char *format)
{
	FILE *list = fopen(path, "re");
	char line[512], word[256], name[300];

	while (list && fgets(line, sizeof(line), list)) {
		if (sscanf(line, format, word) != 1)
			continue;
		snprintf(name, sizeof(name), "%s %s", what, word);
		add_entry(ledger, name, "there", false);
	}
	if (list)
		fclose(list);
}

static void take_pins(struct ledger *ledger)
{
	char refreshed[64];

	file_read("/proc/sys/vm/stat_refresh", refreshed, sizeof(refreshed));
	ledger->pins_error = vmstat_pins(&ledger->acquired, &ledger->released);
}

void ledger_take(struct ledger *ledger)
{
	*ledger = (struct ledger){ 0 };
	walked = ledger;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		nftw(directories[i], visit_file, DESCRIPTORS, FTW_PHYS);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		add_file(ledger, files[i], !access(files[i], W_OK));
	add_lines(ledger, "/proc/self/mounts", "mount", "%*s %255s");
	add_lines(ledger, "/proc/swaps", "swap on", "/%255s");
	add_lines(ledger, "/proc/sysvipc/shm", "shared memory", "%*d %255[0-9]");
	take_pins(ledger);
}

void ledger_free(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->entries[i].path);
	free(ledger->entries);
	ledger->entries = NULL;
	ledger->count = 0;
}

/* Both ledgers list files in the same order, so the search begins where the last one ended. */
static const struct ledger_entry *find_entry(const struct ledger *ledger, const char *path, size_t from)
{
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->entries[(from + i) % ledger->count];

		if (!strcmp(entry->path, path))
			return entry;
	}
	return NULL;
}

unsigned int ledger_compare(const struct ledger *before, const struct ledger *now,
			    void (*found)(const char *name, const char *was, const char *is))
{
	unsigned int differences = 0;

	for (size_t i = 0; i < before->count; i++) {
		const struct ledger_entry *was = &before->entries[i], *is = find_entry(now, was->path, i);

		if (is && !strcmp(is->value, was->value))
			continue;
		differences++;
		if (found)
			found(was->path, was->value, is ? is->value : NULL);
	}
	for (size_t i = 0; i < now->count; i++) {
		if (find_entry(before, now->entries[i].path, i))
			continue;
		differences++;
		if (found)
			found(now->entries[i].path, NULL, now->entries[i].value);
	}
	return differences;
}

void ledger_restore(const struct ledger *before, const struct ledger *now)
{
	/* What was mounted last is unmounted first. */
	for (size_t i = now->count; i-- > 0;) {
		const char *path = now->entries[i].path;

		if (!strncmp(path, "mount ", 6) && !find_entry(before, path, i))
			umount2(path + 6, MNT_DETACH);
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct ledger_entry *was = &before->entries[i], *is = find_entry(now, was->path, i);

		if (was->setting && is && strcmp(is->value, was->value))
			knob_set(was->path, was->value);
	}
}
