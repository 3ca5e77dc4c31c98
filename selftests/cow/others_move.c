// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_move: the kernel would like to have the contents of a held page in another page: it compacts
 * memory, takes a page offline, or makes a huge page of base pages, asked by the process
 * (MADV_COLLAPSE) or by itself (khugepaged). A reference that no page table explains keeps the page
 * where it is (B10), also if the reference is to one of many base pages only. Topic numa moves pages
 * between nodes, topic memory_kinds has khugepaged beside memory that nobody holds.
 */
#include "other_suite.h"
#include <sys/mman.h>
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

		if (!pfn || pincheck_report(memory->session, &pfn, 1, &report))
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

/* Other memory, with holes, so that compaction has what to move and where to. */
#define LOOSE_PAGES	1024
#define LOOSE_ROUNDS	4

/* Return: the memory, or NULL with errno. */
static char *map_loose_pages(void)
{
	char *loose = usermem_map(LOOSE_PAGES * PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (loose == MAP_FAILED)
		return NULL;
	madvise(loose, LOOSE_PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < LOOSE_PAGES; i++)
		loose[i * PAGE_BYTES] = 1;
	for (size_t i = 0; i < LOOSE_PAGES; i += 2) {
		if (madvise(loose + i * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED))
			return NULL;
	}
	return usermem_drain_lru() ? NULL : loose;
}

/* Return: how many of the loose pages compaction moved, or a negative errno. */
static int compact_beside(int pagemap, const char *loose)
{
	static uint64_t before[LOOSE_PAGES], now[LOOSE_PAGES];
	int moved = 0, error;

	error = pagemap_read(pagemap, loose, before, LOOSE_PAGES);
	if (!error)
		error = knob_set("/proc/sys/vm/compact_memory", "1");
	if (!error)
		error = pagemap_read(pagemap, loose, now, LOOSE_PAGES);
	for (size_t i = 0; i < LOOSE_PAGES; i++)
		moved += pagemap_pfn(before[i]) != pagemap_pfn(now[i]);
	return error ? error : moved;
}

/* The kernel packs the pages that it can move at one end of memory. Pages there already stay. */
static int compact_memory(struct subject *subject)
{
	int moved = 0, round = 0;

	while (!moved && round++ < LOOSE_ROUNDS) {
		char *loose = map_loose_pages();

		moved = loose ? compact_beside(subject->memory.pagemap, loose) : -errno;
	}
	evidence("rounds=%d loose_pages=%d moved=%d", round, LOOSE_PAGES / 2, moved);
	if (moved < 0)
		return moved;
	return moved ? 0 : -ECANCELED;
}

/* Compaction isolates pages whose references are explained, and migrates them. */
OTHER_EVENT(others_move, compacted, .rows = "B10 B11", .not_memory = MEMORY_MANY) {
	.happen = compact_memory, .unheld = UNHELD_ANY
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
