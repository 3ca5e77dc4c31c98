// SPDX-License-Identifier: GPL-2.0-only
/*
 * kinds: the promises of a hold, on memory in rarer states and of rarer kinds: a part of a huge page,
 * the huge zero page, the smallest and the largest mTHP, pages of the swap cache, pages that reclaim
 * may drop, and files. Fork and clear_refs are the events that every kind must stand.
 */
#include "suite.h"

/* A pin of each sort of driver, and a plain reference. Each has the page of the process' own. */
#define KINDS_HOLDS(X, topic, memory)								\
	X(topic, memory, pin_ro_lt_fast)							\
	X(topic, memory, pin_rw_slow)								\
	X(topic, memory, get_rw_fast)

TOPIC(kinds)
KINDS_HOLDS(TOPIC_VARIANT, kinds, mthp_least)
KINDS_HOLDS(TOPIC_VARIANT, kinds, mthp_most)
KINDS_HOLDS(TOPIC_VARIANT, kinds, thp_half)
KINDS_HOLDS(TOPIC_VARIANT, kinds, thp_moved)
KINDS_HOLDS(TOPIC_VARIANT, kinds, zero)
KINDS_HOLDS(TOPIC_VARIANT, kinds, huge_zero)
KINDS_HOLDS(TOPIC_VARIANT, kinds, swapcache)
KINDS_HOLDS(TOPIC_VARIANT, kinds, lazyfree)
KINDS_HOLDS(TOPIC_VARIANT, kinds, shmem_shared)
KINDS_HOLDS(TOPIC_VARIANT, kinds, shmem_private)
KINDS_HOLDS(TOPIC_VARIANT, kinds, tmpfs_huge)
KINDS_HOLDS(TOPIC_VARIANT, kinds, memfd_hugetlb)
KINDS_HOLDS(TOPIC_VARIANT, kinds, hugetlb_1g)

/* What a process sees that wrote nothing. Nobody ever wrote to the zero page. */
static enum generation original(const struct subject *subject)
{
	return subject_is(subject, MEMORY_ZERO) ? GEN_UNKNOWN : BEFORE;
}

/*
 * SYNC, ACCURACY. Nothing happens but writes by both sides. The page of the process' own is there
 * from the first: the original (MEMORY_ORIGINAL) was copied for the hold.
 */
SCENARIO(kinds, held, .rows = "B3 B4 B10 B13", .event = "write")
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_SYNC(subject, original(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	EXPECT_ACCURATE(subject);
}

/* ISOLATION: the child reads zeros, perhaps from a page that it gets now. */
static void verdict_child_reads_zeros(struct subject *subject, struct verdict *verdict)
{
	struct view view;
	int error = child_look(&subject->child, 0, &view);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "the child does not answer", error);
	for (size_t i = 0; i < subject->memory.samples; i++)
		if (view.seen[CPU_AREA][i] != GEN_UNKNOWN || view.seen[DEVICE_AREA][i] != GEN_UNKNOWN)
			verdict_broken(verdict, "the child sees a write", subject->memory.sample[i]);
	verdict_note(verdict, "samples=%zu", subject->memory.samples);
}

/* SYNC or ISOLATION. A child of a shared mapping sees the writes, one of a private mapping does not. */
SCENARIO(kinds, forked, .rows = "B3 B10 B11 R28 R29", .event = "fork",
	 .not_memory = MEMORY_GIGANTIC)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	if (subject_is(subject, MEMORY_ZERO))
		EXPECT_VERDICT(verdict_child_reads_zeros, subject);
	else
		EXPECT_CHILD_SEES(subject, 0, subject_is_shared(subject) ? AFTER : BEFORE);
	if (subject_is_shared(subject))
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_PROMISE(subject, ACROSS_FORK, original(subject), AFTER);
	EXPECT_ACCURATE(subject);
}

/* SYNC, REUSE. clear_refs takes write permissions away, and no page. */
SCENARIO(kinds, cleared, .rows = "B10 B11 B12 R14", .event = "clear_refs")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, original(subject), AFTER);
	EXPECT_ACCURATE(subject);
}

PINCHECK_TEST_MAIN
