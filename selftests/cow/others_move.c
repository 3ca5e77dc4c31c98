// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_move: the kernel would like to have the contents of a held page in another page: it compacts
 * memory, takes a page offline, or makes a huge page of base pages, asked by the process
 * (MADV_COLLAPSE) or by itself (khugepaged). A reference that no page table explains keeps the page
 * where it is (B10), also if the reference is to one of many base pages only. Topic numa moves pages
 * between nodes, topic memory_kinds has khugepaged beside memory that nobody holds.
 */
#include "other_suite.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "collapse.h"
#include "file.h"
#include "knob_journal.h"

#define OTHERS_MOVE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, get_rw_fast)		X(topic, memory, mirror_rw)

/* Memory that one huge page could replace: the size is that of the running kernel's huge pages. */
static struct memory_kind memory_wide, memory_shmem_wide;

/* Huge pages come by the event only. */
static int populate_wide(struct memory *memory)
{
	if (memory->file < 0 && madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE))
		return -errno;
	for (size_t page = 0; page < memory_pages(memory); page++)
		*memory_address(memory, page) = 1;
	return memory_populate(memory);
}

/* Only where the file's first byte is at the start of a huge page can a huge page map the file. */
static int populate_shmem_wide(struct memory *memory)
{
	if (mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 memory->file, 0) == MAP_FAILED)
		return -errno;
	return populate_wide(memory);
}

static const char *check_wide(struct memory *memory)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		if (!pfn || page_reports(memory->session, &pfn, 1, &report))
			return "is not present";
		if (report.order)
			return "is not of base pages";
	}
	return NULL;
}

static void __attribute__((constructor)) memory_kinds_set(void)
{
	memory_wide = (struct memory_kind) {
		.name = "wide", .shape = &usermem_kinds[USERMEM_BASE], .traits = MEMORY_MANY,
		.needs = NEEDS_THP, .pages = PMD_BYTES / PAGE_BYTES,
		.populate = populate_wide, .check = check_wide,
	};
	memory_shmem_wide = (struct memory_kind) {
		.name = "shmem_wide", .file = &file_memfd, .flags = MAP_SHARED,
		.traits = MEMORY_MANY | MEMORY_SHMEM, .needs = NEEDS_SHMEM | NEEDS_THP,
		.pages = PMD_BYTES / PAGE_BYTES, .populate = populate_shmem_wide,
		.check = check_wide,
	};
}

TOPIC(others_move)
OTHERS_MOVE_HOLDS(TOPIC_VARIANT, others_move, base)
OTHERS_MOVE_HOLDS(TOPIC_VARIANT, others_move, thp_pmd)
OTHERS_MOVE_HOLDS(TOPIC_VARIANT, others_move, shmem_shared)
OTHERS_MOVE_HOLDS(TOPIC_VARIANT, others_move, wide)
OTHERS_MOVE_HOLDS(TOPIC_VARIANT, others_move, shmem_wide)
TOPIC_VARIANT(others_move, base, uring)
TOPIC_VARIANT(others_move, thp_pmd, uring)
TOPIC_VARIANT(others_move, wide, uring)

/*
 * Compaction takes pages from the low end of memory and puts them into single free pages at the high
 * end, until both places meet. So the memory under test is to be below other loose pages, part of
 * which are free then. They are more than a CPU keeps to itself, where compaction does not see free
 * pages: up to 32 batches of 63 (nr_pcp_high()).
 */
#define LOOSE_PAGES	8192
#define LOW_PAGES	16	/* for the memory under test */
#define COMPACTIONS	3	/* each with more of the loose pages free */

static struct loose_page {
	char *address;
	uint64_t before, now;
} loose[LOOSE_PAGES];

static int map_loose_pages(void)
{
	char *start = usermem_map(LOOSE_PAGES * PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (start == MAP_FAILED)
		return -errno;
	madvise(start, LOOSE_PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < LOOSE_PAGES; i++) {
		loose[i].address = start + i * PAGE_BYTES;
		*loose[i].address = 1;
	}
	return usermem_drain_lru();
}

static void look_at_loose_pages(const struct memory *memory)
{
	for (size_t i = 0; i < LOOSE_PAGES; i++) {
		loose[i].before = loose[i].now;
		loose[i].now = pagemap_pfn(pagemap_entry(memory->pagemap, loose[i].address));
	}
}

static int by_pfn(const void *left, const void *right)
{
	const struct loose_page *a = left, *b = right;

	return (a->now > b->now) - (a->now < b->now);
}

static int free_loose_page(size_t i)
{
	return madvise(loose[i].address, PAGE_BYTES, MADV_DONTNEED) ? -errno : 0;
}

/* Marks were set on the pages that the memory had before. */
static int mark_again(struct memory *memory)
{
	int error = memory_clear_refs();

	memory_fill(memory, BEFORE);
	return error ? error : usermem_drain_lru();
}

#define CPU_SHARE	"/proc/sys/vm/percpu_pagelist_high_fraction"	/* Linux 5.14 */

/*
 * From 6.7 on (51a755c56dc3) a CPU keeps the more free pages to itself the more a process allocates: all of the loose
 * pages that become free. The smallest share lets it keep four batches.
 */
static int let_cpus_keep_little(void)
{
	return access(CPU_SHARE, W_OK) ? 0 : knob_change_number(CPU_SHARE, 1000000);
}

/* The pages that were given back last are those that the next faults get. */
static int map_below_loose_pages(struct subject *subject)
{
	struct memory *memory = &subject->memory;
	int error;

	memory_unmap(memory);
	error = let_cpus_keep_little();
	if (!error)
		error = map_loose_pages();
	if (error)
		return error;
	look_at_loose_pages(memory);
	qsort(loose, LOOSE_PAGES, sizeof(*loose), by_pfn);
	for (size_t i = LOW_PAGES; i-- && !error;)
		error = free_loose_page(i);
	if (!error)
		error = memory_map(memory, memory->kind);
	return error ? error : mark_again(memory);
}

static int make_holes(int compaction)
{
	static const size_t of_four[COMPACTIONS] = { 0, 2, 1 };
	int error = 0;

	for (size_t i = LOW_PAGES + of_four[compaction]; i < LOOSE_PAGES && !error; i += 4)
		error = free_loose_page(i);
	return error;
}

/* Return: pages that moved and were above @pfn: compaction passed @pfn before it came to them. */
static int count_moved_above(uint64_t pfn)
{
	int moved = 0;

	for (size_t i = 0; i < LOOSE_PAGES; i++)
		moved += loose[i].now && loose[i].before > pfn && loose[i].before != loose[i].now;
	return moved;
}

static uint64_t highest_pfn(const struct memory *memory)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t pfn = memory_pfn(memory, memory->sample[i]);

		highest = pfn > highest ? pfn : highest;
	}
	return highest;
}

static int compact_memory(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	const uint64_t pfn = highest_pfn(memory);
	int error = 0, above = 0, compactions = 0;

	while (!error && !above && compactions < COMPACTIONS) {
		error = make_holes(compactions++);
		look_at_loose_pages(memory);
		if (!error)
			error = knob_set("/proc/sys/vm/compact_memory", "1");
		look_at_loose_pages(memory);
		above = count_moved_above(pfn);
	}
	evidence("compactions=%d moved=%d moved_above=%d", compactions, count_moved_above(0), above);
	if (error)
		return error;
	return above ? 0 : -ECANCELED;
}

/* Compaction isolates pages whose references are explained, and migrates them. It lets huge pages be. */
OTHER_EVENT(others_move, compacted, .rows = "B10 B11", .not_memory = MEMORY_MANY | MEMORY_PMD) {
	.begin = map_below_loose_pages, .happen = compact_memory, .unheld = UNHELD_ANY
};

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

/*
 * Page by page: the kernel migrates the contents, and the page is lost for the machine. A huge page is
 * split first.
 */
static int take_offline(struct subject *subject)
{
	const struct memory *memory = &subject->memory;

	for (size_t i = 0; i < memory->samples; i++) {
		if (madvise(memory_address(memory, memory->sample[i]), PAGE_BYTES,
			    MADV_SOFT_OFFLINE))
			return -errno;
	}
	return 0;
}

OTHER_EVENT(others_move, soft_offlined, .rows = "B10 B11", .not_memory = MEMORY_MANY,
	    .needs = NEEDS_POISON) {
	.happen = take_offline, .unheld = UNHELD_LEAVES, .refused = EBUSY
};

static int collapse_all(struct subject *subject)
{
	return collapse_now(subject->memory.start, subject->memory.bytes);
}

/* All pages are held: the kernel finds more references than it can explain, and gives up. */
OTHER_EVENT(others_move, collapsed, .rows = "B10 B11", .memory = MEMORY_MANY,
	    .needs = NEEDS_COLLAPSE) {
	.happen = collapse_all, .unheld = UNHELD_LEAVES, .refused = EAGAIN
};

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif

static int advise_process_collapse(const struct memory *memory, pid_t owner)
{
	return other_event_advise(memory, owner, MADV_COLLAPSE);
}

static int collapse_by_process(struct subject *subject)
{
	if (madvise(subject->memory.start, subject->memory.bytes, MADV_HUGEPAGE))
		return -errno;
	return other_event_by_process(subject, advise_process_collapse);
}

/* The same by another process, which does not map the memory. */
OTHER_EVENT(others_move, collapsed_by_process, .rows = "B10 B11", .memory = MEMORY_MANY,
	    .not_hold = HOLD_MIRROR, .needs = NEEDS_COLLAPSE) {
	.happen = collapse_by_process, .unheld = UNHELD_LEAVES, .refused = EAGAIN
};

/* One page is held: the others may not leave, either, for a huge page has all or nothing. */
OTHER_EVENT(others_move, collapsed_around, .rows = "B10 B11", .memory = MEMORY_MANY,
	    .not_hold = HOLD_NONE | HOLD_MIRROR, .needs = NEEDS_COLLAPSE) {
	.happen = collapse_all, .part = true, .unheld = UNHELD_STAYS, .refused = EAGAIN
};

#define SHMEM_HUGE	"/sys/kernel/mm/transparent_hugepage/shmem_enabled"

/* khugepaged works until it has collapsed other memory, which nobody holds, and passes once more. */
static int let_khugepaged_come(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	int error;

	if (subject_is(subject, MEMORY_SHMEM) && knob_change(SHMEM_HUGE, "advise"))
		return -EACCES;
	if (madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	error = collapse_by_khugepaged(memory->pagemap, memory->session);
	return error ? error : collapse_no_more(memory->start, memory->bytes);
}

OTHER_EVENT(others_move, khugepaged, .rows = "B10 B11", .memory = MEMORY_MANY) {
	.happen = let_khugepaged_come, .unheld = UNHELD_LEAVES
};

OTHER_EVENT(others_move, khugepaged_around, .rows = "B10 B11", .memory = MEMORY_MANY,
	    .not_hold = HOLD_NONE | HOLD_MIRROR) {
	.happen = let_khugepaged_come, .part = true, .unheld = UNHELD_STAYS
};

PINCHECK_TEST_MAIN
