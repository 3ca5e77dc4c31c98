// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two swap devices. The kernel swaps to zram (without zram: to a RAM disk), which completes a read
 * before it returns: such a page never stays in the swap cache (SWP_SYNCHRONOUS_IO). The other one,
 * a loop device, is not synchronous. It is prepared and left off; a test that needs it turns it on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include "../../lib/knob.h"
#include "../../lib/page_size.h"
#include "../protocol.h"
#include "guest.h"

#define ZRAM_SYSFS	"/sys/block/zram0/"
/* On ramfs, because pages of tmpfs could be swapped out to this very device. */
#define ASYNC_DIRECTORY	"/mnt/swap"
#define ASYNC_FILE	ASYNC_DIRECTORY "/async"
#define ASYNC_MIB	64

/* The first page of a swap device (include/linux/swap.h, union swap_header): these, and SWAP_MAGIC. */
struct swap_header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
};

#define SWAP_MAGIC	"SWAPSPACE2"		/* the last bytes of the page */

/* As mkswap(8): write the header to @device. */
static int format_swap(const char *device)
{
	size_t page = PAGE_BYTES, magic = strlen(SWAP_MAGIC);
	struct swap_header *header = calloc(1, page);
	int fd = open(device, O_RDWR | O_CLOEXEC);
	uint64_t bytes;
	int error = 0;

	if (!header || fd < 0) {
		error = -errno;
		goto out;
	}
	if (ioctl(fd, BLKGETSIZE64, &bytes)) {
		error = -errno;
		goto out;
	}
	header->version = 1;
	header->last_page = (uint32_t)(bytes / page - 1);
	memcpy((char *)header + page - magic, SWAP_MAGIC, magic);
	if (pwrite(fd, header, page, 0) != (ssize_t)page || fsync(fd))
		error = errno ? -errno : -EIO;
out:
	if (fd >= 0)
		close(fd);
	free(header);
	return error;
}

static int make_swap(const char *device)
{
	int error = format_swap(device);

	if (!error && swapon(device, 0))
		error = -errno;
	return error;
}

/* The initramfs may lack the module of the default compressor: then any other will do. */
static int zram_up(const char *size)
{
	static const char *const compressors[] = { NULL, "lzo-rle", "lz4", "lzo", "zstd" };
	int error = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		if (compressors[i] &&
		    knob_set(ZRAM_SYSFS "comp_algorithm", compressors[i]))
			continue;
		error = knob_set(ZRAM_SYSFS "disksize", size);
		if (!error)
			break;
	}
	return error ? error : make_swap("/dev/zram0");
}

static void swap_up_synchronous(const struct config *config)
{
	char size[32];
	int zram, disk;

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

/* Return: a descriptor of the file behind the loop device, or -errno */
static int open_backing_file(void)
{
	int file, error;

	mkdir("/mnt", 0755);
	mkdir(ASYNC_DIRECTORY, 0700);
	if (mount("ramfs", ASYNC_DIRECTORY, "ramfs", 0, NULL))
		return -errno;
	file = open(ASYNC_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return -errno;
	if (!ftruncate(file, (off_t)ASYNC_MIB << 20))
		return file;
	error = -errno;
	close(file);
	return error;
}

/* Bind a free loop device to @file and put its path into @device. Return: 0 or -errno */
static int loop_bind(int file, char *device, size_t size)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	int error = number < 0 ? -errno : 0;
	int loop;

	if (control >= 0)
		close(control);
	if (error)
		return error;
	snprintf(device, size, "/dev/loop%d", number);
	loop = open(device, O_RDWR | O_CLOEXEC);
	if (loop < 0)
		return -errno;
	if (ioctl(loop, LOOP_SET_FD, file))
		error = -errno;
	close(loop);
	return error;
}

/*
 * When a write ends, an LRU batch of the CPU that serves the interrupt keeps a reference to the page. A
 * test can drain only the batches of the CPU that it runs on.
 */
static void complete_where_submitted(const char *device)
{
	char file[64];

	snprintf(file, sizeof(file), "/sys/block/%s/queue/rq_affinity", device + strlen("/dev/"));
	knob_set(file, "2");
}

static void swap_up_asynchronous(void)
{
	int file = open_backing_file();
	char device[32] = "";
	int error = file < 0 ? file : loop_bind(file, device, sizeof(device));

	if (file >= 0)
		close(file);
	error = error ?: format_swap(device);
	if (error) {
		report("swap that is not synchronous: none (loop: %s)", strerror(-error));
		return;
	}
	complete_where_submitted(device);
	setenv(ENV_SWAP_ASYNC, device, 1);
	report("swap that is not synchronous: %s, %d MiB, off", device, ASYNC_MIB);
}

void swap_up(const struct config *config)
{
	if (config->swap_mib <= 0) {
		report("swap: none wanted");
		return;
	}
	swap_up_synchronous(config);
	swap_up_asynchronous();
}

void swap_async_off(void)
{
	const char *device = getenv(ENV_SWAP_ASYNC);

	if (device)
		swapoff(device);
}
