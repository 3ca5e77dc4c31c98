/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What topics placement and cma have in common. ZONE_MOVABLE and CMA are places that pinned memory
 * blocks: PINCHECK_PAGE_MOVABLE_ZONE or PINCHECK_PAGE_CMA. Each function is the body of a scenario.
 */
#ifndef PINCHECK_SELFTESTS_PLACEMENT_SUITE_H
#define PINCHECK_SELFTESTS_PLACEMENT_SUITE_H

#include "suite.h"
#include <sys/mman.h>
#include "placement.h"

/* The page leaves before it is pinned: another page with the same bytes is mapped, and held. */
static inline void place_longterm_leaves(struct __test_metadata *_metadata,
					 struct subject *subject, uint64_t place)
{
	struct witness before, now;

	ASSERT_DONE(starts_in(subject, place, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	if (!subject_holds(subject, HOLD_DRIVER))
		EXPECT_VERDICT(verdict_all_slow, subject);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_SYNC(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	ASSERT_DONE(witness_take(subject, &now));
	EXPECT_SCAN_FINDS(subject, &before, false);
	EXPECT_SCAN_FINDS(subject, &now, false);
	EXPECT_ACCURATE(subject);
}

/* A short pin, or a plain reference, moves no page. SCAN finds the page there while it is pinned. */
static inline void place_short_stays(struct __test_metadata *_metadata,
				     struct subject *subject, uint64_t place)
{
	struct witness before;

	ASSERT_DONE(starts_in(subject, place, &before));
	EXPECT_SCAN_FINDS(subject, &before, false);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	EXPECT_STAYED(subject, &before);
	/* O_DIRECT has plain references on some kernels. */
	EXPECT_SCAN_FINDS(subject, &before, subject->hold.kind->traits & HOLD_PIN);
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	EXPECT_SCAN_FINDS(subject, &before, false);
	EXPECT_STAYED(subject, &before);
}

/* What was in the way has gone: a long-term pin is given, after it moved the pages. */
static inline void place_longterm_given(struct __test_metadata *_metadata,
					struct subject *subject, const struct witness *before,
					uint64_t generation)
{
	static struct product then = { .hold = &hold_pin_rw_lt_fast };

	then.memory = subject->product->memory;
	subject->product = &then;
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, before);
	EXPECT_SYNC(subject, generation);
}

/* The page is held and cannot leave: a long-term pin is refused, and leaks no reference. */
static inline void place_longterm_beside_short(struct __test_metadata *_metadata,
					       struct subject *subject, uint64_t place)
{
	struct witness before;

	ASSERT_DONE(starts_in(subject, place, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_longterm_refused, subject);
	EXPECT_STAYED(subject, &before);
	EXPECT_ACCURATE(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	ASSERT_DONE(subject_release(subject));
	place_longterm_given(_metadata, subject, &before, AFTER);
}

/* Only held pages leave. One REPORT covers both places. */
static inline void place_part_leaves(struct __test_metadata *_metadata,
				     struct subject *subject, uint64_t place)
{
	struct witness before;

	ASSERT_DONE(starts_in(subject, place, &before));
	ASSERT_DONE(subject_hold_part(subject, 1, 1));
	EXPECT_VERDICT(verdict_only_held_left, subject);
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* A child shares the page. */
static inline void place_longterm_of_shared(struct __test_metadata *_metadata,
					    struct subject *subject, uint64_t place)
{
	struct witness before;

	ASSERT_DONE(starts_in(subject, place, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	memory_fill(&subject->memory, AFTER);
	if (subject_is_shared(subject)) {
		EXPECT_CHILD_SEES(subject, 0, AFTER);
		EXPECT_CHILD_SHARES(subject, 0);
		EXPECT_SYNC(subject, AFTER);
	} else {
		EXPECT_SYNC(subject, AFTER);
		EXPECT_CHILD_SEES(subject, 0, BEFORE);
		EXPECT_CHILD_APART(subject, 0);
	}
}

/* A page that the pin faults in comes from where it may stay. */
static inline void place_longterm_faults_in(struct __test_metadata *_metadata,
					    struct subject *subject, uint64_t place)
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(starts_in(subject, place, &before));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, NULL);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

#endif
