// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the caller in the shapes that the kernel treats differently. */
#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include "cause.h"
#include "pagemap.h"
#include "usermem.h"

#ifndef MADV_COLD
#define MADV_COLD		20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif

#define PAGE_BYTES		4096UL

/* Reclaim passes over a page that another CPU's LRU batch holds: it is asked again for as long. */
#define PAGEOUT_SECONDS		2

/* mmap() aligns hugetlb itself; a THP needs its own alignment, and nothing beside it. */
static size_t alignment(size_t bytes, int flags)
{
	if (flags & MAP_HUGETLB || bytes < USERMEM_64K)
		return 0;
	return bytes < USERMEM_PMD_BYTES ? USERMEM_64K : USERMEM_PMD_BYTES;
}

void *usermem_map(size_t bytes, int flags, int file)
{
	size_t align = alignment(bytes, flags), room = bytes + align, head;
	char *raw = mmap(NULL, room, PROT_READ | PROT_WRITE, flags, file, 0);
	char *start = raw;

	if (raw == MAP_FAILED || !align)
		return raw;
	head = -(uintptr_t)raw & (align - 1);
	start += head;
	if (head)
		munmap(raw, head);
	if (room - bytes - head)
		munmap(start + bytes, room - bytes - head);
	return start;
}

/*
 * A mapping's boundary inside of a huge page needs page tables below the PMD. Both mappings are
 * equal again afterwards and merge; no protection was touched on the way.
 */
int usermem_split(void *start)
{
	char *second = (char *)start + PAGE_BYTES;

	if (madvise(second, PAGE_BYTES, MADV_DONTFORK) || madvise(second, PAGE_BYTES, MADV_DOFORK))
		return -errno;
	return 0;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int usermem_page_out(void *start, size_t bytes, int pagemap)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	time_t end = seconds() + PAGEOUT_SECONDS;
	uint64_t entry;
	size_t at;

	for (at = 0; at < bytes; at += PAGE_BYTES) {
		do {
			if (madvise(start, bytes, MADV_PAGEOUT))
				return -errno;
			entry = pagemap_entry(pagemap, (char *)start + at);
		} while (!(entry & PAGEMAP_SWAPPED) && seconds() <= end &&
			 !nanosleep(&moment, NULL));
		if (!(entry & PAGEMAP_SWAPPED))
			return cause_say(-EBUSY, "page %zu of %zu is not swapped out in %d s. See how "
					 "much swap is free: swapon --show", at / PAGE_BYTES,
					 bytes / PAGE_BYTES, PAGEOUT_SECONDS);
	}
	return 0;
}

int usermem_reprotect(void *start, size_t bytes)
{
	if (mprotect(start, bytes, PROT_READ) || mprotect(start, bytes, PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

/*
 * MADV_COLD drains the batches of the CPU it runs on before it looks at what it was given. Zapping
 * a page did so, too, but does not any more in Linux 7.
 */
int usermem_settle(void)
{
	static char nothing[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

	return madvise(nothing, sizeof(nothing), MADV_COLD) ? -errno : 0;
}
