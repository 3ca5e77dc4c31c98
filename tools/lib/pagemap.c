// SPDX-License-Identifier: GPL-2.0-only
/* What the page tables map, from /proc/PID/pagemap. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "cause.h"
#include "page_size.h"
#include "pagemap.h"

int pagemap_open(pid_t pid)
{
	char path[64] = "/proc/self/pagemap";
	int pagemap;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	return pagemap < 0 ? -errno : pagemap;
}

int pagemap_read(int pagemap, const void *address, uint64_t *entries, size_t count)
{
	off_t offset = (uintptr_t)address / PAGE_BYTES * sizeof(*entries);
	char *to = (char *)entries;
	size_t left = count * sizeof(*entries);

	while (left) {
		ssize_t got = pread(pagemap, to, left, offset);

		if (got < 0)
			return -errno;
		if (!got)
			return cause_say(-ENODATA, "the process has ended, or %p is no address of "
					 "user space", address);
		to += got;
		offset += got;
		left -= got;
	}
	return 0;
}

uint64_t pagemap_entry(int pagemap, const void *address)
{
	uint64_t entry;

	return pagemap_read(pagemap, address, &entry, 1) ? 0 : entry;
}

bool pagemap_has_numbers(void)
{
	static volatile char page = 1;
	int pagemap = pagemap_open(0);
	uint64_t entry;

	/* A write, so that the page is there. */
	page = 2;
	if (pagemap < 0)
		return false;
	entry = pagemap_entry(pagemap, (const void *)&page);
	close(pagemap);
	return pagemap_pfn(entry);
}
