// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by AF_XDP: the umem of a socket is a long-term pin for writing (xdp_umem_pin_pages(), always by
 * the slow path). The device is a network: it sends packets from the memory, and receives packets there.
 */
#include <errno.h>
#include <stdlib.h>
#include "clock.h"
#include "hold.h"
#include "pin_accounting.h"
#include "xdp_socket.h"

#define WAIT_NS		10000000000LL	/* for the kernel: a guest of a busy machine is slow */

/**
 * struct xdp_device - the socket
 * @pins_before: of the machine, before there was the umem
 */
struct xdp_device {
	struct xdp_socket *socket;
	int64_t pins_before;
};

static int xdp_take(struct hold *hold)
{
	struct xdp_device *device = calloc(1, sizeof(*device));
	int error = device ? pins_surplus(&device->pins_before) : -ENOMEM;

	if (!error)
		error = xdp_socket_open(hold_start(hold), hold_bytes(hold), &device->socket);
	if (error) {
		free(device);
		return error;
	}
	hold->device = device;
	return 0;
}

static int xdp_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct xdp_device *device = hold->device;

	return xdp_socket_send(device->socket, offset, buffer, bytes);
}

static int xdp_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct xdp_device *device = hold->device;

	return xdp_socket_receive(device->socket, offset, buffer, bytes);
}

/* A closed socket keeps its umem until an RCU grace period is over, and a work queue has come to it. */
static int wait_until_unpinned(int64_t pins_before)
{
	int64_t end = nanoseconds() + WAIT_NS, pins;
	int error;

	do {
		error = pins_surplus(&pins);
	} while (!error && pins > pins_before && moment_goes_on(end));
	return error;
}

static int xdp_release(struct hold *hold)
{
	struct xdp_device *device = hold->device;
	int64_t pins_before = device->pins_before;

	xdp_socket_close(device->socket);
	free(device);
	return wait_until_unpinned(pins_before);
}

static const struct hold_ops xdp_ops = {
	.take = xdp_take, .device_read = xdp_device_read, .device_write = xdp_device_write,
	.release = xdp_release,
};

const struct hold_kind hold_xdp = {
	.name = "xdp", .ops = &xdp_ops, .needs = NEEDS_XDP,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK,
};
