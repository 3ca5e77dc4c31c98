// SPDX-License-Identifier: GPL-2.0-only
/* The filesystems and memory settings that tests expect. */
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "../../lib/knob.h"
#include "../../lib/page_size.h"
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

void memory_up(const struct config *config)
{
	char got[128];
	int error;

	error = knob_set(thp_setting(), "always");
	file_read(thp_setting(), got, sizeof(got));
	report("thp: %s", error ? strerror(-error) : got);

	/* The command line has asked for them. The kernel may have had too little memory at boot. */
	error = knob_set_number(HUGETLB_POOL, config->hugepages);
	report("hugetlb %zu MiB pages: %ld of %ld wanted%s%s", PMD_BYTES >> 20,
	       error ? 0 : knob_number(HUGETLB_POOL), config->hugepages, error ? ": " : "",
	       error ? strerror(-error) : "");
}
