// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory under test in rarer states: a part of a huge page, the huge zero page, pages of the swap
 * cache, pages that reclaim may drop, huge pages of files, and a hugetlb page of a GiB.
 */
#include <errno.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_reports.h"
#include "file.h"
#include "memory.h"
#include "require.h"
#include "swap_async.h"

#define SHAPE(row)	.shape = &usermem_kinds[row], .check = memory_check_shape

/* One fault gives all of the huge page. */
static int touch_huge_page(struct memory *memory)
{
	if (madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	*(volatile char *)memory->start = 1;
	return 0;
}

/* Neither khugepaged nor another huge page, from now on. */
static int populate_rest(struct memory *memory)
{
	if (madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE))
		return -errno;
	return memory_populate(memory);
}

/* The second half of the huge page is unmapped, and waits on the list of folios to be split. */
static int populate_half(struct memory *memory)
{
	size_t half = memory->bytes / 2;
	int error = touch_huge_page(memory);

	if (error)
		return error;
	if (munmap(memory->start + half, half))
		return -errno;
	memory_resize(memory, memory->start, half);
	return populate_rest(memory);
}

/* The second half was moved by mremap(), the first is where it was. The test has the second. */
static int populate_moved(struct memory *memory)
{
	size_t half = memory->bytes / 2;
	int error = touch_huge_page(memory);
	char *moved;

	if (error)
		return error;
	moved = usermem_map(half, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (moved == MAP_FAILED ||
	    mremap(memory->start + half, half, half, MREMAP_MAYMOVE | MREMAP_FIXED, moved) !=
	    moved)
		return -errno;
	memory_resize(memory, moved, half);
	return populate_rest(memory);
}

static int populate_huge_zero(struct memory *memory)
{
	if (madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	(void)*(volatile char *)memory->start;
	return 0;
}

/* The report of the page of sample @i. Return: false if there is none */
static bool report_sample(const struct memory *memory, size_t i, struct pincheck_report *report)
{
	__u64 pfn = memory_pfn(memory, memory->sample[i]);

	return pfn && !page_reports(memory->session, &pfn, 1, report) &&
	       (report->present & PINCHECK_REPORT_PAGE);
}

/* The report cannot tell the huge zero page from a huge page without an owner: nothing else is one. */
static const char *check_huge_zero(struct memory *memory)
{
	const __u64 other = PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE | PINCHECK_PAGE_LRU;
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		if (!report_sample(memory, i, &report))
			return "is not present";
		if ((report.flags & other) || PAGE_BYTES << report.order != PMD_BYTES)
			return "is not the huge zero page";
	}
	return NULL;
}

static int populate_swapcache(struct memory *memory)
{
	int error = memory_populate_shape(memory);

	if (!error)
		error = swap_async_evict(memory->start, memory->bytes);
	if (!error)
		memory_read_samples(memory);
	return error;
}

static const char *check_swapcache(struct memory *memory)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++)
		if (!report_sample(memory, i, &report) ||
		    !(report.flags & PINCHECK_PAGE_SWAPCACHE))
			return "is not in the swap cache";
	return memory_check_shape(memory);
}

/* Reclaim may drop the pages until they are written again. */
static int populate_lazyfree(struct memory *memory)
{
	int error = memory_populate_shape(memory);

	if (!error)
		error = usermem_drain_lru();
	return error ? error : madvise(memory->start, memory->bytes, MADV_FREE) ? -errno : 0;
}

static const char *check_huge(struct memory *memory, __u64 flag)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		if (!report_sample(memory, i, &report))
			return "is not present";
		if (!(report.flags & flag))
			return "is of another kind";
		if (PAGE_BYTES << report.order != memory->bytes)
			return "came as folios of another size";
	}
	return NULL;
}

static const char *check_tmpfs_huge(struct memory *memory)
{
	return check_huge(memory, PINCHECK_PAGE_SHMEM);
}

static const char *check_hugetlb(struct memory *memory)
{
	return check_huge(memory, PINCHECK_PAGE_HUGETLB);
}

const struct memory_kind memory_thp_half = {
	.name = "thp_half", SHAPE(USERMEM_THP_PTE), .populate = populate_half,
	.traits = MEMORY_LARGE, .needs = NEEDS_THP,
};

const struct memory_kind memory_thp_moved = {
	.name = "thp_moved", SHAPE(USERMEM_THP_PTE), .populate = populate_moved,
	.traits = MEMORY_LARGE, .needs = NEEDS_THP,
};

const struct memory_kind memory_huge_zero = {
	.name = "huge_zero", .shape = &usermem_kinds[USERMEM_THP], .populate = populate_huge_zero,
	.traits = MEMORY_ORIGINAL | MEMORY_ZERO, .needs = NEEDS_THP, .check = check_huge_zero,
};

const struct memory_kind memory_swapcache = {
	.name = "swapcache", .shape = &usermem_kinds[USERMEM_BASE], .populate = populate_swapcache,
	.traits = MEMORY_SWAPPED | MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC,
	.check = check_swapcache,
};

const struct memory_kind memory_lazyfree = {
	.name = "lazyfree", SHAPE(USERMEM_BASE), .populate = populate_lazyfree,
};

const struct memory_kind memory_tmpfs_huge = {
	.name = "tmpfs_huge", .traits = MEMORY_LARGE | MEMORY_SHMEM,
	.flags = MAP_SHARED, .needs = NEEDS_SHMEM | NEEDS_THP, .file = &file_tmpfs_huge,
	.populate = memory_populate, .check = check_tmpfs_huge,
};

const struct memory_kind memory_memfd_hugetlb = {
	.name = "memfd_hugetlb",
	.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_HUGETLB,
	.flags = MAP_SHARED | MAP_HUGETLB, .needs = NEEDS_HUGETLB, .file = &file_hugetlb,
	.populate = memory_populate, .check = check_hugetlb,
};

const struct memory_kind memory_hugetlb_1g = {
	.name = "hugetlb_1g", .traits = MEMORY_LARGE | MEMORY_HUGETLB | MEMORY_GIGANTIC,
	.flags = MAP_SHARED | MAP_HUGETLB, .needs = NEEDS_HUGETLB_1G, .file = &file_hugetlb_1g,
	.populate = memory_populate, .check = check_hugetlb,
};

/* The first write gives the process a page of its own; the file gets none. */
const struct memory_kind memory_hugetlb_1g_private = {
	.name = "hugetlb_1g_private", .traits = MEMORY_LARGE | MEMORY_HUGETLB | MEMORY_GIGANTIC,
	.flags = MAP_PRIVATE | MAP_HUGETLB, .needs = NEEDS_HUGETLB_1G, .file = &file_hugetlb_1g,
	.populate = memory_populate, .check = check_hugetlb,
};
