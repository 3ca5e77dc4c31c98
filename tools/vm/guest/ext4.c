// SPDX-License-Identifier: GPL-2.0-only
/* /mnt/ext4: a file system image that the host made, on a RAM disk. */
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

#define DISK	"/dev/ram1"
#define WHERE	"/mnt/ext4"

/* The image comes as the blocks that are not zero, each after its offset; a RAM disk is zero. */
static int write_blocks(FILE *blocks, int disk)
{
	static char block[4096];
	uint64_t offset;

	while (fread(&offset, sizeof(offset), 1, blocks) == 1) {
		if (fread(block, sizeof(block), 1, blocks) != 1)
			return -EIO;
		if (pwrite(disk, block, sizeof(block), (off_t)offset) != sizeof(block))
			return errno ? -errno : -ENOSPC;
	}
	return 0;
}

static int fill_disk(void)
{
	FILE *blocks = fopen(GUEST_EXT4, "re");
	int disk, error;

	if (!blocks)
		return -errno;
	disk = open(DISK, O_WRONLY | O_CLOEXEC);
	error = disk < 0 ? -errno : write_blocks(blocks, disk);
	if (disk >= 0 && close(disk) && !error)
		error = -errno;
	fclose(blocks);
	return error;
}

void ext4_up(void)
{
	const char *what = "image on " DISK;
	int error = fill_disk();

	if (!error) {
		mkdir("/mnt", 0755);
		mkdir(WHERE, 0755);
		what = "mount";
		if (mount(DISK, WHERE, "ext4", 0, NULL))
			error = -errno;
	}
	if (error) {
		report("ext4: none (%s: %s)", what, strerror(-error));
		return;
	}
	setenv(ENV_EXT4, WHERE, 1);
	report("ext4: " WHERE);
}
