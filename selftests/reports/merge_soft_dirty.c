// SPDX-License-Identifier: GPL-2.0-only
/*
 * merge_soft_dirty: a new mapping makes clean memory beside it soft-dirty, because the two merge.
 * Documentation/reports/merge_soft_dirty.md
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

#define PAGES	8

static size_t page;

/* Number of soft-dirty pages from @at on */
static int dirty_pages(const char *at)
{
	uint64_t entries[PAGES] = { 0 };
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), dirty = 0;

	pread(pagemap, entries, sizeof(entries), (uintptr_t)at / page * sizeof(*entries));
	close(pagemap);
	for (int i = 0; i < PAGES; i++)
		dirty += !!(entries[i] & PM_SOFT_DIRTY);
	return dirty;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

static bool map_pages(char *at, size_t pages)
{
	return mmap(at, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0) == at;
}

int main(void)
{
	char *room, *at;
	int at_first, cleared, apart, merged;

	page = sysconf(_SC_PAGESIZE);
	room = mmap(NULL, 8 * PAGES * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at = room + 2 * PAGES * page;
	if (room == MAP_FAILED || !map_pages(at, PAGES)) {
		printf("merge_soft_dirty: cannot tell: mmap: %s\n", strerror(errno));
		return CANNOT_TELL;
	}
	memset(at, 1, PAGES * page);
	at_first = dirty_pages(at);
	clear_soft_dirty();
	cleared = dirty_pages(at);
	/* The control: a new mapping that does not touch the memory. */
	map_pages(at + 2 * PAGES * page, 1);
	apart = dirty_pages(at);
	map_pages(at + PAGES * page, 1);
	merged = dirty_pages(at);
	if (at_first != PAGES || cleared || apart) {
		printf("merge_soft_dirty: cannot tell: %d of %d pages soft-dirty at first, %d after clear_refs, %d after mmap elsewhere\n",
		       at_first, PAGES, cleared, apart);
		return CANNOT_TELL;
	}
	printf("merge_soft_dirty: %s: nobody wrote to %d pages; soft-dirty after clear_refs: %d, after mmap elsewhere: %d, after mmap beside them: %d\n",
	       merged ? "broken" : "fine", PAGES, cleared, apart, merged);
	return merged ? BROKEN : FINE;
}
