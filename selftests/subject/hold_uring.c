// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by io_uring: a fixed buffer is a long-term pin for writing by a real driver. The device is
 * a pipe: small reads and writes of a pipe complete at once, without a worker thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pincheck.h"
#include "hold.h"

#define RING_ENTRIES	2

static void close_ring(struct hold *hold)
{
	close(hold->pipe[0]);
	close(hold->pipe[1]);
	io_uring_queue_exit(&hold->ring);
}

/*
 * io_uring does not show which pages it holds. But a pin for writing makes the mapped page
 * exclusive and takes it, so the pages that are mapped now are the pinned ones.
 */
static int uring_take(struct hold *hold)
{
	const struct memory *memory = hold->memory;
	struct iovec range = {
		.iov_base = memory_address(memory, hold->first),
		.iov_len = hold->pages * PAGE_BYTES,
	};
	int error = io_uring_queue_init(RING_ENTRIES, &hold->ring, 0);

	if (error)
		return error;
	if (pipe2(hold->pipe, O_CLOEXEC)) {
		error = -errno;
		io_uring_queue_exit(&hold->ring);
		return error;
	}
	error = io_uring_register_buffers(&hold->ring, &range, 1);
	if (error) {
		close_ring(hold);
		return error;
	}
	hold->start = range.iov_base;
	memory_pfns(memory, memory->pagemap, hold->pfn);
	return 0;
}

static int transfer_bytes(struct hold *hold, size_t bytes)
{
	struct io_uring_cqe *cqe;
	int done = io_uring_submit_and_wait(&hold->ring, 1);

	if (done < 0)
		return done;
	done = io_uring_wait_cqe(&hold->ring, &cqe);
	if (done)
		return done;
	done = cqe->res;
	io_uring_cqe_seen(&hold->ring, cqe);
	if (done < 0)
		return done;
	if ((size_t)done != bytes)
		return cause_say(-EIO, "io_uring moved %d of %zu bytes", done, bytes);
	return 0;
}

static void *hold_address(struct hold *hold, size_t offset)
{
	return hold->start + offset;
}

static int uring_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&hold->ring);
	int error;

	io_uring_prep_write_fixed(sqe, hold->pipe[1], hold_address(hold, offset), bytes, -1, 0);
	error = transfer_bytes(hold, bytes);
	if (error)
		return error;
	if (read(hold->pipe[0], buffer, bytes) != (ssize_t)bytes)
		return cause_say(-EIO, "the pipe has not the %zu bytes that io_uring wrote", bytes);
	return 0;
}

static int uring_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct io_uring_sqe *sqe;

	if (write(hold->pipe[1], buffer, bytes) != (ssize_t)bytes)
		return cause_say(-EIO, "the pipe does not take %zu bytes", bytes);
	sqe = io_uring_get_sqe(&hold->ring);
	io_uring_prep_read_fixed(sqe, hold->pipe[0], hold_address(hold, offset), bytes, -1, 0);
	return transfer_bytes(hold, bytes);
}

/* Only the pages of samples are known. */
static int uring_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn, uint32_t *path)
{
	const struct memory *memory = hold->memory;
	size_t i, j, known = 0;

	for (i = 0; i < count; i++) {
		path[i] = PINCHECK_PATH_UNKNOWN;
		for (j = 0; j < memory->samples; j++) {
			if (memory->sample[j] != page + i + hold->first)
				continue;
			pfn[i] = hold->pfn[j];
			known++;
		}
	}
	if (known == count)
		return 0;
	return cause_say(-ENOENT, "page %zu of the buffer is no sample: its PFN is unknown", page);
}

/* Unregistering waits until the buffers are idle, then unpins; closing alone would unpin later. */
static int uring_release(struct hold *hold)
{
	int error = io_uring_unregister_buffers(&hold->ring);

	close_ring(hold);
	return error;
}

const struct hold_ops hold_ops_uring = {
	.take = uring_take, .device_read = uring_device_read,
	.device_write = uring_device_write, .pages = uring_pages, .release = uring_release,
};
