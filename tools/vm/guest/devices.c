// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of some topics. They are there from power-on and do nothing until their drivers are
 * loaded, before the first topic that needs them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "../../lib/knob.h"
#include "../protocol.h"
#include "guest.h"

#define VIRTIO_MEM_DRIVER	"/sys/bus/virtio/drivers/virtio_mem"
#define ONLINE_POLICY		"/sys/devices/system/memory/auto_online_blocks"
/* The driver asks for a page that is in use again after seconds. */
#define UNPLUG_SECONDS		30

#define PMEM_DISK		"/dev/pmem0"
#define PMEM_DIRECTORY		"/mnt/dax"

static char online_policy[32];

static long memory_kib(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (long)(info.totalram * info.mem_unit / 1024);
}

static bool driver_has_device(const char *driver)
{
	DIR *directory = opendir(driver);
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = !strncmp(entry->d_name, "virtio", strlen("virtio"));
	if (directory)
		closedir(directory);
	return found;
}

void virtio_mem_up(const struct config *config)
{
	char kib[24];

	(void)config;
	kmods_load_for(NEED_VIRTIO_MEM);
	if (!driver_has_device(VIRTIO_MEM_DRIVER)) {
		report("virtio-mem: none (%s has no device)", VIRTIO_MEM_DRIVER);
		return;
	}
	file_read(ONLINE_POLICY, online_policy, sizeof(online_policy));
	/* What is never unmovable can always be given back. */
	knob_set(ONLINE_POLICY, "online_movable");
	snprintf(kib, sizeof(kib), "%ld", memory_kib());
	setenv(ENV_VIRTIO_MEM, kib, 1);
	report("virtio-mem: memory without the device is %s KiB", kib);
}

/* Return: NULL, or what is wrong */
const char *virtio_mem_down(const struct config *config)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	double deadline = monotonic_seconds() + UNPLUG_SECONDS;
	const char *kib = getenv(ENV_VIRTIO_MEM);
	static char wrong[128];
	long without, now;

	(void)config;
	if (!kib)
		return NULL;
	without = atol(kib);
	unsetenv(ENV_VIRTIO_MEM);
	report(MARK_ASK "virtio-mem 0");
	do {
		now = memory_kib();
	} while (now > without && monotonic_seconds() < deadline && !nanosleep(&pause, NULL));
	knob_set(ONLINE_POLICY, online_policy);
	if (now == without)
		return NULL;
	snprintf(wrong, sizeof(wrong), "virtio-mem: %ld KiB are still plugged after %d s",
		 now - without, UNPLUG_SECONDS);
	return wrong;
}

/* The file system is that of the RAM disk: its image is in the initramfs. */
void pmem_up(const struct config *config)
{
	int error;

	(void)config;
	if (getenv(ENV_DAX))
		return;
	kmods_load_for(NEED_PMEM);
	mkdir(PMEM_DIRECTORY, 0755);
	error = disk_fill("ext4", PMEM_DISK);
	if (!error && mount(PMEM_DISK, PMEM_DIRECTORY, "ext4", 0, "dax"))
		error = -errno;
	if (error) {
		report("persistent memory: none (%s: %s)", PMEM_DISK, strerror(-error));
		return;
	}
	setenv(ENV_DAX, PMEM_DIRECTORY, 1);
	report("persistent memory: %s, ext4 with DAX on %s", PMEM_DIRECTORY, PMEM_DISK);
}
