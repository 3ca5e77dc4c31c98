// SPDX-License-Identifier: GPL-2.0-only
/* fork: the parent keeps what is pinned, the child gets a copy. */
#include "suite.h"

TOPIC(fork)
FOR_EACH_MEMORY(FOR_EACH_HOLD, TOPIC_VARIANT, fork)

/*
 * SYNC, ISOLATION. A pinned page stays the parent's across fork; the child gets its copy then,
 * not at the parent's next write (70e806e4e645; THP d042035eaf5f; hugetlb 4eae4efa2c29).
 */
SCENARIO(fork, parent_writes, .rows = "B3 B4 B10 B11 R28 R29 R30", .hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_WRITABLE);
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_APART(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_ACCURATE(subject);
}

PINCHECK_TEST_MAIN
