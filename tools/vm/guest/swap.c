// SPDX-License-Identifier: GPL-2.0-only
/* A swap device: zram where there is one, else a RAM disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>
#include <linux/fs.h>
#include "guest.h"

#define ZRAM_SYSFS	"/sys/block/zram0/"

/* What mkswap(8) writes: include/linux/swap.h, union swap_header */
struct swap_header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
	char rest[4096 - 1024 - 12 - 10];
	char magic[10];
};

_Static_assert(sizeof(struct swap_header) == 4096, "the header is one page");

static int make_swap(const char *device)
{
	struct swap_header header = { .version = 1, .magic = "SWAPSPACE2" };
	int fd = open(device, O_RDWR | O_CLOEXEC);
	uint64_t bytes;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, BLKGETSIZE64, &bytes)) {
		error = -errno;
		goto out;
	}
	header.last_page = (uint32_t)(bytes / 4096 - 1);
	if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header) || fsync(fd))
		error = errno ? -errno : -EIO;
out:
	close(fd);
	if (!error && swapon(device, 0))
		error = -errno;
	return error;
}

/* The default compressor may be a module that was not packed: then any other will do. */
static int zram_up(const char *size)
{
	static const char *const compressors[] = { NULL, "lzo-rle", "lz4", "lzo", "zstd" };
	int error = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		if (compressors[i] &&
		    file_write(ZRAM_SYSFS "comp_algorithm", compressors[i]))
			continue;
		error = file_write(ZRAM_SYSFS "disksize", size);
		if (!error)
			break;
	}
	return error ? error : make_swap("/dev/zram0");
}

void swap_up(const struct config *config)
{
	char size[32];
	int zram, disk;

	if (config->swap_mib <= 0) {
		report("swap: none wanted");
		return;
	}
	snprintf(size, sizeof(size), "%ldM", config->swap_mib);
	zram = zram_up(size);
	if (!zram) {
		report("swap: /dev/zram0, %ld MiB", config->swap_mib);
		return;
	}
	disk = make_swap("/dev/ram0");
	if (!disk)
		report("swap: /dev/ram0 (zram: %s)", strerror(-zram));
	else
		report("swap: none (zram: %s, ram0: %s)", strerror(-zram), strerror(-disk));
}
