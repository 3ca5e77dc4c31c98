// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_soft_dirty: after the first write of 4 to clear_refs no write to hugetlb memory is soft-dirty
 * again. Documentation/reports/hugetlb_soft_dirty.md
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

static bool is_soft_dirty(const void *at)
{
	uint64_t entry = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	pread(pagemap, &entry, sizeof(entry), (uintptr_t)at / sysconf(_SC_PAGESIZE) * sizeof(entry));
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

static size_t hugetlb_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Hugepagesize: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

/**
 * struct state - is the page soft-dirty?
 */
struct state {
	bool at_first, cleared, written;
};

static int watch_writes(size_t bytes, int flags, struct state *state)
{
	volatile char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	at[0] = 1;
	state->at_first = is_soft_dirty((void *)at);
	if (!clear_soft_dirty())
		return -errno;
	state->cleared = is_soft_dirty((void *)at);
	at[0] = 2;
	state->written = is_soft_dirty((void *)at);
	munmap((void *)at, bytes);
	return 0;
}

int main(void)
{
	struct state base = { 0 }, huge = { 0 };
	int error = watch_writes(sysconf(_SC_PAGESIZE), 0, &base) ?:
		    watch_writes(hugetlb_bytes(), MAP_HUGETLB, &huge);

	if (error || !base.at_first || base.cleared || !base.written) {
		printf("hugetlb_soft_dirty: cannot tell: %s\n",
		       error ? strerror(-error) : "base pages are not tracked (CONFIG_MEM_SOFT_DIRTY)");
		return CANNOT_TELL;
	}
	printf("hugetlb_soft_dirty: %s: soft-dirty at first, after clear_refs, after the next write: base page %d %d %d, hugetlb %d %d %d\n",
	       huge.written ? "fine" : "broken", base.at_first, base.cleared, base.written,
	       huge.at_first, huge.cleared, huge.written);
	return huge.written ? FINE : BROKEN;
}
