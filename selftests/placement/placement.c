// SPDX-License-Identifier: GPL-2.0-only
/*
 * placement: memory in ZONE_MOVABLE is promised to be movable, and pinned memory is not. A
 * long-term pin must not be given there: the page has to leave first (d1e153fea2a8, Linux 5.13). A
 * short pin leaves the page there, and blocks its migration as long as the pin lasts. The runner
 * makes a ZONE_MOVABLE for this topic, and touched memory comes from it.
 */
#include "placement_suite.h"
#include "lru_batch.h"

#define ANONYMOUS_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	FOR_EACH_PIN(X, topic, memory)								\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)

/* Files refuse long-term pins for writing: whitelist.c. */
#define FILE_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, get_ro_fast)

/* Emptying a block takes a tenth of a second, so rows that are like another are left out. */
#define SWAPPED_OR_HUGETLB	(MEMORY_SWAPPED | MEMORY_HUGETLB)
#define ALL_BUT_BASE		(SWAPPED_OR_HUGETLB | MEMORY_LARGE | MEMORY_SHMEM | MEMORY_TRACKED)

/*
 * The kernel retries until a timer's signal, and counts the pages that it could not migrate: that
 * count shows that a block cannot be emptied.
 */
#define NEEDS_TO_EMPTY_BLOCK	(NEEDS_MOVABLE | NEEDS_MEMORY_BLOCK | NEEDS_VM_EVENTS | NEEDS_TIMERS)

SUITE_EVENT("migrate")
TOPIC(placement)
FOR_EACH_MEMORY(ANONYMOUS_HOLDS, TOPIC_VARIANT, placement)
ANONYMOUS_HOLDS(TOPIC_VARIANT, placement, shmem_shared)
FILE_HOLDS(TOPIC_VARIANT, placement, ext4_shared)

/* Skips what makes this kernel WARN. */
#define NEEDS_LONGTERM(subject) do {								\
	if (subject_is(subject, MEMORY_HUGETLB))						\
		SUITE_NEEDS(NEEDS_HUGETLB_LEAVES);						\
} while (0)

/*
 * PLACEMENT, then SYNC. The page leaves before it is pinned: another page with the same bytes is
 * mapped, and the device has that page.
 */
SCENARIO(placement, longterm_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	NEEDS_LONGTERM(subject);
	place_longterm_leaves(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/*
 * PLACEMENT, ACCURACY. A short pin, or a plain reference, moves no page. SCAN finds the page in
 * ZONE_MOVABLE while it is pinned, and not after the release.
 */
SCENARIO(placement, short_stays, .rows = "B5", .not_hold = HOLD_NONE | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	place_short_stays(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/*
 * PLACEMENT, ACCURACY. The page is held and cannot leave: a long-term pin is refused, and leaks no
 * reference. After the release it is given.
 */
SCENARIO(placement, longterm_beside_short, .rows = "B5 R45 R48",
	 .not_hold = HOLD_NONE | HOLD_LONGTERM, .not_memory = MEMORY_TRACKED,
	 .needs = NEEDS_MOVABLE)
{
	NEEDS_LONGTERM(subject);
	place_longterm_beside_short(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT, ACCURACY. Only held pages leave. One REPORT covers both zones. */
SCENARIO(placement, part_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_memory = MEMORY_LARGE, .needs = NEEDS_MOVABLE)
{
	place_part_leaves(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT. A page that the pin faults in comes from a zone where it may stay. */
SCENARIO(placement, longterm_faults_in, .rows = "B5 R45",
	 .hold = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_MOVABLE)
{
	place_longterm_faults_in(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/*
 * PLACEMENT, SYNC. A page that an LRU batch refers to leaves, too: no ENOMEM, and no endless loop
 * (1aaf8c122918 and its reverts).
 */
SCENARIO(placement, longterm_of_waiting, .rows = "R45 R46", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_hold = HOLD_DRIVER, .not_memory = ALL_BUT_BASE, .needs = NEEDS_MOVABLE)
{
	EXPECT_WAITING_LEAVES(subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/*
 * PLACEMENT, ISOLATION, SYNC. A child shares the page. The pin first copies a COW page, and the
 * copy must not come from ZONE_MOVABLE; with MAP_SHARED the child's mapping moves with the page.
 */
SCENARIO(placement, longterm_of_shared, .rows = "B5 R22 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	NEEDS_LONGTERM(subject);
	place_longterm_of_shared(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* PLACEMENT. Pins of memfd_pin_folios(), which finds pages by the file, are always long-term. */
SCENARIO(placement, memfd_leaves, .rows = "B5 R45 R50", .memory = MEMORY_SHMEM, .hold = HOLD_NONE,
	 .needs = NEEDS_MOVABLE | NEEDS_MEMFD)
{
	struct memory *memory = &subject->memory;
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_MEMFD, .flags = PINCHECK_HOLD_WRITE, .fd = memory->file,
		.len = memory->bytes,
	};
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(pincheck_hold(memory->session, &request));
	/* Migrated pages are mapped again when touched. */
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
	ASSERT_DONE(pincheck_release(memory->session, request.hold));
}

/*
 * The control: pages without a hold are moved out of the block, with their bytes. Not hugetlb: such
 * a page moves to the next free page of the pool, which is in the same block.
 */
SCENARIO(placement, block_goes, .rows = "B10", .hold = HOLD_NONE, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/*
 * PLACEMENT, SYNC. A memory block goes offline only when all of it was migrated. A short pin, or a
 * plain reference, prevents that and keeps its page. After the release the block goes.
 */
SCENARIO(placement, short_keeps_block, .rows = "B10 B11 B19",
	 .hold = HOLD_FAST, .not_hold = HOLD_LONGTERM, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_BLOCK_STAYS();
	EXPECT_STAYED(subject, &before);
	EXPECT_SYNC(subject, BEFORE);
	ASSERT_DONE(subject_release(subject));
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/* PLACEMENT, SYNC. The purpose of the rule: a long-term pin blocks no migration. */
SCENARIO(placement, longterm_lets_block_go, .rows = "B5 B10 R45",
	 .hold = HOLD_PIN | HOLD_LONGTERM | HOLD_FAST, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	NEEDS_LONGTERM(subject);
	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_BLOCK_GOES();
	EXPECT_SYNC(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/*
 * PLACEMENT, and a gap in it. A pipe holds a page by a plain reference for as long as its reader
 * likes, and the kernel treats the reference as short: it moves no page, and the memory block stays
 * until the pipe is closed.
 */
SCENARIO(placement, pipe_keeps_block, .rows = "B19", .hold = HOLD_NONE,
	 .not_memory = ALL_BUT_BASE, .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;
	int splice_pipe;

	ASSERT_DONE(starts_in_movable(subject, &before));
	splice_pipe = pipe_takes_pages(&subject->memory);
	ASSERT_DONE(splice_pipe);
	EXPECT_BLOCK_STAYS();
	EXPECT_SCAN_FINDS(subject, &before, false);
	close(splice_pipe);
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/* REPORT and SCAN of page frames whose memory is offline. Return: 0, or a negative errno. */
static int look_at_offline(void *argument)
{
	const struct witness *pages = argument;
	struct pincheck_report report[SAMPLES];
	__u64 cursor = pages->mapped[0], end = cursor + (PMD_BYTES / PAGE_BYTES);
	__u64 found[1], count = 1;
	int session = pincheck_open(), error;
	size_t i;

	if (session < 0)
		return session;
	error = pincheck_report(session, (const __u64 *)pages->mapped, SAMPLES, report);
	for (i = 0; i < SAMPLES && !error; i++) {
		if (report[i].present & PINCHECK_REPORT_PAGE)
			error = cause_say(-EEXIST, "REPORT finds a page of offline memory");
	}
	if (!error)
		error = pincheck_scan(session, PINCHECK_SCAN_PINNED | PINCHECK_SCAN_EXCESS, &cursor,
				      &end, found, &count);
	close(session);
	if (error)
		return error;
	if (count || cursor != end)
		return cause_say(-EBADMSG, "SCAN finds %llu pages of offline memory and ends at %#llx",
				 count, cursor);
	return 0;
}

/* ACCURACY. Offline memory has no pages, and REPORT and SCAN know that. */
SCENARIO(placement, offline_has_no_pages, .rows = "B1", .hold = HOLD_NONE,
	 .not_memory = ALL_BUT_BASE, .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	EXPECT_VERDICT(verdict_block, true, look_at_offline, &before);
	EXPECT_CPU_SEES(subject, BEFORE);
}

TOPIC_NEEDS("movable");
PINCHECK_TEST_MAIN
