// SPDX-License-Identifier: GPL-2.0-only
/*
 * mremap_soft_dirty: memory that mremap() moves over other memory reads clean where nobody has touched it
 * before, though the bytes at these addresses changed. Documentation/reports/mremap_soft_dirty.md
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

static size_t page;

static bool is_soft_dirty(const void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / page * sizeof(entry));
	close(pagemap);
	return entry & PM_SOFT_DIRTY;
}

static bool clear_soft_dirty(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool cleared = write(file, "4", 1) == 1;

	close(file);
	return cleared;
}

static char *map_pages(void *at, size_t pages, int flags)
{
	return mmap(at, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* Memory that a migration has dumped: four pages of it get something new. */
static char *map_dumped_memory(void)
{
	char *at = map_pages(NULL, 6, 0);

	if (at != MAP_FAILED)
		memset(at, 'A', 6 * page);
	return at + page;
}

int main(void)
{
	char *mapped, *moved, *from;
	bool mapped_dirty, touched_dirty, untouched_dirty, clean;
	volatile char byte;

	page = sysconf(_SC_PAGESIZE);
	mapped = map_dumped_memory();
	moved = map_dumped_memory();
	from = map_pages(NULL, 4, 0);
	from[0] = 1;
	if (!clear_soft_dirty()) {
		printf("mremap_soft_dirty: cannot tell: clear_refs: %s\n", strerror(errno));
		return CANNOT_TELL;
	}
	clean = !is_soft_dirty(mapped + page) && !is_soft_dirty(moved + page);
	if (mremap(from, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, moved) != moved) {
		printf("mremap_soft_dirty: cannot tell: mremap: %s\n", strerror(errno));
		return CANNOT_TELL;
	}
	touched_dirty = is_soft_dirty(moved);
	byte = moved[page];
	untouched_dirty = is_soft_dirty(moved + page);
	/* The control comes last, because a new mapping makes all dirty that it merges with. */
	mapped_dirty = map_pages(mapped, 4, MAP_FIXED) == mapped && is_soft_dirty(mapped + page);
	if (!clean || !mapped_dirty || byte) {
		printf("mremap_soft_dirty: cannot tell: clean after clear_refs %d, new mapping dirty %d (CONFIG_MEM_SOFT_DIRTY), byte %#x\n",
		       clean, mapped_dirty, byte);
		return CANNOT_TELL;
	}
	printf("mremap_soft_dirty: %s: bytes changed from 0x41 to 0; soft-dirty: by mmap %d, by mremap %d (a page that was touched before the move: %d)\n",
	       untouched_dirty ? "fine" : "broken", mapped_dirty, untouched_dirty, touched_dirty);
	return untouched_dirty ? FINE : BROKEN;
}
