// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_io: the process receives from sockets into memory that a device holds. The kernel copies to the
 * address of the process, by the process itself or by a thread of io_uring; or it copies to pages that
 * io_uring has pinned before. In each case the bytes arrive where the process and the device see them.
 */
#include "other_suite.h"
#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>
#include "other_write.h"

#define OTHERS_IO_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, get_rw_fast)		X(topic, memory, mirror_rw)

#define OTHERS_IO_FEW_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)

TOPIC(others_io)
OTHERS_IO_HOLDS(TOPIC_VARIANT, others_io, base)
OTHERS_IO_HOLDS(TOPIC_VARIANT, others_io, thp_pmd)
OTHERS_IO_FEW_HOLDS(TOPIC_VARIANT, others_io, shmem_shared)
OTHERS_IO_FEW_HOLDS(TOPIC_VARIANT, others_io, hugetlb)
TOPIC_VARIANT(others_io, base, uring)
TOPIC_VARIANT(others_io, thp_pmd, uring)

/** struct receiver - the near end of a connection, and a ring whose buffer 0 is the memory */
struct receiver {
	int socket;
	struct io_uring ring;
};

/** typedef receive_fn - receive AREA_BYTES into @area. Return: 0 or a negative errno */
typedef int receive_fn(struct receiver *receiver, void *area);

/* The far end sends AFTER for one sample after the other; each is received before the next one. */
static int receive_samples(const struct memory *memory, struct receiver *receiver,
			   receive_fn *receive)
{
	uint64_t words[AREA_WORDS];
	int ends[2], error = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	receiver->socket = ends[0];
	for (size_t i = 0; i < memory->samples && !error; i++) {
		pattern_make(memory, CPU_AREA, i, AFTER, words);
		error = all_area_bytes(send(ends[1], words, AREA_BYTES, 0));
		if (!error)
			error = receive(receiver, area_address(memory, i));
	}
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int receive_plainly(struct receiver *receiver, void *area)
{
	return all_area_bytes(recv(receiver->socket, area, AREA_BYTES, 0));
}

static int receive_by_call(struct subject *subject)
{
	struct receiver receiver;

	return receive_samples(&subject->memory, &receiver, receive_plainly);
}

/* IOSQE_ASYNC: a thread of io_uring does the work, and not this one. */
static int submit_and_wait(struct receiver *receiver, struct io_uring_sqe *sqe)
{
	struct io_uring_cqe *cqe;
	int done;

	sqe->flags |= IOSQE_ASYNC;
	done = io_uring_submit(&receiver->ring);
	if (done >= 0)
		done = io_uring_wait_cqe(&receiver->ring, &cqe);
	if (done < 0)
		return done;
	done = cqe->res;
	io_uring_cqe_seen(&receiver->ring, cqe);
	return done < 0 ? done : all_area_bytes(done);
}

static int receive_to_address(struct receiver *receiver, void *area)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&receiver->ring);

	io_uring_prep_recv(sqe, receiver->socket, area, AREA_BYTES, 0);
	return submit_and_wait(receiver, sqe);
}

static int receive_to_buffer(struct receiver *receiver, void *area)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&receiver->ring);

	io_uring_prep_read_fixed(sqe, receiver->socket, area, AREA_BYTES, 0, 0);
	return submit_and_wait(receiver, sqe);
}

/* @buffer: io_uring pins the memory beside the hold; the pages are pinned before anything is received. */
static int receive_by_ring(struct subject *subject, bool buffer, receive_fn *receive)
{
	const struct memory *memory = &subject->memory;
	struct iovec range = { memory->start, memory->bytes };
	struct receiver receiver;
	int error = io_uring_queue_init(2, &receiver.ring, 0);

	if (error)
		return error;
	if (buffer)
		error = io_uring_register_buffers(&receiver.ring, &range, 1);
	if (!error)
		error = receive_samples(memory, &receiver, receive);
	if (buffer)
		io_uring_unregister_buffers(&receiver.ring);
	io_uring_queue_exit(&receiver.ring);
	return error;
}

static int receive_by_thread(struct subject *subject)
{
	return receive_by_ring(subject, false, receive_to_address);
}

static int receive_fixed(struct subject *subject)
{
	return receive_by_ring(subject, true, receive_to_buffer);
}

/* SYNC. recv() copies to the address, as any system call that writes to memory. */
OTHER_EVENT(others_io, received, .rows = "B10 B11", .needs = NEEDS_UNIX) {
	.happen = receive_by_call, .then = AFTER
};

/* SYNC. A thread of the kernel copies to the address, with the process's page tables. */
OTHER_EVENT(others_io, received_by_thread, .rows = "B10 B11", .needs = NEEDS_UNIX | NEEDS_URING) {
	.happen = receive_by_thread, .then = AFTER
};

/* SYNC. A second device, io_uring, has pinned the pages: it uses no address, and must have the same pages. */
OTHER_EVENT(others_io, received_in_fixed_buffer, .rows = "B10 B11 R34",
	    .needs = NEEDS_UNIX | NEEDS_URING) {
	.happen = receive_fixed, .then = AFTER
};

PINCHECK_TEST_MAIN
