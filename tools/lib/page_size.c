// SPDX-License-Identifier: GPL-2.0-only
/* The sizes of pages, which differ from kernel to kernel. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include "knob.h"
#include "page_size.h"

#define THP	"/sys/kernel/mm/transparent_hugepage/"

/* Flags of mmap() and memfd_create() have the binary logarithm of the size here. */
#define HUGETLB_SIZE_SHIFT	26

/* The least mTHP is of four base pages. */
#define MTHP_BYTES_WANTED	(64UL << 10)
#define MTHP_LEAST_PAGES	4

size_t page_bytes(void)
{
	static size_t bytes;

	if (!bytes)
		bytes = (size_t)sysconf(_SC_PAGESIZE);
	return bytes;
}

static size_t hugetlb_default_bytes(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	size_t kib = 0;
	char line[128];

	while (meminfo && !kib && fgets(line, sizeof(line), meminfo))
		sscanf(line, "Hugepagesize: %zu kB", &kib);
	if (meminfo)
		fclose(meminfo);
	return kib << 10;
}

/* A kernel that has neither kind of huge page says nothing: a page table is a page of entries. */
size_t pmd_bytes(void)
{
	static size_t bytes;
	long thp;

	if (bytes)
		return bytes;
	thp = knob_number(THP "hpage_pmd_size");
	bytes = thp > 0 ? (size_t)thp : hugetlb_default_bytes();
	if (!bytes)
		bytes = PAGE_BYTES * (PAGE_BYTES / sizeof(uint64_t));
	return bytes;
}

size_t mthp_bytes(void)
{
	size_t least = MTHP_LEAST_PAGES * PAGE_BYTES;

	return least > MTHP_BYTES_WANTED ? least : MTHP_BYTES_WANTED;
}

size_t folio_bytes(enum folio_size size)
{
	switch (size) {
	case FOLIO_PMD:
		return PMD_BYTES;
	case FOLIO_MTHP:
		return MTHP_BYTES;
	case FOLIO_MTHP_LEAST:
		return MTHP_LEAST_PAGES * PAGE_BYTES;
	case FOLIO_MTHP_MOST:
		return PMD_BYTES / 2;
	default:
		return PAGE_BYTES;
	}
}

const char *thp_setting(void)
{
	return THP "enabled";
}

static const char *setting_of(enum folio_size size)
{
	static char path[80];

	snprintf(path, sizeof(path), THP "hugepages-%zukB/enabled", folio_bytes(size) >> 10);
	return path;
}

const char *mthp_setting(void)
{
	return setting_of(FOLIO_MTHP);
}

const char *mthp_least_setting(void)
{
	return setting_of(FOLIO_MTHP_LEAST);
}

const char *mthp_most_setting(void)
{
	return setting_of(FOLIO_MTHP_MOST);
}

int hugetlb_size_flag(void)
{
	return __builtin_ctzl(PMD_BYTES) << HUGETLB_SIZE_SHIFT;
}

const char *hugetlb_setting(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%zukB/%s", PMD_BYTES >> 10,
		 name);
	return path;
}
