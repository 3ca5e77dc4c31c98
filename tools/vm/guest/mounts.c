// SPDX-License-Identifier: GPL-2.0-only
/* The filesystems and memory settings that tests expect. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "guest.h"

/* debugfs, tracefs and cgroup2 are not in every kernel: tests that need them say so themselves. */
static const struct {
	const char *type;
	const char *where;
} mounts[] = {
	{ "devtmpfs", "/dev" },
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "tmpfs", "/tmp" },
	{ "tmpfs", "/dev/shm" },
	{ "devpts", "/dev/pts" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "tracefs", "/sys/kernel/tracing" },
	{ "cgroup2", "/sys/fs/cgroup" },
};

void mounts_up(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL);
	}
	chmod("/tmp", 01777);
	chmod("/dev/shm", 01777);
}

#define THP_ENABLED	"/sys/kernel/mm/transparent_hugepage/enabled"
#define HUGE_2M		"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

void memory_up(const struct config *config)
{
	char wanted[32], got[128];
	int error;

	error = file_write(THP_ENABLED, "always");
	file_read(THP_ENABLED, got, sizeof(got));
	report("thp: %s", error ? strerror(-error) : got);

	/* The command line asked for them already; a kernel that did not listen is asked again. */
	snprintf(wanted, sizeof(wanted), "%ld", config->hugepages);
	file_read(HUGE_2M, got, sizeof(got));
	error = strcmp(got, wanted) ? file_write(HUGE_2M, wanted) : 0;
	file_read(HUGE_2M, got, sizeof(got));
	report("hugetlb 2 MiB pages: %s of %s wanted%s%s", error ? "0" : got, wanted,
	       error ? ": " : "", error ? strerror(-error) : "");
}
