// SPDX-License-Identifier: GPL-2.0-only
/*
 * merge_loses_dirty: a new mapping is soft-dirty until its clean neighbour becomes equal by mprotect(), and
 * the two merge. Documentation/reports/merge_loses_dirty.md
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

/**
 * struct state - is the page soft-dirty?
 * @cleared: after clear_refs
 * @mapped: after a new mapping took its place
 * @merged: after mprotect() of its neighbour
 * @byte: what the page has at the end
 */
struct state {
	bool cleared, mapped, merged;
	char byte;
};

/*
 * Replace the two pages behind @at by a new mapping, and write to the second one: without an anon_vma no
 * mapping merges with its neighbour. Then give @protection to the pages at @at, which are clean.
 */
static bool replace_pages(char *at, int protection, struct state *state)
{
	char *new = at + PAGES * page;

	memset(at, 'A', (PAGES + 2) * page);
	if (mprotect(at, PAGES * page, PROT_READ) || !clear_soft_dirty())
		return false;
	state->cleared = is_soft_dirty(new);
	if (mmap(new, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != new)
		return false;
	new[page] = 'B';
	state->mapped = is_soft_dirty(new);
	if (mprotect(at, PAGES * page, protection))
		return false;
	state->merged = is_soft_dirty(new);
	state->byte = *(volatile char *)new;
	return true;
}

/* Memory that merges with nothing else */
static char *map_apart(void)
{
	size_t bytes = (PAGES + 4) * page;
	char *room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(room + page, (PAGES + 2) * page, PROT_READ | PROT_WRITE);
	return room + page;
}

int main(void)
{
	struct state apart = { 0 }, merged = { 0 };

	page = sysconf(_SC_PAGESIZE);
	/* In the control the neighbour gets a protection with which the two do not merge. */
	if (!replace_pages(map_apart(), PROT_NONE, &apart) ||
	    !replace_pages(map_apart(), PROT_READ | PROT_WRITE, &merged)) {
		printf("merge_loses_dirty: cannot tell: %s\n", strerror(errno));
		return CANNOT_TELL;
	}
	if (apart.cleared || !apart.mapped || !apart.merged || !merged.mapped || merged.byte) {
		printf("merge_loses_dirty: cannot tell: control: soft-dirty %d %d %d (CONFIG_MEM_SOFT_DIRTY)\n",
		       apart.cleared, apart.mapped, apart.merged);
		return CANNOT_TELL;
	}
	printf("merge_loses_dirty: %s: bytes changed from 0x41 to 0; soft-dirty when mapped anew, after mprotect of the neighbour: not merged %d %d, merged %d %d\n",
	       merged.merged ? "fine" : "broken", apart.mapped, apart.merged, merged.mapped,
	       merged.merged);
	return merged.merged ? FINE : BROKEN;
}
