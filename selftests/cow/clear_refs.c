// SPDX-License-Identifier: GPL-2.0-only
/*
 * clear_refs(4) forgets which pages were written, as a migration or checkpoint does between two
 * passes. It must neither cost a hold its page nor lose a write.
 *
 * Linux 5.11 (9348b73c2e1b) passes over writable PTEs of pages that may be pinned: they stay
 * writable and dirty, because the device may write at any time. No kernel passes over a PMD, and
 * none tracks hugetlb (R67). Since 5.19 an exclusive page that lost its write permission here gets it
 * back without a copy.
 */
#include "suite.h"
#include "dump.h"

#define CLEAR_REFS_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_rw_lt_fast)							\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, uring)

SUITE_EVENT("clear_refs")
TOPIC(clear_refs)
FOR_EACH_MEMORY(CLEAR_REFS_HOLDS, TOPIC_VARIANT, clear_refs)
/* A buffer of many pages, as RDMA registers them. */
TOPIC_VARIANT(clear_refs, many, none)
TOPIC_VARIANT(clear_refs, many, pin_ro_lt_fast)
TOPIC_VARIANT(clear_refs, many, pin_rw_lt_fast)
TOPIC_VARIANT(clear_refs, many, uring)

/* More plain references than the bias of a small folio's refcount: they look like a pin. */
#define MANY_GETS	1100

/*
 * SYNC, REUSE. A CPU's write after clear_refs stays on the held page, and later device writes
 * beside it are not lost: the O_DIRECT read of A21 with 512 bytes in one page (R13).
 */
SCENARIO(clear_refs, cpu_writes, .rows = "B10 B11 B12 B13 B21 R13 R14")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	EXPECT_ACCURATE(subject);
}

/*
 * A pinned page in a writable PTE keeps its dirty bit (see above). A pin for writing maps its page
 * writable; a page pinned for reading that is not mapped writable is not written.
 */
static bool stays_dirty(struct subject *subject)
{
	bool writable = subject_holds(subject, HOLD_WRITE) ||
			subject_mapped(subject) == STATE_WRITABLE;

	return subject_holds(subject, HOLD_PIN) && !subject_is(subject, MEMORY_PMD) && writable;
}

/*
 * TRACKING. Pages that are pinned and mapped by PTEs stay dirty, whether pinned for reading or for
 * writing; all others become clean. After a CPU's write all are dirty, and the hold is in sync.
 */
SCENARIO(clear_refs, soft_dirty, .rows = "B10 B16 B24 B27 R14 R67", .needs = NEEDS_SOFT_DIRTY)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, stays_dirty(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, true);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * TRACKING. Only the first page is pinned. Its neighbours in the same folio may be reported dirty
 * without being dirty (hazard 2 of A21: 511 of them where PTEs map a huge page, none where a PMD
 * does). Neighbours in other folios may not, and a write is never lost.
 */
SCENARIO(clear_refs, neighbours, .rows = "B21 B22 B24 B26 R24 R67", .needs = NEEDS_SOFT_DIRTY,
	 .hold = HOLD_PIN)
{
	bool same_folio = subject_is(subject, MEMORY_LARGE);

	ASSERT_DONE(subject_hold_part(subject, 0, 1));
	EXPECT_PATH(subject, subject_mapped(subject));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_SOFT_DIRTY(subject, HELD_PAGES, stays_dirty(subject));
	EXPECT_SOFT_DIRTY(subject, OTHER_PAGES, same_folio && stays_dirty(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, true);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC. The reverse order: the hold begins after clear_refs write-protected the page. A hold for
 * writing has to fault first, one for reading takes the page as it is, and both keep it.
 */
SCENARIO(clear_refs, held_after_clear, .rows = "B10 B11 B12 R14", .not_hold = HOLD_NONE)
{
	bool untouched = subject_is(subject, MEMORY_HUGETLB);
	struct witness before;

	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_clear_refs());
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, untouched ? STATE_WRITABLE : STATE_PROTECTED);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * TRACKING. A migration in passes, each of which copies the pages marked dirty since the last: in
 * the end the copy must equal the memory, including the device's writes (B20: RDMA live migration).
 * Topic dirty does the same with other trackers.
 */
SCENARIO(clear_refs, incremental_dump, .rows = "B20 B21 B24 R14 R67", .needs = NEEDS_SOFT_DIRTY)
{
	static struct tracking tracking;
	static struct dump dump;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(tracking_begin(&tracking, &tracker_soft_dirty, &subject->memory, 0));
	ASSERT_DONE(dump_in_passes(subject, &tracking, &dump));
	EXPECT_DUMP_COMPLETE(subject, &dump);
	tracking_end(&tracking);
}

/* The kernel looks for pins only in a process that pinned at least once. */
static int pin_once(struct subject *subject)
{
	struct hold pin;
	int error = hold_take(&pin, &hold_pin_ro_fast, &subject->memory, 0, 1);

	return error ? error : hold_release(&pin);
}

static int take_more_holds(struct subject *subject, struct hold *holds, size_t count)
{
	int error = 0;

	while (count-- && !error)
		error = hold_take(holds++, subject->product->hold, &subject->memory, 0, 1);
	return error;
}

static int release_holds(struct hold *holds, size_t count)
{
	int error = 0;

	while (count-- && !error)
		error = hold_release(holds++);
	return error;
}

/*
 * TRACKING, ACCURACY. Hazard 1 of A21: MANY_GETS plain references on a small folio look like a pin,
 * and its page is reported dirty although it is clean: the safe direction. A large folio counts
 * pins separately. When the references are gone the page becomes clean again.
 */
SCENARIO(clear_refs, many_gets, .rows = "B15 B24 B25", .needs = NEEDS_SOFT_DIRTY,
	 .hold = HOLD_GET | HOLD_FAST, .not_hold = HOLD_WRITE)
{
	bool small = !subject_is(subject, MEMORY_LARGE);
	bool writable = subject_mapped(subject) == STATE_WRITABLE;
	static struct hold more[MANY_GETS];
	struct witness now;

	ASSERT_DONE(pin_once(subject));
	ASSERT_DONE(subject_hold_part(subject, 0, 1));
	ASSERT_DONE(take_more_holds(subject, more, MANY_GETS));
	ASSERT_DONE(witness_take(subject, &now));
	EXPECT_GE(now.report[0].refcount, MANY_GETS);
	EXPECT_EQ(small, !!(now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_SOFT_DIRTY(subject, HELD_PAGES, small && writable);
	EXPECT_SOFT_DIRTY(subject, OTHER_PAGES, false);
	ASSERT_DONE(release_holds(more, MANY_GETS));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, false);
}

PINCHECK_TEST_MAIN
