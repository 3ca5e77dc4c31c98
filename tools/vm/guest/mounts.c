// SPDX-License-Identifier: GPL-2.0-only
/* The filesystems and memory settings that tests expect. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "../../arch/arch.h"
#include "guest.h"

/* Not every kernel has debugfs, tracefs and cgroup2. Tests that need them skip with that reason. */
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

int hugepages_set(long count, char *got, size_t size)
{
	char file[96], wanted[24];
	int error;

	snprintf(file, sizeof(file), "/sys/kernel/mm/hugepages/hugepages-%ldkB/nr_hugepages",
		 arch_host()->hugepage_mib * 1024);
	snprintf(wanted, sizeof(wanted), "%ld", count);
	error = file_write(file, wanted);
	file_read(file, got, size);
	return error;
}

void memory_up(const struct config *config)
{
	char got[128];
	int error;

	error = file_write(THP_ENABLED, "always");
	file_read(THP_ENABLED, got, sizeof(got));
	report("thp: %s", error ? strerror(-error) : got);

	/* The command line has asked for them. The kernel may have had too little memory at boot. */
	error = hugepages_set(config->hugepages, got, sizeof(got));
	report("hugetlb %ld MiB pages: %s of %ld wanted%s%s", arch_host()->hugepage_mib,
	       error ? "0" : got, config->hugepages, error ? ": " : "",
	       error ? strerror(-error) : "");
}
