// SPDX-License-Identifier: GPL-2.0-only
/* Memory under test: the kinds, the samples and their patterns. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_reports.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pincheck.h"
#include "../../tools/lib/usermem.h"
#include "file.h"
#include "knob_journal.h"
#include "memory.h"
#include "require.h"
#include "swap_async.h"

#define MAP_TRIES	3

static const size_t area_places[AREAS] = {
	[CPU_AREA] = CPU_PLACE, [DEVICE_AREA] = DEVICE_PLACE,
};

/* splitmix64: neighbours in (test, page, area, generation) share no bits. */
static uint64_t mix_bits(uint64_t x)
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
	return mix_bits(mix_bits(now.tv_sec) ^ mix_bits(now.tv_nsec) ^ getpid());
}

size_t area_offset(const struct memory *memory, enum area area, size_t sample)
{
	return memory->sample[sample] * PAGE_BYTES + area_places[area];
}

void pattern_make(const struct memory *memory, enum area area, size_t sample,
		  enum generation generation, uint64_t *words)
{
	uint64_t seed = memory->nonce ^ mix_bits(memory->sample[sample] * AREAS + area);
	size_t i;

	seed = mix_bits(seed + generation);
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
		[GEN_UNKNOWN] = "foreign", [BEFORE] = "before", [AFTER] = "after",
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
	/* The next reader may be a device: no value may stay in a register. */
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

size_t memory_adjacent(const struct memory *memory, size_t sample)
{
	size_t count = 1;

	while (sample + count < memory->samples &&
	       memory->sample[sample + count] == memory->sample[sample] + count)
		count++;
	return count;
}

void memory_pfns(const struct memory *memory, int pagemap, uint64_t *pfn)
{
	uint64_t entries[SAMPLES];
	size_t i, j, count;

	for (i = 0; i < memory->samples; i += count) {
		count = memory_adjacent(memory, i);
		if (pagemap_read(pagemap, memory_address(memory, memory->sample[i]), entries, count))
			memset(entries, 0, sizeof(entries));
		for (j = 0; j < count; j++)
			pfn[i + j] = pagemap_pfn(entries[j]);
	}
}

int memory_clear_refs(void)
{
	return knob_set("/proc/self/clear_refs", "4");
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

void memory_read_samples(const struct memory *memory)
{
	for (size_t i = 0; i < memory->samples; i++)
		(void)*(volatile char *)memory_address(memory, memory->sample[i]);
}

/* The part of @memory that the command and the benchmarks have, too. */
static struct usermem usermem_of(const struct memory *memory)
{
	return (struct usermem) {
		.kind = memory->kind->shape, .start = memory->start, .bytes = memory->bytes,
		.file = -1, .pagemap = memory->pagemap, .session = memory->session,
	};
}

int memory_populate_shape(struct memory *memory)
{
	struct usermem shape = usermem_of(memory);
	int error = usermem_prepare(&shape);

	if (!error)
		error = memory_populate(memory);
	return error ? error : usermem_finish(&shape);
}

static int populate_many(struct memory *memory)
{
	memset(memory->start, 1, memory->bytes);
	return memory_populate_shape(memory);
}

static int populate_swapped_async(struct memory *memory)
{
	int error = memory_populate_shape(memory);

	if (!error)
		error = swap_async_evict(memory->start, memory->bytes);
	if (!error)
		memory_read_samples(memory);
	return error;
}

/* Such folios are off unless somebody wants them: the setting is put back at once. */
static int populate_mthp(struct memory *memory)
{
	unsigned int mark = knob_mark();
	int error = knob_change(memory->kind->shape->setting(), "madvise"), back;

	if (!error)
		error = memory_populate_shape(memory);
	back = knob_restore(mark);
	return error ? error : back;
}

const char *memory_check_shape(struct memory *memory)
{
	struct usermem shape = usermem_of(memory);

	return usermem_check(&shape) ? shape.wrong : NULL;
}

#define SHAPE(row)	.shape = &usermem_kinds[row], .check = memory_check_shape

const struct memory_kind memory_base = {
	.name = "base", SHAPE(USERMEM_BASE), .populate = memory_populate_shape,
};

const struct memory_kind memory_many = {
	.name = "many", SHAPE(USERMEM_BASE), .pages = 64, .populate = populate_many,
	.traits = MEMORY_MANY,
};

const struct memory_kind memory_swapped = {
	.name = "swapped", SHAPE(USERMEM_SWAPPED), .populate = memory_populate_shape,
	.traits = MEMORY_SWAPPED, .needs = NEEDS_SWAP,
};

const struct memory_kind memory_thp_pmd = {
	.name = "thp_pmd", SHAPE(USERMEM_THP), .populate = memory_populate_shape,
	.traits = MEMORY_LARGE | MEMORY_PMD, .needs = NEEDS_THP,
};

const struct memory_kind memory_thp_pte = {
	.name = "thp_pte", SHAPE(USERMEM_THP_PTE), .populate = memory_populate_shape,
	.traits = MEMORY_LARGE, .needs = NEEDS_THP,
};

const struct memory_kind memory_mthp = {
	.name = "mthp", SHAPE(USERMEM_MTHP), .populate = populate_mthp,
	.traits = MEMORY_LARGE, .needs = NEEDS_MTHP,
};

const struct memory_kind memory_mthp_least = {
	.name = "mthp_least", SHAPE(USERMEM_MTHP_LEAST), .populate = populate_mthp,
	.traits = MEMORY_LARGE, .needs = NEEDS_MTHP,
};

const struct memory_kind memory_mthp_most = {
	.name = "mthp_most", SHAPE(USERMEM_MTHP_MOST), .populate = populate_mthp,
	.traits = MEMORY_LARGE, .needs = NEEDS_MTHP,
};

const struct memory_kind memory_hugetlb = {
	.name = "hugetlb", SHAPE(USERMEM_HUGETLB), .populate = memory_populate_shape,
	.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_HUGETLB, .needs = NEEDS_HUGETLB,
};

/* The same kinds, with the swap device that is not synchronous. */
const struct memory_kind memory_base_async = {
	.name = "base_async", SHAPE(USERMEM_BASE), .populate = memory_populate_shape,
	.traits = MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC,
};

const struct memory_kind memory_swapped_async = {
	.name = "swapped_async", SHAPE(USERMEM_BASE), .populate = populate_swapped_async,
	.traits = MEMORY_SWAPPED | MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC,
};

const struct memory_kind memory_thp_pmd_async = {
	.name = "thp_pmd_async", SHAPE(USERMEM_THP), .populate = memory_populate_shape,
	.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_ASYNC,
	.needs = NEEDS_THP | NEEDS_SWAP_ASYNC,
};

const struct memory_kind memory_thp_pte_async = {
	.name = "thp_pte_async", SHAPE(USERMEM_THP_PTE), .populate = memory_populate_shape,
	.traits = MEMORY_LARGE | MEMORY_ASYNC, .needs = NEEDS_THP | NEEDS_SWAP_ASYNC,
};

int memory_session(void)
{
	return pincheck_is_forbidden() ? PAGES_BY_PROC : pincheck_open();
}

/* Without page frame numbers, a process can tell only these from others: see check_unnumbered(). */
requirement_set memory_needs(const struct memory_kind *kind)
{
	bool plain = kind->shape && kind->check == memory_check_shape &&
		     (!kind->shape->folio || kind->shape->entire);

	return kind->needs | (plain ? 0 : NEEDS_PFNS);
}

static size_t bytes_of_kind(const struct memory_kind *kind)
{
	if (kind->traits & MEMORY_GIGANTIC)
		return 1UL << 30;
	if (kind->shape && kind->shape->folio)
		return folio_bytes(kind->shape->folio);
	if (kind->file && kind->file->folio)
		return folio_bytes(kind->file->folio);
	return (kind->pages ?: SAMPLES) * PAGE_BYTES;
}

static int map_kind(struct memory *memory)
{
	const struct memory_kind *kind = memory->kind;
	int flags = kind->shape ? MAP_PRIVATE | MAP_ANONYMOUS | kind->shape->flags : kind->flags;
	int error;

	memory->file = kind->file ? kind->file->open(memory->bytes) : -1;
	if (kind->file && memory->file < 0)
		return memory->file;
	memory->start = usermem_map(memory->bytes, flags, memory->file);
	memory->mapped = memory->start != MAP_FAILED;
	if (memory->mapped)
		return 0;
	error = -errno;
	if (kind->file)
		close(memory->file);
	return error;
}

static int populate_kind(struct memory *memory)
{
	int error = memory->kind->traits & MEMORY_ASYNC ? swap_async_on() : 0;

	if (!error)
		error = memory->kind->populate(memory);
	return error ? error : usermem_drain_lru();
}

void memory_resize(struct memory *memory, char *start, size_t bytes)
{
	memory->start = start;
	memory->bytes = bytes;
	memory->samples = SAMPLES;
	memory->sample[0] = 0;
	memory->sample[1] = memory_pages(memory) / 2;
	memory->sample[2] = memory_pages(memory) - 1;
}

static int map_and_check(struct memory *memory, const struct memory_kind *kind)
{
	const char *wrong;
	int error;

	memory->kind = kind;
	memory_resize(memory, NULL, bytes_of_kind(kind));
	memory->nonce = nonce_of_this_test();
	error = map_kind(memory);
	if (!error)
		error = populate_kind(memory);
	if (error)
		return error;
	wrong = kind->check(memory);
	if (!wrong)
		return 0;
	return cause_say(-EAGAIN, "%s memory %s, in each of %d tries. Let the machine have more "
			 "free memory: echo 3 >/proc/sys/vm/drop_caches", kind->name, wrong, MAP_TRIES);
}

/*
 * Threads of the kernel compact, reclaim and collapse at any time; and a huge page needs free memory in
 * one piece.
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
	if (memory->kind->file)
		close(memory->file);
	memory->mapped = false;
}
