// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork: the parent keeps what is pinned, the child gets its copy at once; what is not pinned is
 * shared until somebody writes. A plain reference (get) is not seen by fork: it keeps the page,
 * and nobody but the page's later owner writes to it.
 */
#include "suite.h"

#define FORK_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_slow)			\
	X(topic, memory, pin_ro_lt_fast)							\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_rw_lt_fast)							\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, uring)

SUITE_EVENT("fork")
TOPIC(fork)
FOR_EACH_MEMORY(FORK_HOLDS, TOPIC_VARIANT, fork)

/*
 * SYNC for pins, ISOLATION for all. The parent writes while the child is there: a pinned page is
 * the parent's, and was so from the moment of fork (70e806e4e645; THP d042035eaf5f; hugetlb
 * 4eae4efa2c29). Pins for reading and for writing look the same in the page (B16).
 */
SCENARIO(fork, parent_writes, .rows = "B3 B4 B10 B11 B16 R28 R29 R30")
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	if (subject_holds(subject, HOLD_PIN))
		EXPECT_CHILD_APART(subject, 0);
	else
		EXPECT_CHILD_SHARES(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_ACCURATE(subject);
}

/*
 * ISOLATION, then SYNC. The child writes first: neither the parent nor who holds the parent's page
 * sees it. The parent's own write afterwards must not take the page away from a pin either.
 */
SCENARIO(fork, child_writes, .rows = "B10 B11 R28 R29 R30 R2")
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CPU_SEES(subject, BEFORE);
	if (!subject_holds(subject, HOLD_NONE))
		EXPECT_DEVICE_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/*
 * ISOLATION. The parent gives up its mapping while the device holds on to the page: the child is
 * now the only one that maps it, and writes. A rule of reuse that looks at mappings alone lets
 * the child write to the held page (B9, R2; hugetlb still has it: R4).
 */
SCENARIO(fork, parent_unmaps, .rows = "B6 B9 R2 R3 R4", .not_hold = HOLD_NONE)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_unmap(&subject->memory);
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/*
 * SYNC. The child is gone before the parent writes: a page that fork shared would be alone again,
 * but marked as shared, and so be copied; a pinned one was never shared.
 */
SCENARIO(fork, child_exits, .rows = "B10 B11 R28 R29 R30")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	memory_fill(&subject->memory, AFTER);
	if (subject_holds(subject, HOLD_PIN))
		EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
}

/*
 * SYNC, ISOLATION. No CPU writes at all: the device goes on writing to the page it has pinned; the
 * parent sees it, the child, whose copy was made at fork, does not.
 */
SCENARIO(fork, device_writes, .rows = "B4 B10 B11 R28 R29 R30", .hold = HOLD_PIN | HOLD_WRITE)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_SYNC(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * SYNC, ISOLATION. Two generations: what the child shares with its own child is a copy, and
 * none of them is reached by the parent or its device.
 */
SCENARIO(fork, grandchild, .rows = "B10 B11 R28 R29 R30", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 2));
	EXPECT_CHILD_APART(subject, 0);
	EXPECT_CHILD_APART(subject, 1);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CHILD_SEES(subject, 1, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/*
 * SYNC, ISOLATION. The page is shared with a child when it is taken. A pin, also one for reading,
 * must first make it the parent's own (a7f226604170, c89357e27f20), or the parent's next
 * write leaves the device with the child's page. A plain reference for reading takes it as is.
 */
SCENARIO(fork, held_while_shared, .rows = "B3 B10 B11 R22", .not_hold = HOLD_NONE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SHARES(subject, 0);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	memory_fill(&subject->memory, AFTER);
	if (subject_holds(subject, HOLD_PIN) || subject_holds(subject, HOLD_WRITE))
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_ACCURATE(subject);
}

/*
 * SYNC. As before, but the child is gone when the page is taken: the page is alone, and still not
 * exclusive, which only a write or the pin itself can find out.
 */
SCENARIO(fork, held_after_child, .rows = "B3 B10 B11 R22", .not_hold = HOLD_NONE)
{
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_end(&subject->child));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_SHARED);
	memory_fill(&subject->memory, AFTER);
	if (subject_holds(subject, HOLD_PIN) || subject_holds(subject, HOLD_WRITE))
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
}

/*
 * REUSE, ACCURACY. A pin of the past leaves no trace: the page that was given back before fork is
 * shared with the child as any other, although this process once pinned.
 */
SCENARIO(fork, released_before, .rows = "B10 B12 R28 R29 R30", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SHARES(subject, 0);
	EXPECT_ACCURATE(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

PINCHECK_TEST_MAIN
