// SPDX-License-Identifier: GPL-2.0-only
/*
 * cma: contiguous memory areas lend their pages to processes, and must get them back. So the rules of
 * ZONE_MOVABLE (topic placement) hold here, too: a long-term pin moves the page away first, or is
 * refused; whatever else holds the page keeps it there. Rows B58, B5, B19.
 *
 * The kernel gives pages of CMA away while more than half of the free memory is there. 900 MiB of the
 * guest's 2048 MiB are nearly that. The kernel itself, whose place is random, may lie in the middle of
 * the memory and leave no larger piece.
 */
#include "placement_suite.h"
#include <inttypes.h>
#include "cma_area.h"
#include "lru_batch.h"

#define HOLDS(X, topic, memory)									\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_ro_lt_slow)	X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, uring)			X(topic, memory, get_rw_fast)

#define LARGE_OR_SHARED	(MEMORY_LARGE | MEMORY_SHMEM)

SUITE_EVENT("migrate")
TOPIC(cma)
HOLDS(TOPIC_VARIANT, cma, base)
HOLDS(TOPIC_VARIANT, cma, thp_pmd)
HOLDS(TOPIC_VARIANT, cma, hugetlb)
HOLDS(TOPIC_VARIANT, cma, shmem_shared)

SUITE_PREPARE
{
	int error = cma_area_offered() ? cma_area_reach() : 0;

	if (error)
		evidence("note=\"pages do not come from CMA: %s\"", cause_of(error));
}

/* Is the last page before the area reported as one of it, or the first behind it? A hole is neither. */
static void judge_neighbours(struct subject *subject, uint64_t first, uint64_t end,
			     struct verdict *verdict)
{
	const __u64 pfns[] = { first - 1, first, end - 1, end };
	struct pincheck_report report[4];
	int error = pincheck_report(subject->memory.session, pfns, 4, report);

	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (size_t i = 0; i < 4; i++) {
		bool inside = i == 1 || i == 2, cma = report[i].flags & PINCHECK_PAGE_CMA;

		if ((report[i].flags_known & PINCHECK_PAGE_CMA) && cma != inside)
			verdict_broken(verdict, inside ? "a page of the area is not reported as one" :
				       "a page beside the area is reported as one of it", 0);
	}
}

/* ACCURACY: the report and the kernel's log agree on which pages are in the area. */
static void verdict_area(struct subject *subject, const struct witness *now, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	uint64_t first, end;
	int error = cma_area_find(&first, &end);

	verdict_start(verdict, "ACCURACY");
	if (error)
		return verdict_failed(verdict, "where is the area?", error);
	judge_neighbours(subject, first, end, verdict);
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t pfn = now->mapped[i];
		bool inside = pfn >= first && pfn < end;

		if (!(now->report[i].flags_known & PINCHECK_PAGE_CMA))
			verdict_broken(verdict, "the report does not know", memory->sample[i]);
		else if (!(now->report[i].flags & PINCHECK_PAGE_CMA) == inside)
			verdict_broken(verdict, inside ? "the report does not say CMA" :
				       "the report says CMA", memory->sample[i]);
	}
	verdict_note(verdict, "pfn=%" PRIx64 " area_first=%" PRIx64 " area_end=%" PRIx64,
		     now->mapped[0], first, end);
}

#define EXPECT_AREA_KNOWN(subject, now)	EXPECT_VERDICT(verdict_area, subject, now)

/* The kernel's word comes first, before starts_in() asks the device. */
SCENARIO(cma, area_is_known, .rows = "B58", .hold = HOLD_NONE, .needs = NEEDS_CMA)
{
	struct witness now;

	ASSERT_DONE(witness_by_module(subject, &now));
	EXPECT_AREA_KNOWN(subject, &now);
	ASSERT_DONE(starts_in(subject, PINCHECK_PAGE_CMA, &now));
	EXPECT_AREA_KNOWN(subject, &now);
}

/*
 * PLACEMENT, then SYNC. The page leaves before it is pinned: another page with the same bytes is
 * mapped, and the device has that page.
 */
SCENARIO(cma, longterm_leaves, .rows = "B5 B58", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_CMA)
{
	struct witness now;

	place_longterm_leaves(_metadata, subject, PINCHECK_PAGE_CMA);
	ASSERT_DONE(witness_by_module(subject, &now));
	EXPECT_AREA_KNOWN(subject, &now);
}

/* PLACEMENT, ACCURACY. A short pin, or a plain reference, moves no page; SCAN finds the pin. */
SCENARIO(cma, short_stays, .rows = "B5 B58", .not_hold = HOLD_NONE | HOLD_LONGTERM,
	 .needs = NEEDS_CMA)
{
	place_short_stays(_metadata, subject, PINCHECK_PAGE_CMA);
}

/* PLACEMENT, ACCURACY. The page is held and cannot leave: a long-term pin is refused, and leaks nothing. */
SCENARIO(cma, longterm_beside_short, .rows = "B5 B58", .not_hold = HOLD_NONE | HOLD_LONGTERM,
	 .needs = NEEDS_CMA)
{
	place_longterm_beside_short(_metadata, subject, PINCHECK_PAGE_CMA);
}

/* PLACEMENT, ACCURACY. Only held pages leave. */
SCENARIO(cma, part_leaves, .rows = "B5 B58", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_memory = MEMORY_LARGE, .needs = NEEDS_CMA)
{
	place_part_leaves(_metadata, subject, PINCHECK_PAGE_CMA);
}

/* PLACEMENT. A page that the pin faults in comes from elsewhere. */
SCENARIO(cma, longterm_faults_in, .rows = "B5 B58",
	 .hold = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM, .not_memory = MEMORY_HUGETLB | MEMORY_SHMEM,
	 .needs = NEEDS_CMA)
{
	place_longterm_faults_in(_metadata, subject, PINCHECK_PAGE_CMA);
}

/* PLACEMENT, SYNC. A page that an LRU batch refers to leaves, too: no ENOMEM, and no endless loop. */
SCENARIO(cma, longterm_of_waiting, .rows = "R46 B58", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_hold = HOLD_DRIVER, .not_memory = LARGE_OR_SHARED, .needs = NEEDS_CMA)
{
	EXPECT_WAITING_LEAVES(subject, PINCHECK_PAGE_CMA);
}

/*
 * PLACEMENT, and a gap in it. A pipe holds a page by a plain reference for as long as its reader
 * likes, and the kernel treats the reference as short: the page stays in CMA, where it is in the way
 * of a long-term pin, too.
 */
SCENARIO(cma, pipe_keeps_page, .rows = "B19 B58", .hold = HOLD_NONE,
	 .not_memory = LARGE_OR_SHARED, .needs = NEEDS_CMA)
{
	struct witness before;
	int splice_pipe;

	ASSERT_DONE(starts_in(subject, PINCHECK_PAGE_CMA, &before));
	splice_pipe = pipe_takes_pages(&subject->memory);
	ASSERT_DONE(splice_pipe);
	EXPECT_STAYED(subject, &before);
	EXPECT_SCAN_FINDS(subject, &before, false);
	EXPECT_VERDICT(verdict_longterm_refused, subject);
	EXPECT_STAYED(subject, &before);
	close(splice_pipe);
	place_longterm_given(_metadata, subject, &before, BEFORE);
}

TOPIC_NEEDS("cma=900M CONFIG_CMA");
PINCHECK_TEST_MAIN
