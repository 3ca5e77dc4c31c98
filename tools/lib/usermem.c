// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the caller in the shapes that the kernel treats differently. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>
#include "pagemap.h"
#include "usermem.h"

#ifndef MADV_COLD
#define MADV_COLD		20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif

#define PAGE_BYTES		4096UL

/* Reclaim passes over a page that another CPU's LRU batch holds: it is asked again, so often. */
#define PAGEOUT_TRIES		64

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

int usermem_page_out(void *start, size_t bytes, int pagemap)
{
	int tries = PAGEOUT_TRIES;
	uint64_t entry;
	size_t at;

	for (at = 0; at < bytes; at += PAGE_BYTES) {
		do {
			if (madvise(start, bytes, MADV_PAGEOUT))
				return -errno;
			entry = pagemap_entry(pagemap, (char *)start + at);
		} while (!(entry & PAGEMAP_SWAPPED) && tries-- && !sched_yield());
		if (!(entry & PAGEMAP_SWAPPED))
			return -EBADF;
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
