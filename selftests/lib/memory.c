// SPDX-License-Identifier: GPL-2.0-only
/* Memory under test: the kinds, the samples and their patterns. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "../../tools/lib/usermem.h"
#include "../../tools/lib/knob.h"
#include "memory.h"
#include "require.h"
#include "swap_async.h"

#define MAP_TRIES	3

static const size_t area_places[AREAS] = { [CPU_AREA] = 128, [DEVICE_AREA] = 2048 };

/* splitmix64: neighbours in (test, page, area, generation) share no bits. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static uint64_t nonce_of_this_test(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return mix(mix(now.tv_sec) ^ mix(now.tv_nsec) ^ getpid());
}

size_t area_offset(const struct memory *memory, enum area area, size_t sample)
{
	return memory->sample[sample] * PAGE_BYTES + area_places[area];
}

void pattern_make(const struct memory *memory, enum area area, size_t sample,
		  enum generation generation, uint64_t *words)
{
	uint64_t seed = memory->nonce ^ mix(memory->sample[sample] * AREAS + area);
	size_t i;

	seed = mix(seed + generation);
	for (i = 0; i < AREA_WORDS; i++)
		words[i] = seed + i;
}

enum generation pattern_generation(const struct memory *memory, enum area area, size_t sample,
				   const uint64_t *words)
{
	uint64_t expected[AREA_WORDS];
	enum generation generation;

	for (generation = BEFORE; generation < GENERATIONS; generation++) {
		pattern_make(memory, area, sample, generation, expected);
		if (!memcmp(words, expected, AREA_BYTES))
			return generation;
	}
	return GEN_UNKNOWN;
}

const char *generation_name(enum generation generation)
{
	static const char *const names[GENERATIONS] = {
		[GEN_UNKNOWN] = "foreign bytes", [BEFORE] = "before", [AFTER] = "after",
		[BY_DEVICE] = "device's", [BY_CHILD] = "child's", [LATER] = "later",
	};

	return names[generation];
}

static void area_write(const struct memory *memory, enum area area, size_t sample,
		       enum generation generation)
{
	uint64_t words[AREA_WORDS];

	pattern_make(memory, area, sample, generation, words);
	memcpy(memory->start + area_offset(memory, area, sample), words, AREA_BYTES);
	/* The next thing to look may be a device: nothing may linger in registers. */
	__asm__ volatile("" ::: "memory");
}

void memory_fill_sample(const struct memory *memory, size_t sample, enum generation generation)
{
	area_write(memory, CPU_AREA, sample, generation);
}

void memory_fill(const struct memory *memory, enum generation generation)
{
	size_t i;

	for (i = 0; i < memory->samples; i++)
		memory_fill_sample(memory, i, generation);
}

void memory_look(const struct memory *memory, struct view *view)
{
	uint64_t words[AREA_WORDS];
	enum area area;
	size_t i;

	__asm__ volatile("" ::: "memory");
	for (area = CPU_AREA; area < AREAS; area++) {
		for (i = 0; i < memory->samples; i++) {
			memcpy(words, memory->start + area_offset(memory, area, i), AREA_BYTES);
			view->seen[area][i] = pattern_generation(memory, area, i, words);
		}
	}
}

uint64_t memory_pfn(const struct memory *memory, size_t page)
{
	return pagemap_pfn(pagemap_entry(memory->pagemap, memory_address(memory, page)));
}

int memory_clear_refs(void)
{
	return knob_set("/proc/self/clear_refs", "4");
}

int settle(void)
{
	return usermem_settle();
}

int memory_reprotect(const struct memory *memory)
{
	return usermem_reprotect(memory->start, memory->bytes);
}

int memory_populate(struct memory *memory)
{
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		area_write(memory, CPU_AREA, i, BEFORE);
		area_write(memory, DEVICE_AREA, i, BEFORE);
	}
	return 0;
}

static int populate_all(struct memory *memory)
{
	size_t page;

	for (page = 0; page < memory_pages(memory); page++)
		*memory_address(memory, page) = 1;
	return memory_populate(memory);
}

/* Out, and in again by reading: the fault of a reader is the one that has to guess exclusivity. */
static int populate_swapped(struct memory *memory)
{
	int error;
	size_t i;

	memory_populate(memory);
	if (memory->kind->traits & MEMORY_ASYNC)
		error = swap_async_evict(memory->start, memory->bytes);
	else
		error = usermem_page_out(memory->start, memory->bytes, memory->pagemap);
	for (i = 0; i < memory->samples && !error; i++)
		(void)*(volatile char *)memory_address(memory, memory->sample[i]);
	return error;
}

/* Once it is there, khugepaged keeps away from it: what is split later stays split. */
static int populate_thp(struct memory *memory)
{
	int error;

	if (madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	error = memory_populate(memory);
	if (!error && madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE))
		error = -errno;
	return error;
}

static int populate_thp_pte(struct memory *memory)
{
	int error = populate_thp(memory);

	return error ? error : usermem_split(memory->start);
}

/* Folios of 64 KiB are off unless somebody wants them: the setting is put back at once. */
static int populate_mthp(struct memory *memory)
{
	char before[KNOB_VALUE];
	int error = knob_chosen(KNOB_MTHP, before, sizeof(before));

	if (!error)
		error = knob_set(KNOB_MTHP, "madvise");
	if (error)
		return error;
	error = populate_thp(memory);
	knob_set(KNOB_MTHP, before);
	return error;
}

static bool report_of(struct memory *memory, size_t page, struct pincheck_report *report)
{
	__u64 pfn = memory_pfn(memory, page);

	return pfn && !pincheck_report(memory->session, &pfn, 1, report) &&
	       (report->present & PINCHECK_REPORT_PAGE);
}

static const char *check_small(struct memory *memory)
{
	struct pincheck_report report;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		if (!report_of(memory, memory->sample[i], &report))
			return "not present";
		if (!(report.flags & PINCHECK_PAGE_ANON) || report.order)
			return "not an anonymous base page";
	}
	return NULL;
}

static const char *check_large(struct memory *memory, int entire, const char *wrong)
{
	struct pincheck_report report;

	if (!report_of(memory, 0, &report))
		return "not present";
	if (!(report.flags & PINCHECK_PAGE_ANON) || PAGE_BYTES << report.order != memory->bytes)
		return "not one anonymous folio";
	if ((report.present & PINCHECK_REPORT_ENTIRE_MAPCOUNT) && report.entire_mapcount != entire)
		return wrong;
	if (!!(report.flags & PINCHECK_PAGE_HUGETLB) != !!(memory->kind->traits & MEMORY_HUGETLB))
		return "not of the hugetlb pool, or against the will";
	return NULL;
}

static const char *check_pmd_mapped(struct memory *memory)
{
	return check_large(memory, 1, "not mapped by a PMD");
}

static const char *check_pte_mapped(struct memory *memory)
{
	return check_large(memory, 0, "not mapped by PTEs");
}

const struct memory_kind memory_base = {
	.name = "base", .bytes = SAMPLES * PAGE_BYTES,
	.populate = memory_populate, .check = check_small,
};

const struct memory_kind memory_many = {
	.name = "many", .bytes = 64 * PAGE_BYTES, .traits = MEMORY_MANY,
	.populate = populate_all, .check = check_small,
};

const struct memory_kind memory_swapped = {
	.name = "swapped", .bytes = SAMPLES * PAGE_BYTES,
	.traits = MEMORY_SWAPPED, .needs = NEEDS_SWAP,
	.populate = populate_swapped, .check = check_small,
};

const struct memory_kind memory_thp_pmd = {
	.name = "thp_pmd", .bytes = PMD_BYTES,
	.traits = MEMORY_LARGE | MEMORY_PMD, .needs = NEEDS_THP,
	.populate = populate_thp, .check = check_pmd_mapped,
};

const struct memory_kind memory_thp_pte = {
	.name = "thp_pte", .bytes = PMD_BYTES,
	.traits = MEMORY_LARGE, .needs = NEEDS_THP,
	.populate = populate_thp_pte, .check = check_pte_mapped,
};

const struct memory_kind memory_mthp = {
	.name = "mthp", .bytes = USERMEM_64K,
	.traits = MEMORY_LARGE, .needs = NEEDS_MTHP,
	.populate = populate_mthp, .check = check_pte_mapped,
};

const struct memory_kind memory_hugetlb = {
	.name = "hugetlb", .bytes = PMD_BYTES, .flags = MAP_HUGETLB | MAP_HUGE_2MB,
	.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_HUGETLB, .needs = NEEDS_HUGETLB,
	.populate = memory_populate, .check = check_pmd_mapped,
};

/* The same kinds, with the swap device that is not synchronous. */
const struct memory_kind memory_base_async = {
	.name = "base_async", .bytes = SAMPLES * PAGE_BYTES,
	.traits = MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC,
	.populate = memory_populate, .check = check_small,
};

const struct memory_kind memory_swapped_async = {
	.name = "swapped_async", .bytes = SAMPLES * PAGE_BYTES,
	.traits = MEMORY_SWAPPED | MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC,
	.populate = populate_swapped, .check = check_small,
};

const struct memory_kind memory_thp_pmd_async = {
	.name = "thp_pmd_async", .bytes = PMD_BYTES,
	.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_ASYNC,
	.needs = NEEDS_THP | NEEDS_SWAP_ASYNC,
	.populate = populate_thp, .check = check_pmd_mapped,
};

const struct memory_kind memory_thp_pte_async = {
	.name = "thp_pte_async", .bytes = PMD_BYTES,
	.traits = MEMORY_LARGE | MEMORY_ASYNC, .needs = NEEDS_THP | NEEDS_SWAP_ASYNC,
	.populate = populate_thp_pte, .check = check_pte_mapped,
};

static int map_and_check(struct memory *memory, const struct memory_kind *kind)
{
	const char *wrong;
	int error;

	memory->kind = kind;
	memory->bytes = kind->bytes;
	memory->nonce = nonce_of_this_test();
	memory->samples = SAMPLES;
	memory->sample[0] = 0;
	memory->sample[1] = memory_pages(memory) / 2;
	memory->sample[2] = memory_pages(memory) - 1;
	memory->file = kind->open ? kind->open() : -1;
	if (kind->open && memory->file < 0)
		return memory->file;
	memory->start = usermem_map(memory->bytes, kind->open ? kind->flags :
				    MAP_PRIVATE | MAP_ANONYMOUS | kind->flags, memory->file);
	if (memory->start == MAP_FAILED) {
		error = -errno;
		if (kind->open)
			close(memory->file);
		return error;
	}
	memory->mapped = true;
	if (kind->traits & MEMORY_ASYNC) {
		error = swap_async_on();
		if (error)
			return error;
	}
	error = kind->populate(memory);
	if (!error)
		error = settle();
	if (error)
		return error;
	wrong = kind->check(memory);
	if (!wrong)
		return 0;
	return cause_say(-EAGAIN, "%s memory is %s, in each of %d tries. Let the machine have more "
			 "free memory: echo 3 >/proc/sys/vm/drop_caches", kind->name, wrong, MAP_TRIES);
}

/*
 * The kernel compacts, reclaims and collapses when it wants to, and a huge page takes memory that is
 * in one piece.
 */
int memory_map(struct memory *memory, const struct memory_kind *kind)
{
	int tries = 0, error;

	cause_forget();
	for (;;) {
		error = map_and_check(memory, kind);
		if (error != -EAGAIN || ++tries == MAP_TRIES)
			return error;
		memory_unmap(memory);
		if (kind->traits & MEMORY_LARGE)
			knob_set("/proc/sys/vm/compact_memory", "1");
	}
}

void memory_unmap(struct memory *memory)
{
	if (!memory->mapped)
		return;
	munmap(memory->start, memory->bytes);
	if (memory->kind->open)
		close(memory->file);
	memory->mapped = false;
}
