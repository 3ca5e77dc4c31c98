// SPDX-License-Identifier: GPL-2.0-only
/* What the kinds of memory are made by. */
#include <errno.h>
#include <sched.h>
#include <time.h>
#include "array.h"
#include "cause.h"
#include "pagemap.h"
#include "usermem.h"

/*
 * Reclaim passes over a page that waits in a CPU's LRU batch, because the batch has a reference. So
 * reclaim is asked more than once.
 */
#define PAGEOUT_TRIES		16
#define PAGEOUT_SECONDS		2
#define EACH_CPU_TRIES		64	/* then another CPU may have the page */

/* mmap() aligns hugetlb itself; another folio needs its own alignment, and nothing beside it. */
static size_t alignment_of(size_t bytes, int flags)
{
	size_t align = PMD_BYTES;

	if (flags & MAP_HUGETLB || bytes < folio_bytes(FOLIO_MTHP_LEAST))
		return 0;
	while (align > bytes)
		align /= 2;
	return align;
}

void *usermem_map(size_t bytes, int flags, int file)
{
	size_t align = alignment_of(bytes, flags), space = bytes + align, head;
	int size = flags & MAP_HUGETLB ? hugetlb_size_flag() : 0;
	char *raw = mmap(NULL, space, PROT_READ | PROT_WRITE, flags | size, file, 0);
	char *start = raw;

	if (raw == MAP_FAILED || !align)
		return raw;
	head = -(uintptr_t)raw & (align - 1);
	start += head;
	if (head)
		munmap(raw, head);
	if (space - bytes - head)
		munmap(start + bytes, space - bytes - head);
	return start;
}

void usermem_read_all(const void *start, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		(void)*(const volatile char *)((const char *)start + at);
}

/*
 * A mapping's boundary inside of a huge page needs page tables below the PMD. Both mappings are
 * equal again afterwards and merge; no protection was changed on the way.
 */
int usermem_split(void *start)
{
	char *second = (char *)start + PAGE_BYTES;

	if (madvise(second, PAGE_BYTES, MADV_DONTFORK) || madvise(second, PAGE_BYTES, MADV_DOFORK))
		return -errno;
	return 0;
}

static time_t monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int usermem_try_page_out(void *start, size_t bytes)
{
	for (int try = 0; try < PAGEOUT_TRIES; try++) {
		if (madvise(start, bytes, MADV_PAGEOUT))
			return -errno;
	}
	return 0;
}

/* Return: offset of the first page from offset @at on that is not swapped out, or @bytes */
static size_t swapped_until(const char *start, size_t at, size_t bytes, int pagemap)
{
	uint64_t entries[64];
	size_t i = 0, count = 0;

	for (; at < bytes; at += PAGE_BYTES, i++) {
		if (i == count) {
			i = 0;
			count = (bytes - at) / PAGE_BYTES;
			if (count > ARRAY_SIZE(entries))
				count = ARRAY_SIZE(entries);
			if (pagemap_read(pagemap, start + at, entries, count))
				return at;
		}
		if (!(entries[i] & PAGEMAP_SWAPPED))
			return at;
	}
	return at;
}

/*
 * MADV_PAGEOUT drains the LRU batches of the CPU that it runs on. A page that was written on another CPU
 * waits in a batch of that one, for ever if nothing happens there.
 */
static int page_out_on_each_cpu(void *start, size_t bytes)
{
	cpu_set_t before, one;
	int error = 0;

	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && !error; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one) && madvise(start, bytes, MADV_PAGEOUT))
			error = -errno;
	}
	sched_setaffinity(0, sizeof(before), &before);
	return error;
}

int usermem_page_out(void *start, size_t bytes, int pagemap)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	time_t end = monotonic_seconds() + PAGEOUT_SECONDS;
	unsigned int tries = 0;
	size_t at = 0;
	int error;

	do {
		error = ++tries % EACH_CPU_TRIES ? 0 : page_out_on_each_cpu(start, bytes);
		if (!error && madvise(start, bytes, MADV_PAGEOUT))
			error = -errno;
		if (error)
			return error;
		at = swapped_until(start, at, bytes, pagemap);
	} while (at < bytes && monotonic_seconds() <= end && !nanosleep(&moment, NULL));
	if (at < bytes)
		return cause_say(-EBUSY, "page %zu of %zu is not swapped out in %d s. See how "
				 "much swap is free: swapon --show", at / PAGE_BYTES,
				 bytes / PAGE_BYTES, PAGEOUT_SECONDS);
	return 0;
}

int usermem_reprotect(void *start, size_t bytes)
{
	if (mprotect(start, bytes, PROT_READ) || mprotect(start, bytes, PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

/*
 * MADV_COLD drains the batches of the CPU it runs on before it looks at the pages. Zapping a page did
 * so, too, but does not any more in Linux 7.
 */
int usermem_drain_lru(void)
{
	static char nothing[PAGE_BYTES_MAX] __attribute__((aligned(PAGE_BYTES_MAX)));

	return madvise(nothing, sizeof(nothing), MADV_COLD) ? -errno : 0;
}
