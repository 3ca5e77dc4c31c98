/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory under test: a kind is a row of data, and memory is checked to be of its kind.
 *
 * A test looks at a few base pages only, the samples: each page of small memory; the first, the middle
 * and the last page of large memory. A sample has two areas of AREA_WORDS words: the CPU writes one, the
 * device the other, so that a verdict can judge either direction alone. A pattern of (test, page, area,
 * generation) says who wrote an area last. No two tests share patterns, because a freed page keeps its
 * old bytes.
 */
#ifndef PINCHECK_SELFTESTS_MEMORY_H
#define PINCHECK_SELFTESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../tools/lib/usermem.h"
#include "require.h"

#define SAMPLES			3

/** enum memory_trait - by which scenarios choose kinds of memory */
enum memory_trait {
	/** @MEMORY_LARGE: one folio of many pages, which counts its pins exactly */
	MEMORY_LARGE		= 1U << 0,
	/** @MEMORY_PMD: mapped by one PMD */
	MEMORY_PMD		= 1U << 1,
	/** @MEMORY_HUGETLB: hugetlb; soft-dirty is not tracked there */
	MEMORY_HUGETLB		= 1U << 2,
	/** @MEMORY_SWAPPED: the memory was swapped out and in again */
	MEMORY_SWAPPED		= 1U << 3,
	/** @MEMORY_MANY: more base pages than samples, for a call that walks all of them */
	MEMORY_MANY		= 1U << 4,
	/** @MEMORY_TRACKED: a file whose file system is called before each first write */
	MEMORY_TRACKED		= 1U << 5,
	/** @MEMORY_SECRET: only the process itself may read the memory */
	MEMORY_SECRET		= 1U << 6,
	/** @MEMORY_ORIGINAL: MAP_PRIVATE, not written yet: the original is mapped, not a copy */
	MEMORY_ORIGINAL		= 1U << 7,
	/** @MEMORY_ZERO: the original is the zero page: nobody ever wrote BEFORE */
	MEMORY_ZERO		= 1U << 8,
	/** @MEMORY_MERGED: shared by KSM with other memory of the same bytes */
	MEMORY_MERGED		= 1U << 9,
	/** @MEMORY_SHMEM: pages of shmem, mapped as they are in the file */
	MEMORY_SHMEM		= 1U << 10,
	/** @MEMORY_ASYNC: reclaim writes the memory to the swap device of swap_async.h */
	MEMORY_ASYNC		= 1U << 11,
	/** @MEMORY_GIGANTIC: one page of a GiB */
	MEMORY_GIGANTIC		= 1U << 13,
	/** @MEMORY_DRIVER: pages that a driver made and gave to the process: of no file, not anonymous */
	MEMORY_DRIVER		= 1U << 14,
};

struct memory;

struct file_kind;

/**
 * struct memory_kind - a row: how to get memory of this kind, and what it is
 * @name: first part of a variant's name
 * @shape: row of usermem_kinds[]: what the kernel makes of the memory; NULL for a file
 * @pages: base pages, where there are not SAMPLES of them; memory of huge pages is one huge page
 * @traits: enum memory_trait
 * @needs: NEEDS_... of require.h
 * @file: row of file.h: what is mapped; NULL for anonymous memory
 * @flags: of mmap(), where there is no @shape
 * @populate: write BEFORE, and make the memory what it should be; 0 or a negative errno
 * @check: NULL if the memory is of its kind, or what is wrong, to follow the words "the memory"
 */
struct memory_kind {
	const char *name;
	const struct usermem_kind *shape;
	size_t pages;
	unsigned int traits;
	requirement_set needs;
	const struct file_kind *file;
	int flags;
	int (*populate)(struct memory *memory);
	const char *(*check)(struct memory *memory);
};

extern const struct memory_kind memory_base, memory_swapped, memory_thp_pmd, memory_thp_pte,
				memory_mthp, memory_hugetlb, memory_many, memory_ext4_shared,
				memory_ext4_private, memory_shmem_shared, memory_shmem_private,
				memory_secret, memory_zero, memory_base_async,
				memory_swapped_async, memory_thp_pmd_async, memory_thp_pte_async,
				memory_mthp_least, memory_mthp_most, memory_lazyfree,
				memory_swapcache, memory_huge_zero, memory_thp_half,
				memory_thp_moved, memory_tmpfs_huge, memory_memfd_hugetlb,
				memory_hugetlb_1g, memory_hugetlb_1g_private, memory_packet_ring;

/** enum generation - who wrote an area last, and when */
enum generation {
	/** @GEN_UNKNOWN: this test never wrote such bytes: the page is stale or foreign */
	GEN_UNKNOWN,
	/** @BEFORE: written before the hold and the event */
	BEFORE,
	/** @AFTER: written by the parent's CPU after the event */
	AFTER,
	/** @BY_DEVICE: written through the hold */
	BY_DEVICE,
	/** @BY_CHILD: written by the child */
	BY_CHILD,
	/** @LATER: written by the parent's CPU after AFTER */
	LATER,
	GENERATIONS
};

/** enum area - the two places of a sample */
enum area { CPU_AREA, DEVICE_AREA, AREAS };

#define AREA_WORDS		4
#define AREA_BYTES		(AREA_WORDS * sizeof(uint64_t))
#define CPU_PLACE		128	/* in the page */
#define DEVICE_PLACE		2048
/** AREAS_BYTES - from the first area of a sample to the end of the last */
#define AREAS_BYTES		(DEVICE_PLACE - CPU_PLACE + AREA_BYTES)

/** struct view - the generation that a reader sees in each area of each sample */
struct view {
	enum generation seen[AREAS][SAMPLES];
};

/**
 * struct memory - memory under test, mapped at @start
 * @kind: its row
 * @start: first byte, aligned to the size of a folio
 * @mapped: the memory is mapped still
 * @bytes: size
 * @samples: number of entries used in @sample
 * @sample: indices of the base pages that tests look at
 * @nonce: of this test: no other test has the same patterns
 * @file: descriptor of what is mapped, or -1
 * @session: of /dev/pincheck, or PAGES_BY_PROC in a run without the module: for page reports
 * @pagemap: of this process
 */
struct memory {
	const struct memory_kind *kind;
	char *start;
	bool mapped;
	size_t bytes;
	size_t samples;
	size_t sample[SAMPLES];
	uint64_t nonce;
	int file;
	int session;
	int pagemap;
};

/**
 * memory_map() - map memory of @kind, populate it with generation BEFORE, drain LRU batches, check it
 *
 * Where a thread of the kernel undid the set-up, the memory is set up again, MAP_TRIES times in all.
 *
 * Call it in the test's own process (FIXTURE_SETUP). Return: 0; -EAGAIN if the memory is not what its
 * kind says, in each try; or another negative errno. cause_of() has the words for each.
 */
int memory_map(struct memory *memory, const struct memory_kind *kind);

/** memory_session() - a session for page reports, or PAGES_BY_PROC, or a negative errno */
int memory_session(void);

/** memory_needs() - NEEDS_... of @kind, and of the check that memory is of this kind */
requirement_set memory_needs(const struct memory_kind *kind);

/** memory_unmap() - give the memory up; a hold keeps its pages */
void memory_unmap(struct memory *memory);

/** memory_populate() - the way that suits most kinds: write BEFORE to both areas */
int memory_populate(struct memory *memory);

/** memory_populate_shape() - memory_populate(), and what the shape of the kind needs before and after */
int memory_populate_shape(struct memory *memory);

/** memory_check_shape() - @check of a kind that has a shape */
const char *memory_check_shape(struct memory *memory);

/** memory_resize() - the memory under test is @bytes from @start on; its samples are first, middle, last */
void memory_resize(struct memory *memory, char *start, size_t bytes);

/** memory_read_samples() - the CPU reads from each sample */
void memory_read_samples(const struct memory *memory);

/** memory_fill() - the CPU writes @generation to the CPU area of every sample */
void memory_fill(const struct memory *memory, enum generation generation);

/** memory_fill_sample() - memory_fill() for sample number @sample only */
void memory_fill_sample(const struct memory *memory, size_t sample, enum generation generation);

/** memory_reprotect() - write-protect the memory and allow writes again: the next write faults */
int memory_reprotect(const struct memory *memory);

/** memory_address() - address of base page @page */
static inline char *memory_address(const struct memory *memory, size_t page)
{
	return memory->start + page * PAGE_BYTES;
}

/** memory_look() - read both areas of every sample by the CPU */
void memory_look(const struct memory *memory, struct view *view);

/** area_offset() - offset in the memory of @area of sample number @sample */
size_t area_offset(const struct memory *memory, enum area area, size_t sample);

/** pattern_make() - the words of @generation for @area of sample number @sample */
void pattern_make(const struct memory *memory, enum area area, size_t sample,
		  enum generation generation, uint64_t *words);

/** pattern_generation() - the generation of @words, or GEN_UNKNOWN */
enum generation pattern_generation(const struct memory *memory, enum area area, size_t sample,
				   const uint64_t *words);

const char *generation_name(enum generation generation);

/** memory_pfn() - page frame number that is mapped at base page @page; 0 for none */
uint64_t memory_pfn(const struct memory *memory, size_t page);

/**
 * memory_pfns() - memory_pfn() of each sample
 * @pagemap: of the process whose page tables are meant
 */
void memory_pfns(const struct memory *memory, int pagemap, uint64_t *pfn);

/** memory_adjacent() - how many samples from number @sample on are neighbours: 1 at least */
size_t memory_adjacent(const struct memory *memory, size_t sample);

/** memory_clear_refs() - echo 4 >/proc/self/clear_refs. Return: 0 or a negative errno */
int memory_clear_refs(void);

/** memory_pages() - base pages in @memory */
static inline size_t memory_pages(const struct memory *memory)
{
	return memory->bytes / PAGE_BYTES;
}

#endif
