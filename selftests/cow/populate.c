// SPDX-License-Identifier: GPL-2.0-only
/*
 * populate: MADV_POPULATE_READ and MADV_POPULATE_WRITE make the faults of reads and writes, and read and
 * write nothing. The kernel's madv_populate looks at memory that nobody touched. Here the memory is
 * there, and a device holds it or a child shares it. Invariants: REUSE, SYNC, ISOLATION, TRACKING.
 */
#include "suite.h"
#include <sys/mman.h>

#define POPULATE_HOLDS(X, topic, memory)					\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)	\
	X(topic, memory, pin_ro_slow)		X(topic, memory, get_rw_fast)

SUITE_EVENT("populate")
TOPIC(populate)
POPULATE_HOLDS(TOPIC_VARIANT, populate, base)
POPULATE_HOLDS(TOPIC_VARIANT, populate, swapped)
POPULATE_HOLDS(TOPIC_VARIANT, populate, thp_pmd)
POPULATE_HOLDS(TOPIC_VARIANT, populate, thp_pte)
POPULATE_HOLDS(TOPIC_VARIANT, populate, hugetlb)
TOPIC_VARIANT(populate, base, uring)
TOPIC_VARIANT(populate, thp_pmd, uring)
TOPIC_VARIANT(populate, hugetlb, uring)

static int populate_by(const struct memory *memory, int advice)
{
	return madvise(memory->start, memory->bytes, advice) ? -errno : 0;
}

/* REUSE, SYNC. The pages are write-protected and exclusive: a write fault keeps them, held or not. */
SCENARIO(populate, exclusive, .rows = "B10 B11 B12 R20", .needs = NEEDS_POPULATE | NEEDS_ANON_EXCLUSIVE)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	ASSERT_DONE(populate_by(&subject->memory, MADV_POPULATE_WRITE));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* ISOLATION. A child shares the pages. Reading is no reason to copy: both keep the pages. */
SCENARIO(populate, shared_for_reading, .rows = "B2 B6", .needs = NEEDS_POPULATE, .hold = HOLD_NONE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(populate_by(&subject->memory, MADV_POPULATE_READ));
	EXPECT_CHILD_SHARES(subject, 0);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * ISOLATION, SYNC. The process gets pages of its own before it writes. A device that holds them from then
 * on has the pages that the process writes to, and the child sees neither.
 */
SCENARIO(populate, shared_for_writing, .rows = "B7 B8 B11", .needs = NEEDS_POPULATE)
{
	struct witness before;

	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(populate_by(&subject->memory, MADV_POPULATE_WRITE));
	EXPECT_CHILD_APART(subject, 0);
	EXPECT_CPU_SEES(subject, BEFORE);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * TRACKING. Reading marks no page as written. A write fault marks the page, though nobody has written yet:
 * the next write comes without a fault.
 */
SCENARIO(populate, marked, .rows = "B10 R14", .event = "track", .not_memory = MEMORY_HUGETLB,
	 .not_hold = HOLD_WRITE, .needs = NEEDS_POPULATE | NEEDS_SOFT_DIRTY | NEEDS_ANON_EXCLUSIVE)
{
	struct witness before;

	ASSERT_DONE(memory_clear_refs());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(populate_by(&subject->memory, MADV_POPULATE_READ));
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, false);
	ASSERT_DONE(populate_by(&subject->memory, MADV_POPULATE_WRITE));
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, true);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

PINCHECK_TEST_MAIN
