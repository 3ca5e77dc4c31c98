// SPDX-License-Identifier: GPL-2.0-only
/* The driver udmabuf. */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "udmabuf.h"

int udmabuf_create(int memfd, size_t offset, size_t bytes)
{
	struct udmabuf_create create = {
		.memfd = memfd, .offset = offset, .size = bytes, .flags = UDMABUF_FLAGS_CLOEXEC,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int buffer;

	if (device < 0)
		return -errno;
	buffer = ioctl(device, UDMABUF_CREATE, &create);
	if (buffer < 0)
		buffer = -errno;
	close(device);
	return buffer;
}
