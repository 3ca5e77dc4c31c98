// SPDX-License-Identifier: GPL-2.0-only
/*
 * batched_soft_dirty: pages that nobody wrote since clear_refs become soft-dirty where the kernel changes how a
 * huge page is mapped: split of its PMD, collapse, mprotect of its entries.
 * Documentation/reports/batched_soft_dirty.md
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PM_SOFT_DIRTY	(1ULL << 55)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

static size_t page, huge;

static int cannot_tell(const char *what)
{
	printf("batched_soft_dirty: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

/* Number of soft-dirty pages among the @pages pages at @at */
static size_t soft_dirty_pages(const char *at, size_t pages)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t dirty = 0;

	for (size_t i = 0; i < pages; i++) {
		uint64_t entry = 0;

		pread(pagemap, &entry, sizeof(entry), ((uintptr_t)at / page + i) * sizeof(entry));
		dirty += !!(entry & PM_SOFT_DIRTY);
	}
	close(pagemap);
	return dirty;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

/* The number behind @format in @path, or 0 */
static size_t read_number(const char *path, const char *format)
{
	size_t number = 0;
	FILE *file = fopen(path, "r");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

/* New memory of the size of a huge page, written. It is a huge page if @advice asks for one. */
static char *map_memory(int advice)
{
	char *room = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + huge - 1) & ~(huge - 1));

	if (room == MAP_FAILED)
		return NULL;
	madvise(at, huge, advice);
	memset(at, 1, huge);
	return at;
}

static bool toggle_protection(char *at, size_t bytes)
{
	return !mprotect(at, bytes, PROT_READ) && !mprotect(at, bytes, PROT_READ | PROT_WRITE);
}

/* PTEs map the huge page from now on: a mapping ends in its middle for a moment. */
static bool split_mapping(char *at)
{
	return toggle_protection(at, huge / 2);
}

static bool protect_all(char *at)
{
	return toggle_protection(at, huge);
}

/* Older kernels collapse only where an entry is writable: one page is written first. */
static bool write_and_collapse(char *at)
{
	*(volatile char *)at = 2;
	return !madvise(at, huge, MADV_COLLAPSE);
}

/**
 * struct change - of how memory is mapped
 * @advice: about huge pages
 * @prepare: before clear_refs
 * @apply: after it
 * @written: number of pages that @apply writes to
 * @dirty: number of other pages that are soft-dirty then, or -1: the kernel cannot do this
 */
struct change {
	const char *name;
	int advice;
	bool (*prepare)(char *at);
	bool (*apply)(char *at);
	ssize_t written, dirty;
};

static bool try_change(struct change *change)
{
	char *at = map_memory(change->advice);

	if (!at || (change->prepare && !change->prepare(at)) || !clear_soft_dirty() ||
	    soft_dirty_pages(at, huge / page))
		return false;
	change->dirty = -1;
	if (change->apply(at))
		change->dirty = (ssize_t)soft_dirty_pages(at, huge / page) - change->written;
	return true;
}

int main(void)
{
	struct change changes[] = {
		{ "mprotect of small pages", MADV_NOHUGEPAGE, NULL, protect_all, 0, 0 },
		{ "mprotect of the entries of a huge page", MADV_HUGEPAGE, split_mapping, protect_all, 0, 0 },
		{ "split of its PMD", MADV_HUGEPAGE, NULL, split_mapping, 0, 0 },
		{ "collapse", MADV_HUGEPAGE, split_mapping, write_and_collapse, 1, 0 },
	};
	bool broken = false;

	page = sysconf(_SC_PAGESIZE);
	huge = read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "%zu");
	if (!huge || !map_memory(MADV_HUGEPAGE) ||
	    !read_number("/proc/self/smaps_rollup", "AnonHugePages: %zu"))
		return cannot_tell("no transparent huge page");
	for (int i = 0; i < 4; i++)
		if (!try_change(&changes[i]))
			return cannot_tell("the memory is not clean after clear_refs");
	if (changes[0].dirty)
		return cannot_tell("not even the control stays clean");
	for (int i = 1; i < 4; i++)
		broken = broken || changes[i].dirty > 0;
	printf("batched_soft_dirty: %s: soft-dirty pages of %zu that nobody wrote:",
	       broken ? "broken" : "fine", huge / page);
	for (int i = 0; i < 4; i++)
		printf(" %s %zd%s", changes[i].name, changes[i].dirty, i < 3 ? "," : "\n");
	return broken ? BROKEN : FINE;
}
