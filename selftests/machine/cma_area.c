// SPDX-License-Identifier: GPL-2.0-only
/* The CMA area: its size by /proc/meminfo, and its place by the kernel's log. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "../../tools/lib/pagemap.h"
#include "cma_area.h"
#include "each_cpu.h"
#include "file.h"

#define KERNEL_LOG	"/dev/kmsg"
#define KEPT_BYTES	(64UL << 20)
#define PIECE_BYTES	(1UL << 20)
#define MARGIN_KIB	(64UL << 10)	/* more of the area is free than the rule asks for */
#define IN_A_ROW	64	/* pages of the area, and the CPU's list has no others left */

struct meminfo {
	unsigned long free_kib, cma_kib, cma_free_kib;
};

/* Without CONFIG_CMA there are no lines of CMA. */
static struct meminfo read_meminfo(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	struct meminfo info = { 0 };
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "MemFree: %lu", &info.free_kib);
		sscanf(line, "CmaTotal: %lu", &info.cma_kib);
		sscanf(line, "CmaFree: %lu", &info.cma_free_kib);
	}
	if (file)
		fclose(file);
	return info;
}

bool cma_area_offered(void)
{
	return read_meminfo().cma_kib;
}

/* "cma: Reserved 900 MiB at 0x0000000034c00000" (cma_declare_contiguous_nid()) */
static bool is_area(const char *message, uint64_t *first, uint64_t *end)
{
	const char *reserved = strstr(message, "cma: Reserved ");
	uint64_t mib, start;

	if (!reserved || sscanf(reserved, "cma: Reserved %" SCNu64 " MiB at 0x%" SCNx64,
				&mib, &start) != 2)
		return false;
	*first = start / PAGE_BYTES;
	*end = *first + (mib << 20) / PAGE_BYTES;
	return true;
}

int cma_area_find(uint64_t *first, uint64_t *end)
{
	int log = open(KERNEL_LOG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool found = false;
	char message[1024];
	ssize_t got = 1;

	if (log < 0)
		return cause_say(-errno, "cannot open " KERNEL_LOG);
	/* A read gives one message; EPIPE: older ones were overwritten. */
	while (!found && (got > 0 || (got < 0 && errno == EPIPE))) {
		got = read(log, message, sizeof(message) - 1);
		if (got <= 0)
			continue;
		message[got] = '\0';
		found = is_area(message, first, end);
	}
	close(log);
	return found ? 0 : cause_say(-ENODATA, KERNEL_LOG " does not say where the CMA area is");
}

/* Pages of ramfs are not movable, so none is of the area. The file stays open. Return: 0 or -errno */
static int use_up_others(unsigned long kib)
{
	int file = file_make_alone("ramfs");
	size_t left = kib << 10;
	char *piece;

	if (file < 0)
		return file;
	/* No static array: each fork of each topic would go through its page table entries. */
	piece = calloc(1, PIECE_BYTES);
	while (piece && left > PIECE_BYTES &&
	       write(file, piece, PIECE_BYTES) == (ssize_t)PIECE_BYTES)
		left -= PIECE_BYTES;
	free(piece);
	return left <= PIECE_BYTES ? 0 : cause_say(-ENOSPC, "ramfs does not take %lu KiB", kib);
}

/* The rule of the page allocator: more than half of the free memory is in areas (__rmqueue()). */
static int tip_the_scales(void)
{
	struct meminfo now = read_meminfo();

	if (now.cma_free_kib < 2 * MARGIN_KIB)
		return cause_say(-EADDRNOTAVAIL, "only %lu KiB of CMA are free", now.cma_free_kib);
	now.cma_free_kib -= MARGIN_KIB;
	return now.free_kib < 2 * now.cma_free_kib ? 0 :
	       use_up_others(now.free_kib - 2 * now.cma_free_kib);
}

/* Touches pages from @start on, until many in a row are of the area. Return: were they? */
static bool touch_until_inside(char *start, int pagemap, uint64_t first, uint64_t end)
{
	size_t in_a_row = 0;

	for (char *page = start; page < start + KEPT_BYTES && in_a_row < IN_A_ROW; page += PAGE_BYTES) {
		uint64_t pfn;

		*(volatile char *)page = 1;
		pfn = pagemap_pfn(pagemap_entry(pagemap, page));
		in_a_row = pfn >= first && pfn < end ? in_a_row + 1 : 0;
	}
	return in_a_row == IN_A_ROW;
}

/* The CPU has a list of free pages from which it takes first, wherever they are. */
static int empty_list_of_cpu(int pagemap)
{
	uint64_t first, end;
	int error = cma_area_find(&first, &end);
	char *kept;

	if (error)
		return error;
	kept = mmap(NULL, KEPT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (kept == MAP_FAILED || madvise(kept, KEPT_BYTES, MADV_DONTFORK))
		return -errno;
	madvise(kept, KEPT_BYTES, MADV_NOHUGEPAGE);
	return touch_until_inside(kept, pagemap, first, end) ? 0 :
	       cause_say(-EADDRNOTAVAIL, "%lu pages came from elsewhere", KEPT_BYTES / PAGE_BYTES);
}

int cma_area_reach(void)
{
	int pagemap = pagemap_open(0), error;

	if (pagemap < 0)
		return pagemap;
	error = tip_the_scales();
	if (!error)
		error = each_cpu_calls(empty_list_of_cpu, pagemap);
	close(pagemap);
	return error;
}
