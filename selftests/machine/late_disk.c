// SPDX-License-Identifier: GPL-2.0-only
/* A loop device over a file that answers late. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/loop.h>
#include "late_disk.h"

#define CONTROL		"/dev/loop-control"
#define TRIES		10	/* others may take the device that was free */

bool late_disk_offered(void)
{
	return !access(CONTROL, R_OK | W_OK);
}

static int open_free_device(void)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC), number, disk = -1;
	char path[32];

	if (control < 0)
		return -errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number >= 0) {
		snprintf(path, sizeof(path), "/dev/loop%d", number);
		disk = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	}
	if (disk < 0)
		disk = -errno;
	close(control);
	return disk;
}

int late_disk_open(const struct late_file *late)
{
	const struct loop_config config = {
		.fd = late->file, .block_size = LATE_DISK_SECTOR,
		.info = { .lo_flags = LO_FLAGS_DIRECT_IO | LO_FLAGS_AUTOCLEAR },
	};
	int disk = -EBUSY;

	for (int i = 0; i < TRIES && disk == -EBUSY; i++) {
		disk = open_free_device();
		if (disk >= 0 && ioctl(disk, LOOP_CONFIGURE, &config)) {
			int error = -errno;

			close(disk);
			disk = error;
		}
	}
	return disk;
}

void late_disk_close(int disk)
{
	ioctl(disk, LOOP_CLR_FD);
	close(disk);
}
