// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork: a pinned page stays the parent's and the child gets a copy at once; other pages are shared
 * until a process writes. fork does not see a plain reference (get): the reference keeps the page,
 * and only the page's later owner writes to it.
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
 * SYNC for pins, ISOLATION for all. The parent writes while the child lives: a pinned page is the
 * parent's from the moment of fork (70e806e4e645; THP d042035eaf5f; hugetlb 4eae4efa2c29). Pins for
 * reading and for writing look the same in the page (B16).
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
 * ISOLATION, then SYNC. The child writes first: neither the parent nor a holder of the parent's
 * page sees that. The parent's own write afterwards must not take the page away from a pin either.
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
 * ISOLATION. The parent unmaps the page while the device holds it. The child is now the only one
 * that maps the page, and writes. A kernel that reuses pages by their mappings alone lets the child
 * write to the held page (B9, R2; hugetlb still does: R4).
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
 * SYNC. The child exits before the parent writes. A page that fork shared has one owner again, but
 * is marked as shared, and is copied; a pinned page was never shared.
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
 * SYNC, ISOLATION. No CPU writes: the device goes on writing to its pinned page. The parent sees
 * the writes; the child, whose copy was made at fork, does not.
 */
SCENARIO(fork, device_writes, .rows = "B4 B10 B11 R28 R29 R30", .hold = HOLD_PIN | HOLD_WRITE)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_SYNC(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * SYNC, ISOLATION. Two generations: the child shares its copy with its own child, and neither the
 * parent nor its device reaches that copy.
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
 * SYNC, ISOLATION. The hold begins while a child shares the page. A pin, even for reading, must
 * first make the page the parent's own (a7f226604170, c89357e27f20): else the parent's next write
 * leaves the device with the child's page. A plain reference for reading takes the page as it is.
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
 * SYNC. As before, but the child has exited when the hold begins: the page has one owner and is not
 * exclusive yet; only a write or the pin itself can find out.
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
 * REUSE, ACCURACY. A released pin leaves no trace: after it, fork shares the page with the child as
 * any other page, although this process pinned once.
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
