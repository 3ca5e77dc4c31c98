// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by MSG_ZEROCOPY: until the peer has acknowledged the data, the queue of a TCP socket has plain
 * references for reading (zerocopy_sg_from_iter(), iov_iter_get_pages()). So the device only reads, and
 * is promised no SYNC across fork (R35).
 */
#include "hold.h"
#include "zerocopy.h"

static int zerocopy_take(struct hold *hold)
{
	struct zerocopy *connection = NULL;
	int error = zerocopy_open(hold_start(hold), hold_bytes(hold), &connection);

	if (error)
		return error;
	hold->device = connection;
	return 0;
}

static int zerocopy_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	return zerocopy_peek(hold->device, offset, buffer, bytes);
}

static int zerocopy_release(struct hold *hold)
{
	zerocopy_close(hold->device);
	return 0;
}

static const struct hold_ops zerocopy_ops = {
	.take = zerocopy_take, .device_read = zerocopy_device_read,
	.release = zerocopy_release,
};

const struct hold_kind hold_zerocopy = {
	.name = "zerocopy", .ops = &zerocopy_ops, .needs = NEEDS_ZEROCOPY,
	.traits = HOLD_GET | HOLD_DRIVER, .keeps_sync = ACROSS_PROTECTION,
};
