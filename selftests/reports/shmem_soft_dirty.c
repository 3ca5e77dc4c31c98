// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmem_soft_dirty: reclaim removes the soft-dirty mark of a shared page that was written after
 * clear_refs. Documentation/reports/shmem_soft_dirty.md
 *
 * The machine needs swap.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_PRESENT	(1ULL << 63)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define TRIES	64

static uint64_t pagemap_entry(const volatile void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
	close(pagemap);
	return entry;
}

static bool is_soft_dirty(const volatile void *at)
{
	return pagemap_entry(at) & PM_SOFT_DIRTY;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

/* LRU batches hold references to young pages. The advice drains those of the CPU that we run on. */
static bool page_out(volatile void *at, size_t page)
{
	for (int i = 0; i < TRIES && pagemap_entry(at) & PM_PRESENT; i++) {
		sched_yield();
		madvise((void *)at, page, MADV_PAGEOUT);
	}
	return !(pagemap_entry(at) & PM_PRESENT);
}

/**
 * struct state - is the page soft-dirty?
 */
struct state {
	bool cleared, written, reclaimed, read_again;
};

static const char *watch_page(int flags, int file, struct state *state)
{
	size_t page = sysconf(_SC_PAGESIZE);
	volatile char *at = mmap(NULL, page, PROT_READ | PROT_WRITE, flags, file, 0);
	const char *why = NULL;

	if (at == MAP_FAILED)
		return strerror(errno);
	at[0] = 1;
	if (!clear_soft_dirty())
		return "no /proc/self/clear_refs";
	state->cleared = is_soft_dirty(at);
	at[0] = 2;
	state->written = is_soft_dirty(at);
	if (!page_out(at, page))
		why = "the page cannot be reclaimed: is there swap?";
	state->reclaimed = is_soft_dirty(at);
	if (at[0] != 2)
		why = "the page lost its bytes";
	state->read_again = is_soft_dirty(at);
	munmap((void *)at, page);
	return why;
}

int main(void)
{
	struct state anonymous = { 0 }, shared = { 0 };
	int file = memfd_create("shared", MFD_CLOEXEC);
	cpu_set_t one;
	const char *why;
	bool lost;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (ftruncate(file, sysconf(_SC_PAGESIZE)))
		return CANNOT_TELL;
	why = watch_page(MAP_PRIVATE | MAP_ANONYMOUS, -1, &anonymous) ?:
	      watch_page(MAP_SHARED, file, &shared);
	if (!why && (anonymous.cleared || !anonymous.read_again || shared.cleared || !shared.written))
		why = "not even the control is tracked (CONFIG_MEM_SOFT_DIRTY)";
	if (why) {
		printf("shmem_soft_dirty: cannot tell: %s\n", why);
		return CANNOT_TELL;
	}
	lost = !shared.reclaimed || !shared.read_again;
	printf("shmem_soft_dirty: %s: soft-dirty when written, reclaimed, read in again: shared %d %d %d, private %d %d %d\n",
	       lost ? "broken" : "fine", shared.written, shared.reclaimed, shared.read_again,
	       anonymous.written, anonymous.reclaimed, anonymous.read_again);
	return lost ? BROKEN : FINE;
}
