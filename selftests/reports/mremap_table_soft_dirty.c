// SPDX-License-Identifier: GPL-2.0-only
/*
 * mremap_table_soft_dirty: where mremap() moves a whole page table, the pages that it moves over other memory
 * are not soft-dirty at their new addresses. Documentation/reports/mremap_table_soft_dirty.md
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

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

/* Bytes of a page, and of what a page table maps: it is one page of 8-byte entries */
static size_t page, table;

static size_t soft_dirty_pages(const char *at, size_t bytes)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t dirty = 0;

	for (size_t i = 0; i < bytes; i += page) {
		uint64_t entry = 0;

		pread(pagemap, &entry, sizeof(entry), (uintptr_t)(at + i) / page * sizeof(entry));
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

/* @byte everywhere, in small pages, at an address where a page table begins */
static char *map_table(char byte)
{
	char *room = mmap(NULL, 3 * table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + table - 1) & ~(table - 1));

	if (room == MAP_FAILED)
		return NULL;
	madvise(room, 3 * table, MADV_NOHUGEPAGE);
	return memset(at, byte, table);
}

/* @bytes from @from go to @to. Return: how many of them read soft-dirty there, or -1 */
static ssize_t move_pages(char *from, char *to, size_t bytes)
{
	if (mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to || *to != 'B')
		return -1;
	return soft_dirty_pages(to, bytes);
}

int main(void)
{
	char *from, *to, *part_from, *part_to;
	ssize_t whole, part, pages;

	page = sysconf(_SC_PAGESIZE);
	table = page / 8 * page;
	pages = table / page;
	to = map_table('A');
	from = map_table('B');
	part_to = map_table('A');
	part_from = map_table('B');
	if (!to || !from || !part_to || !part_from || !clear_soft_dirty()) {
		printf("mremap_table_soft_dirty: cannot tell: %s\n", strerror(errno));
		return CANNOT_TELL;
	}
	if (soft_dirty_pages(to, table) || soft_dirty_pages(part_to, table)) {
		puts("mremap_table_soft_dirty: cannot tell: the memory is not clean after clear_refs");
		return CANNOT_TELL;
	}
	whole = move_pages(from, to, table);
	/* Without the last page the entries are moved one by one. */
	part = move_pages(part_from, part_to, table - page);
	if (whole < 0 || part != pages - 1) {
		printf("mremap_table_soft_dirty: cannot tell: moved one by one: %zd of %zd soft-dirty: %s\n",
		       part, pages - 1, strerror(errno));
		return CANNOT_TELL;
	}
	printf("mremap_table_soft_dirty: %s: all bytes changed from A to B; soft-dirty pages: %zd of %zd that were moved by their page table, %zd of %zd that were moved one by one\n",
	       whole == pages ? "fine" : "broken", whole, pages, part, pages - 1);
	return whole == pages ? FINE : BROKEN;
}
