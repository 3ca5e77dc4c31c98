// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by mydriver: the driver pins memory of the process when it registers the memory, and until its
 * descriptor is closed. Copy this file to selftests/subject/hold_NAME.c, write your driver's calls into
 * the four functions, and say in the traits what your driver promises: Documentation/adding-a-holder.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "hold.h"

/* The driver's own header has these. */
struct mydriver_range {
	uint64_t address, bytes;
};

#define MYDRIVER_REGISTER	_IOW('M', 0, struct mydriver_range)

/* From here to mydriver_release() the driver holds the memory. */
static int mydriver_take(struct hold *hold)
{
	struct mydriver_range range = {
		.address = (uintptr_t)hold_start(hold), .bytes = hold_bytes(hold),
	};
	int error = 0;

	hold->descriptor = open("/dev/mydriver", O_RDWR | O_CLOEXEC);
	if (hold->descriptor < 0)
		return -errno;
	if (ioctl(hold->descriptor, MYDRIVER_REGISTER, &range)) {
		error = -errno;
		close(hold->descriptor);
	}
	return error;
}

/* The device reads from the memory. It must not read through the page tables of this process. */
static int mydriver_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	return hold_moved(pread(hold->descriptor, buffer, bytes, offset), bytes);
}

/* The device writes to the memory. */
static int mydriver_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	return hold_moved(pwrite(hold->descriptor, buffer, bytes, offset), bytes);
}

/* All pins must be gone when this returns, although a child may have inherited the descriptor. */
static int mydriver_release(struct hold *hold)
{
	return close(hold->descriptor) ? -errno : 0;
}

static const struct hold_ops mydriver_ops = {
	.take = mydriver_take, .device_read = mydriver_read, .device_write = mydriver_write,
	.release = mydriver_release,
};

const struct hold_kind hold_mydriver = {
	.name = "mydriver", .ops = &mydriver_ops,
	/* HOLD_GET for get_user_pages(); HOLD_FOLDS, if a large folio gets one pin: enum hold_trait */
	.traits = HOLD_DRIVER | HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM,
	/* Without ACROSS_FORK for get_user_pages(), which fork does not honour */
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK,
};
