// SPDX-License-Identifier: GPL-2.0-only
/* Copies between processes that stop in the middle. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "fd_pass.h"
#include "stalled_copy.h"
#include "trap.h"

/* The local side of a read begins so far into its page: its last page is one that no byte before needs. */
#define LEAD		(PAGE_BYTES / 4)

#define PATIENCE	20000	/* ms */

bool stalled_copy_offered(void)
{
	char byte = 1, copy = 0;
	struct iovec from = { &byte, 1 }, to = { &copy, 1 };
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int trap = page == MAP_FAILED ? -1 : trap_set(page, PAGE_BYTES, UFFDIO_REGISTER_MODE_MISSING);

	if (page != MAP_FAILED)
		munmap(page, PAGE_BYTES);
	if (trap < 0)
		return false;
	close(trap);
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1 && copy;
}

/* A call that the kernel refuses never comes to the trap. */
static void tell_refusal(const struct stalled_copy *copy, ssize_t copied)
{
	int error = -errno;

	if (copied < 0)
		send(copy->channel, &error, sizeof(error), MSG_NOSIGNAL);
}

static void *run_read(void *argument)
{
	const struct stalled_copy *copy = argument;
	struct iovec to = { copy->local + LEAD, copy->bytes }, from = { copy->start, copy->bytes };

	tell_refusal(copy, process_vm_readv(getppid(), &to, 1, &from, 1, 0));
	return NULL;
}

/* The bytes are the end of one page, and as many stand for ever at the begin of the next. */
static void *run_write(void *argument)
{
	const struct stalled_copy *copy = argument;
	char *second = copy->local + PAGE_BYTES;
	struct iovec from[] = {
		{ second - copy->bytes, copy->bytes }, { second, copy->bytes },
	}, to = { copy->start, 2 * copy->bytes };

	tell_refusal(copy, process_vm_writev(getppid(), from, 2, &to, 1, 0));
	return NULL;
}

/* The copier: the next call begins when the one before stands. Its trap does not stop the caller, which has its own mapping of the local sides. */
static void run_copier(struct stalled_copies *copies, char *local, size_t bytes, int channel)
{
	pthread_t thread;
	char byte;
	int trap;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd_close_others(channel, channel);
	trap = trap_set(local, bytes, UFFDIO_REGISTER_MODE_MISSING);
	if (trap < 0 || fd_send(channel, trap, "", 1, 0))
		_exit(1);
	for (size_t i = 0; i < copies->count; i++) {
		copies->copy[i].channel = channel;
		if (pthread_create(&thread, NULL, copies->copy[i].write ? run_write : run_read,
				   &copies->copy[i]) || recv(channel, &byte, 1, 0) != 1)
			_exit(1);
	}
	for (;;)
		pause();
}

static size_t place_local_sides(struct stalled_copies *copies, char *local)
{
	size_t bytes = 0;

	for (size_t i = 0; i < copies->count; i++) {
		struct stalled_copy *copy = &copies->copy[i];

		copy->local = local + bytes;
		copy->local_bytes = copy->write ? 2 * PAGE_BYTES : copy->bytes + PAGE_BYTES;
		bytes += copy->local_bytes;
	}
	return bytes;
}

/* Return: 0 when a copy stands; what the kernel answered, if it refused to copy; or a negative errno */
static int wait_for_copy(int trap, int channel)
{
	struct pollfd from[] = {
		{ .fd = trap, .events = POLLIN }, { .fd = channel, .events = POLLIN },
	};
	uintptr_t address;
	int refusal;

	if (poll(from, 2, PATIENCE) <= 0 || !from[1].revents)
		return trap_wait(trap, &address);
	if (recv(channel, &refusal, sizeof(refusal), 0) != sizeof(refusal))
		return cause_say(-EPIPE, "the copier has died");
	return refusal;
}

static int start_copier(struct stalled_copies *copies, char *local, size_t bytes)
{
	int ends[2], error;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	copies->copier = fork();
	if (!copies->copier) {
		close(ends[0]);
		run_copier(copies, local, bytes, ends[1]);
	}
	close(ends[1]);
	copies->trap = copies->copier < 0 ? -EAGAIN : fd_receive(ends[0], &byte, 1, 0);
	error = copies->trap < 0 ? copies->trap : 0;
	for (size_t i = 0; i < copies->count && !error; i++) {
		error = wait_for_copy(copies->trap, ends[0]);
		if (!error && send(ends[0], "", 1, MSG_NOSIGNAL) != 1)
			error = -EPIPE;
	}
	close(ends[0]);
	return error;
}

int stalled_copies_start(struct stalled_copies *copies)
{
	size_t bytes = place_local_sides(copies, NULL);
	char *local = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	copies->trap = -1;
	copies->copier = -1;
	if (local == MAP_FAILED)
		return -errno;
	place_local_sides(copies, local);
	error = start_copier(copies, local, bytes);
	if (error)
		stalled_copies_end(copies);
	return error;
}

/* A copy that reached the page behind has done all before. */
static int wait_for_page(const struct stalled_copies *copies, const char *page)
{
	uintptr_t address;
	int error = trap_wait(copies->trap, &address);

	if (!error && (address & ~(PAGE_BYTES - 1)) != (uintptr_t)page)
		return cause_say(-EBADMSG, "another copy goes on");
	return error;
}

int stalled_copy_read(struct stalled_copies *copies, size_t which, size_t offset, void *buffer,
		      size_t bytes)
{
	struct stalled_copy *copy = &copies->copy[which];
	size_t end = (LEAD + offset + bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	int error;

	if (copy->filled > offset / PAGE_BYTES * PAGE_BYTES)
		return -ENOBUFS;
	error = trap_fill_range(copies->trap, copy->local + copy->filled, end - copy->filled);
	if (error)
		return error;
	copy->filled = end;
	error = wait_for_page(copies, copy->local + end);
	if (!error)
		memcpy(buffer, copy->local + LEAD + offset, bytes);
	return error;
}

int stalled_copy_write(struct stalled_copies *copies, size_t which, const void *data, size_t bytes)
{
	static char page[PAGE_BYTES_MAX];
	struct stalled_copy *copy = &copies->copy[which];
	int error;

	if (copy->filled || bytes != copy->bytes)
		return -ENOBUFS;
	memcpy(page + PAGE_BYTES - bytes, data, bytes);
	error = trap_copy(copies->trap, copy->local, page, PAGE_BYTES);
	if (error)
		return error;
	copy->filled = PAGE_BYTES;
	return wait_for_page(copies, copy->local + PAGE_BYTES);
}

void stalled_copies_end(struct stalled_copies *copies)
{
	size_t bytes = place_local_sides(copies, copies->copy[0].local);

	if (copies->copier > 0) {
		kill(copies->copier, SIGKILL);
		waitpid(copies->copier, NULL, 0);
	}
	if (copies->trap >= 0)
		close(copies->trap);
	munmap(copies->copy[0].local, bytes);
	copies->copier = -1;
	copies->trap = -1;
}
