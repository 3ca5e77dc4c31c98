// SPDX-License-Identifier: GPL-2.0-only
/*
 * longterm_drains: each long-term pin of a movable base page waits until all CPUs have emptied their LRU
 * batches, even if no batch has the page. Documentation/reports/longterm_drains.md
 *
 * Run as root: the program takes a block of memory offline, and online again as movable. At the end the
 * block becomes ordinary memory again. A kprobe counts the calls of lru_add_drain_all().
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define BLOCKS	"/sys/devices/system/memory/"
#define PFN	((1ULL << 55) - 1)
#define PINS	8

static int cannot_tell(const char *what)
{
	printf("longterm_drains: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

static bool set_block(int block, const char *state)
{
	char path[64];
	bool done;
	int file;

	snprintf(path, sizeof(path), BLOCKS "memory%d/state", block);
	file = open(path, O_WRONLY | O_CLOEXEC);
	done = file >= 0 && write(file, state, strlen(state)) == (ssize_t)strlen(state);
	if (file >= 0)
		close(file);
	return done;
}

/* Make a block of memory movable. The kernel has none of its own pages in most of the high ones. */
static int make_movable_block(void)
{
	for (int block = 64; block > 1; block--)
		if (set_block(block, "offline")) {
			if (set_block(block, "online_movable"))
				return block;
			set_block(block, "online");
		}
	return -1;
}

static uint64_t pages_of_block(void)
{
	FILE *file = fopen(BLOCKS "block_size_bytes", "r");
	unsigned long bytes = 0;

	if (file && fscanf(file, "%lx", &bytes) != 1)
		bytes = 0;
	if (file)
		fclose(file);
	return bytes / sysconf(_SC_PAGESIZE);
}

static bool is_in_block(const void *at, int block)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0, pages = pages_of_block();

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
	close(pagemap);
	return pages && (entry & PFN) / pages == (uint64_t)block;
}

/* Counts the calls of @function by this process. */
static int open_kprobe(const char *function)
{
	struct perf_event_attr attributes = { .size = sizeof(attributes), .config1 = (uintptr_t)function };
	FILE *type = fopen("/sys/bus/event_source/devices/kprobe/type", "r");
	int read = type ? fscanf(type, "%u", &attributes.type) : 0;

	if (type)
		fclose(type);
	return read == 1 ? syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0) : -1;
}

static uint64_t calls_of(int event)
{
	uint64_t calls = 0;

	return read(event, &calls, sizeof(calls)) == sizeof(calls) ? calls : 0;
}

/* Pins the page for long, and gives it back. A fixed buffer of io_uring is a long-term pin for writing. */
static bool pin_page(int ring, void *at)
{
	struct iovec range = { at, sysconf(_SC_PAGESIZE) };

	return !syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &range, 1) &&
	       !syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

/* Pin movable pages, and the same pages once more, after the kernel has moved them. */
static int count_drains(int block)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, PINS * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params), movable = 0, moved = 0;
	int event = open_kprobe("lru_add_drain_all");
	uint64_t before, first, second;

	if (event < 0 || ring < 0)
		return cannot_tell(ring < 0 ? "io_uring_setup" : "kprobe by perf_event_open");
	madvise(at, PINS * page, MADV_NOHUGEPAGE);
	memset(at, 1, PINS * page);
	for (int i = 0; i < PINS; i++)
		movable += is_in_block(at + i * page, block);
	before = calls_of(event);
	for (int i = 0; i < PINS; i++)
		if (!pin_page(ring, at + i * page))
			return cannot_tell("io_uring fixed buffer");
	first = calls_of(event) - before;
	for (int i = 0; i < PINS; i++)
		moved += !is_in_block(at + i * page, block) && pin_page(ring, at + i * page);
	second = calls_of(event) - before - first;
	munmap(at, PINS * page);
	close(ring);
	errno = 0;
	if (movable == PINS && !moved) {
		puts("longterm_drains: cannot tell: long-term pins leave the pages in ZONE_MOVABLE (before Linux 5.13)");
		return CANNOT_TELL;
	}
	if (movable != PINS || moved != PINS || second) {
		printf("longterm_drains: cannot tell: %d of %d pages movable, %d moved, %d drains in the control\n",
		       movable, PINS, moved, (int)second);
		return CANNOT_TELL;
	}
	printf("longterm_drains: %s: calls of lru_add_drain_all() in %d long-term pins of one page: movable pages %d, other pages %d\n",
	       first == PINS ? "broken" : "fine", PINS, (int)first, (int)second);
	return first == PINS ? BROKEN : FINE;
}

int main(void)
{
	cpu_set_t one;
	int block, code;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	block = make_movable_block();
	if (block < 0)
		return cannot_tell("no block of memory can be made movable (root?)");
	code = count_drains(block);
	if (set_block(block, "offline"))
		set_block(block, "online_kernel");
	return code;
}
