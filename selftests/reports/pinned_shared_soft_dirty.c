// SPDX-License-Identifier: GPL-2.0-only
/*
 * pinned_shared_soft_dirty: what a device writes through a pin to shared memory after clear_refs is not
 * soft-dirty; in private memory it is. Documentation/reports/pinned_shared_soft_dirty.md
 *
 * The device is a pipe: io_uring pins a fixed buffer, and reads from the pipe into it.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PM_SOFT_DIRTY	(1ULL << 55)

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static size_t page;

static bool is_soft_dirty(const volatile void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / page * sizeof(entry));
	close(pagemap);
	return entry & PM_SOFT_DIRTY;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

/* Let the device write to the first byte of the buffer, through the pin. */
static int device_writes(struct io_uring *ring, char *at)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int channel[2], done;

	if (pipe(channel) || write(channel[1], "D", 1) != 1)
		return -errno;
	io_uring_prep_read_fixed(sqe, channel[0], at, 1, -1, 0);
	io_uring_submit_and_wait(ring, 1);
	done = io_uring_wait_cqe(ring, &cqe);
	if (!done) {
		done = cqe->res == 1 ? 0 : -EIO;
		io_uring_cqe_seen(ring, cqe);
	}
	close(channel[0]);
	close(channel[1]);
	return done ?: *(volatile char *)at == 'D' ? 0 : -EIO;
}

/**
 * struct kind - a kind of memory, and whether a page of it is soft-dirty
 * @cpu: when the process had written, without a pin
 * @device: when the device had written, through a pin
 */
struct kind {
	const char *name;
	int flags;
	bool memfd, cpu, device;
};

static int watch_writes(struct kind *kind)
{
	int file = kind->memfd ? memfd_create("pinned_shared_soft_dirty", MFD_CLOEXEC) : -1;
	struct iovec range = { .iov_len = page };
	struct io_uring ring;
	int error;
	char *at;

	if (kind->memfd && ftruncate(file, page))
		return -errno;
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, kind->flags, file, 0);
	if (at == MAP_FAILED)
		return -errno;
	range.iov_base = memset(at, 'C', page);
	if (!clear_soft_dirty() || is_soft_dirty(at))
		return -EOPNOTSUPP;
	*(volatile char *)at = 'c';
	kind->cpu = is_soft_dirty(at);
	error = io_uring_queue_init(2, &ring, 0) ?: io_uring_register_buffers(&ring, &range, 1);
	if (error)
		return error;
	/* The device may write at any time: from now on the page must stay dirty. */
	clear_soft_dirty();
	error = device_writes(&ring, at);
	kind->device = is_soft_dirty(at);
	io_uring_queue_exit(&ring);
	return error;
}

int main(void)
{
	struct kind kinds[] = {
		{ .name = "private memory", .flags = MAP_PRIVATE | MAP_ANONYMOUS },
		{ .name = "shared memory", .flags = MAP_SHARED | MAP_ANONYMOUS },
		{ .name = "memfd", .flags = MAP_SHARED, .memfd = true },
	};
	bool tracked = true, fine;
	int error = 0;

	page = sysconf(_SC_PAGESIZE);
	for (int i = 0; i < 3 && !error; i++) {
		error = watch_writes(&kinds[i]);
		tracked = tracked && kinds[i].cpu;
	}
	if (error || !tracked || !kinds[0].device) {
		printf("pinned_shared_soft_dirty: cannot tell: %s\n",
		       error == -EOPNOTSUPP ? "no soft-dirty, or io_uring does not take shared memory" :
		       error ? strerror(-error) : "not even the control is tracked");
		return CANNOT_TELL;
	}
	fine = kinds[1].device && kinds[2].device;
	printf("pinned_shared_soft_dirty: %s: soft-dirty when the process, when the device has written:",
	       fine ? "fine" : "broken");
	for (int i = 0; i < 3; i++)
		printf(" %s %d %d%s", kinds[i].name, kinds[i].cpu, kinds[i].device, i < 2 ? "," : "\n");
	return fine ? FINE : BROKEN;
}
