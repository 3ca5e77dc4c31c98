// SPDX-License-Identifier: GPL-2.0-only
/* /mnt/ext4 and others: file system images that the host made, each on a RAM disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../protocol.h"
#include "guest.h"

/* /dev/ram0 is for swap. */
static const struct {
	const char *name;
	const char *disk;
	const char *where;
	const char *variable;
	bool late;
} disks[] = {
	{ "ext4", "/dev/ram1", "/mnt/ext4", ENV_EXT4, false },
	{ "xfs", "/dev/ram2", "/mnt/xfs", ENV_XFS, true },
	{ "btrfs", "/dev/ram3", "/mnt/btrfs", ENV_BTRFS, true },
};

/* The file has the blocks of the image that are not zero, each after its offset. A RAM disk is zero. */
static int write_blocks(FILE *blocks, int disk)
{
	static char block[DISK_BLOCK];
	uint64_t offset;

	while (fread(&offset, sizeof(offset), 1, blocks) == 1) {
		if (fread(block, sizeof(block), 1, blocks) != 1)
			return -EIO;
		if (pwrite(disk, block, sizeof(block), (off_t)offset) != sizeof(block))
			return errno ? -errno : -ENOSPC;
	}
	return 0;
}

int disk_fill(const char *name, const char *path)
{
	char image[sizeof(GUEST_DISKS) + 16];
	int disk, error;
	FILE *blocks;

	snprintf(image, sizeof(image), GUEST_DISKS "%s", name);
	blocks = fopen(image, "re");
	if (!blocks)
		return -errno;
	disk = open(path, O_WRONLY | O_CLOEXEC);
	error = disk < 0 ? -errno : write_blocks(blocks, disk);
	if (disk >= 0 && close(disk) && !error)
		error = -errno;
	fclose(blocks);
	return error;
}

void disks_up(bool late)
{
	mkdir("/mnt", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		const char *name = disks[i].name, *what = "image";
		int error;

		if (disks[i].late != late)
			continue;
		error = disk_fill(name, disks[i].disk);
		if (!error) {
			what = "mount";
			mkdir(disks[i].where, 0755);
			if (mount(disks[i].disk, disks[i].where, name, 0, NULL))
				error = -errno;
		}
		if (error) {
			report("%s: none (%s on %s: %s)", name, what, disks[i].disk, strerror(-error));
			continue;
		}
		setenv(disks[i].variable, disks[i].where, 1);
		report("%s: %s", name, disks[i].where);
	}
}
