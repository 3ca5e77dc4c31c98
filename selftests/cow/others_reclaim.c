// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_reclaim: somebody else needs the memory that a device holds: the limit of a cgroup, with both
 * kinds of LRU lists; memory that the process gave up (MADV_FREE, R43); and swap space that goes away
 * (swapoff) while a held page has a copy there. Topic swap has MADV_PAGEOUT.
 */
#include "other_suite.h"
#include <sys/mman.h>
#include "../../tools/lib/pagemap.h"
#include "file.h"
#include "knob_journal.h"
#include "reclaim.h"

#define LRU_GEN	"/sys/kernel/mm/lru_gen/enabled"

#define OTHERS_RECLAIM_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, pin_ro_slow)		X(topic, memory, get_rw_fast)

/* A limit of 0 is set this many times at most. */
#define ROUNDS_MOST	500

/* MADV_PAGEOUT by another process is repeated this many times. */
#define ADVICES		3

/* A trait of this topic's own memory: charged to the cgroup. */
#define MEMORY_CHARGED	(1U << 31)

static struct reclaim cgroup;

/* A page in the cgroup that nobody holds: once the page is gone, reclaim was there. */
static char *witness_page;

static int enter_cgroup(void)
{
	int error = cgroup.helper ? 0 : reclaim_begin(&cgroup);

	if (error)
		return error;
	witness_page = usermem_map(PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (witness_page == MAP_FAILED)
		return -errno;
	*witness_page = 1;
	return 0;
}

/* The memory is to be charged to the cgroup, so the process enters it before. */
static int populate_charged(struct memory *memory)
{
	int error = enter_cgroup();

	madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE);
	return error ? error : memory_populate(memory);
}

static int populate_charged_thp(struct memory *memory)
{
	int error = enter_cgroup();

	if (!error && madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		error = -errno;
	return error ? error : memory_populate(memory);
}

static const char *check_charged(struct memory *memory)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);
		bool large = memory->kind->traits & MEMORY_LARGE;

		if (!pfn || page_reports(memory->session, &pfn, 1, &report))
			return "is not present";
		if (large != !!report.order)
			return large ? "is not a huge page" : "is not of base pages";
	}
	return NULL;
}

static const struct memory_kind memory_charged = {
	.name = "charged", .shape = &usermem_kinds[USERMEM_BASE], .traits = MEMORY_CHARGED,
	.needs = NEEDS_RECLAIM | NEEDS_SWAP, .populate = populate_charged, .check = check_charged,
};

static const struct memory_kind memory_charged_thp = {
	.name = "charged_thp", .shape = &usermem_kinds[USERMEM_THP],
	.traits = MEMORY_CHARGED | MEMORY_LARGE | MEMORY_PMD,
	.needs = NEEDS_RECLAIM | NEEDS_SWAP | NEEDS_THP,
	.populate = populate_charged_thp, .check = check_charged,
};

static const struct memory_kind memory_charged_shmem = {
	.name = "charged_shmem", .file = &file_memfd, .flags = MAP_SHARED,
	.traits = MEMORY_CHARGED | MEMORY_SHMEM, .needs = NEEDS_RECLAIM | NEEDS_SWAP | NEEDS_SHMEM,
	.populate = populate_charged, .check = check_charged,
};

/* Of a file in memory, with the swap device that is not synchronous. */
static const struct memory_kind memory_shmem_async = {
	.name = "shmem_async", .file = &file_memfd, .flags = MAP_SHARED,
	.traits = MEMORY_SHMEM | MEMORY_ASYNC, .needs = NEEDS_SWAP_ASYNC | NEEDS_SHMEM,
	.populate = memory_populate, .check = check_charged,
};

TOPIC(others_reclaim)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, charged)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, charged_thp)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, charged_shmem)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, base)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, thp_pmd)
TOPIC_VARIANT(others_reclaim, charged, uring)
TOPIC_VARIANT(others_reclaim, charged_thp, uring)
TOPIC_VARIANT(others_reclaim, base, uring)
/* The asynchronous device is on from here to the end of the topic. */
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, base_async)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, swapped_async)
OTHERS_RECLAIM_HOLDS(TOPIC_VARIANT, others_reclaim, shmem_async)

/* Return: how many samples are not mapped. */
static size_t count_unmapped(const struct memory *memory)
{
	size_t unmapped = 0;

	for (size_t i = 0; i < memory->samples; i++)
		unmapped += !memory_pfn(memory, memory->sample[i]);
	return unmapped;
}

/* MADV_COLD makes the pages the next ones to be reclaimed: a page that was just used has time. */
static int let_pages_age(const struct memory *memory)
{
	*(volatile char *)witness_page = 1;
	if (madvise(witness_page, PAGE_BYTES, MADV_COLD) ||
	    madvise(memory->start, memory->bytes, MADV_COLD))
		return -errno;
	return 0;
}

/* The limit of the cgroup becomes 0 for a moment, until the pages are gone that nobody holds. */
static int reclaim_cgroup(struct subject *subject, const char *lists)
{
	const struct memory *memory = &subject->memory;
	size_t expected = subject->hold.taken ? 0 : memory->samples;
	int rounds = 0, error = let_pages_age(memory);

	while (!error && rounds++ < ROUNDS_MOST) {
		error = reclaim_all(&cgroup);
		if (!pagemap_pfn(pagemap_entry(memory->pagemap, witness_page)) &&
		    count_unmapped(memory) >= expected)
			break;
	}
	evidence("lists=%s rounds=%d unmapped=%zu", lists, rounds, count_unmapped(memory));
	return error || rounds <= ROUNDS_MOST ? error : -ECANCELED;
}

/* By lists of active and inactive pages, and by generations (MGLRU, Linux 6.1). */
static int reclaim_by_each_list(struct subject *subject)
{
	int error = knob_change(LRU_GEN, "n");

	if (error && error != -ENOENT)
		return error;
	error = reclaim_cgroup(subject, "active_inactive");
	if (!error && !knob_change(LRU_GEN, "y")) {
		memory_read_samples(&subject->memory);
		error = reclaim_cgroup(subject, "generations");
	}
	reclaim_end(&cgroup);
	return error;
}

/* Reclaim of a cgroup unmaps and swaps out what it finds, but not a page with an unknown user. */
OTHER_EVENT(others_reclaim, cgroup_reclaimed, .rows = "B10 B11 B34 R18", .needs = NEEDS_RECLAIM,
	    .memory = MEMORY_CHARGED) {
	.happen = reclaim_by_each_list, .unheld = UNHELD_LEAVES
};

static int advise_process_pageout(const struct memory *memory, pid_t owner)
{
	int error = 0;

	/* A page that is under writeback, or in a batch of the CPU, has to wait for the next time. */
	for (int round = 0; round < ADVICES && !error; round++) {
		error = usermem_drain_lru();
		if (!error)
			error = other_event_advise(memory, owner, MADV_PAGEOUT);
	}
	return error;
}

static int page_out_by_process(struct subject *subject)
{
	return other_event_by_process(subject, advise_process_pageout);
}

/* MADV_PAGEOUT by another process (process_madvise()): a held page stays, as with the process's own. */
OTHER_EVENT(others_reclaim, paged_out_by_process, .rows = "B10 B11 B34 R18", .needs = NEEDS_SWAP,
	    .not_memory = MEMORY_CHARGED | MEMORY_ASYNC) {
	.happen = page_out_by_process, .unheld = UNHELD_LEAVES
};

/* What the device wrote last is what the CPU reads, even if the page was unmapped meanwhile. */
static void verdict_device_wrote(struct subject *subject, enum generation written,
				 struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;

	verdict_start(verdict, "SYNC");
	memory_look(memory, &view);
	for (size_t i = 0; i < memory->samples; i++) {
		if (view.seen[DEVICE_AREA][i] != written)
			verdict_broken(verdict, "the CPU does not read what the device wrote",
				       memory->sample[i]);
	}
	verdict_note(verdict, "cpu_sees=%s", generation_name(view.seen[DEVICE_AREA][0]));
}

/*
 * R43. The process gives the memory up until somebody writes to it; the device does, and page table
 * and page do not know. Reclaim drops the page only if nobody refers to it (6c8e2a256915).
 */
static int free_and_reclaim(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	int error = 0;

	if (madvise(memory->start, memory->bytes, MADV_FREE))
		return -errno;
	if (subject_holds(subject, HOLD_WRITE))
		error = hold_fill(&subject->hold, LATER);
	return error ? error : usermem_try_page_out(memory->start, memory->bytes);
}

static const struct other_event freed_lazily = {
	.happen = free_and_reclaim, .unheld = UNHELD_LEAVES, .loses = true
};

SCENARIO(others_reclaim, freed_lazily, .rows = "B10 B11 R43", .event = "madvise",
	 .needs = NEEDS_SWAP, .not_memory = MEMORY_CHARGED | MEMORY_ASYNC)
{
	struct before_event before;

	ASSERT_DONE(other_event_prepare(subject, &freed_lazily, &before));
	ASSERT_DONE(free_and_reclaim(subject));
	if (subject_holds(subject, HOLD_WRITE))
		EXPECT_VERDICT(verdict_device_wrote, subject, LATER);
	other_event_judge(_metadata, subject, &freed_lazily, &before);
}

/* The pages that nobody holds are on the swap device before it goes away. */
static int page_out_and_swapoff(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	int error;

	if (subject->hold.taken || subject_is(subject, MEMORY_SHMEM))
		error = usermem_try_page_out(memory->start, memory->bytes);
	else
		error = swap_async_evict(memory->start, memory->bytes);
	evidence("unmapped=%zu", count_unmapped(memory));
	return error ? error : swap_async_off();
}

/*
 * swapoff reads back what is on the device, and takes pages out of the swap cache. A held page may be
 * in the swap cache, and unmapped: that page has to come back, not its copy on the device.
 */
OTHER_EVENT(others_reclaim, swapped_off, .rows = "B10 B11 R18 R19 R79", .memory = MEMORY_ASYNC) {
	.happen = page_out_and_swapoff, .unheld = UNHELD_ANY
};

PINCHECK_TEST_MAIN
