// SPDX-License-Identifier: GPL-2.0-only
/*
 * thp_soft_dirty: what a device writes to a pinned transparent huge page after clear_refs is not
 * soft-dirty; on base pages it is. Documentation/reports/thp_soft_dirty.md
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

static bool is_soft_dirty(const volatile void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
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

/* The number behind @format in @path, or 0 */
static unsigned long read_number(const char *path, const char *format)
{
	unsigned long number = 0;
	FILE *file = fopen(path, "r");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
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
	return done;
}

/**
 * struct state - is the page soft-dirty?
 * @cpu: when the process had written, without a pin
 * @device: when the device had written, through a pin
 */
struct state {
	bool cpu, device;
};

static int watch_writes(size_t bytes, int advice, struct state *state)
{
	char *room = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + bytes - 1) & ~(bytes - 1));
	struct iovec range = { at, bytes };
	struct io_uring ring;
	int error;

	if (room == MAP_FAILED)
		return -errno;
	madvise(at, bytes, advice);
	memset(at, 'C', bytes);
	if (advice == MADV_HUGEPAGE && !read_number("/proc/self/smaps_rollup", "AnonHugePages: %lu"))
		return -ENOENT;
	if (!clear_soft_dirty() || is_soft_dirty(at))
		return -EOPNOTSUPP;
	*(volatile char *)at = 'c';
	state->cpu = is_soft_dirty(at);
	error = io_uring_queue_init(2, &ring, 0) ?: io_uring_register_buffers(&ring, &range, 1);
	if (error)
		return error;
	/* The device may write at any time: from now on the page must stay dirty. */
	clear_soft_dirty();
	error = device_writes(&ring, at);
	state->device = is_soft_dirty(at);
	io_uring_queue_exit(&ring);
	munmap(room, 2 * bytes);
	return error;
}

int main(void)
{
	size_t huge = read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "%lu");
	struct state base = { 0 }, thp = { 0 };
	int error = watch_writes(sysconf(_SC_PAGESIZE), MADV_NOHUGEPAGE, &base) ?:
		    huge ? watch_writes(huge, MADV_HUGEPAGE, &thp) : -ENOENT;

	if (error || !base.cpu || !base.device || !thp.cpu) {
		printf("thp_soft_dirty: cannot tell: %s\n",
		       error == -ENOENT ? "no transparent huge page" :
		       error ? strerror(-error) : "not even the control is tracked");
		return CANNOT_TELL;
	}
	printf("thp_soft_dirty: %s: soft-dirty when the process, when the device has written: base page %d %d, THP %d %d\n",
	       thp.device ? "fine" : "broken", base.cpu, base.device, thp.cpu, thp.device);
	return thp.device ? FINE : BROKEN;
}
