// SPDX-License-Identifier: GPL-2.0-only
/*
 * kinds: the promises of a hold, on memory in rarer states and of rarer kinds: a part of a huge page,
 * the huge zero page, the smallest and the largest mTHP, pages of the swap cache, pages that reclaim
 * may drop, files, and pages of a driver. Fork and clear_refs are the events that every kind must stand.
 */
#include "kinds_suite.h"

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
KINDS_HOLDS(TOPIC_VARIANT, kinds, packet_ring)
TOPIC_VARIANT(kinds, thp_half, uring)
TOPIC_VARIANT(kinds, thp_moved, uring)
TOPIC_VARIANT(kinds, zero, uring)
TOPIC_VARIANT(kinds, lazyfree, uring)
TOPIC_VARIANT(kinds, shmem_shared, uring)
TOPIC_VARIANT(kinds, shmem_private, uring)
TOPIC_VARIANT(kinds, tmpfs_huge, uring)
TOPIC_VARIANT(kinds, memfd_hugetlb, uring)

SCENARIO(kinds, held, .rows = "B3 B4 B10 B13", .event = "write")
{
	kind_meets_writes(_metadata, subject);
}

SCENARIO(kinds, forked, .rows = "B3 B10 B11 R28 R29", .event = "fork")
{
	kind_meets_fork(_metadata, subject);
}

SCENARIO(kinds, cleared, .rows = "B10 B11 B12 R14", .event = "clear_refs")
{
	kind_meets_clear_refs(_metadata, subject);
}

/* ACCURACY. The page belongs to no file, and GUP-fast asks whose it is. */
SCENARIO(kinds, taken, .rows = "B46 R86", .memory = MEMORY_DRIVER)
{
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_WRITABLE);
}

PINCHECK_TEST_MAIN
