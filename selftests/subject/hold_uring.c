// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by io_uring: a fixed buffer is a long-term pin for writing by a real driver. The device is
 * a pipe: small reads and writes of a pipe complete at once, without a worker thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "hold.h"
#include "hold_uring.h"

#define RING_ENTRIES	2

/**
 * struct uring_device - what moves bytes to and from the fixed buffer
 * @start: address that io_uring got; later calls name the buffer by it
 * @ring: of io_uring
 * @pipe: io_uring reads from it and writes to it
 */
struct uring_device {
	char *start;
	struct io_uring ring;
	int pipe[2];
};

static void close_ring(struct uring_device *device)
{
	close(device->pipe[0]);
	close(device->pipe[1]);
	io_uring_queue_exit(&device->ring);
	free(device);
}

static int open_ring(struct uring_device **opened)
{
	struct uring_device *device = malloc(sizeof(*device));
	int error = device ? io_uring_queue_init(RING_ENTRIES, &device->ring, 0) : -ENOMEM;

	if (error)
		goto failed;
	if (pipe2(device->pipe, O_CLOEXEC)) {
		error = -errno;
		io_uring_queue_exit(&device->ring);
		goto failed;
	}
	*opened = device;
	return 0;
failed:
	free(device);
	return error;
}

static int uring_take(struct hold *hold)
{
	struct iovec range = {
		.iov_base = hold_start(hold), .iov_len = hold_bytes(hold),
	};
	struct uring_device *device = NULL;
	int error = open_ring(&device);

	if (error)
		return error;
	error = io_uring_register_buffers(&device->ring, &range, 1);
	if (error) {
		close_ring(device);
		return error;
	}
	device->start = range.iov_base;
	hold->device = device;
	return 0;
}

static int transfer_bytes(struct uring_device *device, size_t bytes)
{
	struct io_uring_cqe *cqe;
	int done = io_uring_submit_and_wait(&device->ring, 1);

	if (done < 0)
		return done;
	done = io_uring_wait_cqe(&device->ring, &cqe);
	if (done)
		return done;
	done = cqe->res;
	io_uring_cqe_seen(&device->ring, cqe);
	if (done < 0)
		return done;
	if ((size_t)done != bytes)
		return cause_say(-EIO, "io_uring moved %d of %zu bytes", done, bytes);
	return 0;
}

static int uring_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct uring_device *device = hold->device;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&device->ring);
	int error;

	io_uring_prep_write_fixed(sqe, device->pipe[1], device->start + offset, bytes, -1, 0);
	error = transfer_bytes(device, bytes);
	return error ? error : hold_moved(read(device->pipe[0], buffer, bytes), bytes);
}

static int uring_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct uring_device *device = hold->device;
	struct io_uring_sqe *sqe;
	int error = hold_moved(write(device->pipe[1], buffer, bytes), bytes);

	if (error)
		return error;
	sqe = io_uring_get_sqe(&device->ring);
	io_uring_prep_read_fixed(sqe, device->pipe[0], device->start + offset, bytes, -1, 0);
	return transfer_bytes(device, bytes);
}

/* Unregistering waits until the buffers are idle, then unpins; closing alone would unpin later. */
static int uring_release(struct hold *hold)
{
	struct uring_device *device = hold->device;
	int error = io_uring_unregister_buffers(&device->ring);

	close_ring(device);
	return error;
}

int hold_uring_register(const struct iovec *ranges, unsigned int count)
{
	struct uring_device *device = NULL;
	int error = open_ring(&device), answer;

	if (error)
		return error;
	answer = io_uring_register_buffers(&device->ring, ranges, count);
	if (!answer)
		io_uring_unregister_buffers(&device->ring);
	close_ring(device);
	return answer;
}

const struct hold_ops hold_ops_uring = {
	.take = uring_take, .device_read = uring_device_read,
	.device_write = uring_device_write, .release = uring_release,
};
