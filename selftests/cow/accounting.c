// SPDX-License-Identifier: GPL-2.0-only
/* accounting: the kernel's counts of a page match its holds exactly. */
#include "suite.h"
#include <sys/mman.h>
#include "counts.h"
#include "pin_accounting.h"

/* Each kind of reference, access and path at least once; topic fork has the full product. */
#define ACCOUNTING_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, uring)				\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_rw_lt_fast)	X(topic, memory, get_ro_fast)			\
	X(topic, memory, get_ro_slow)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, get_rw_slow)

TOPIC(accounting)
FOR_EACH_MEMORY(ACCOUNTING_HOLDS, TOPIC_VARIANT, accounting)
/* A large folio of fewer pages than a huge page has: row D24. */
ACCOUNTING_HOLDS(TOPIC_VARIANT, accounting, mthp)

/*
 * ACCURACY. A pin adds the bias to a small folio's refcount, or one reference and one pin a page to
 * a large folio; a plain reference adds one and does not look pinned. Release undoes both.
 */
SCENARIO(accounting, held_and_released, .rows = "B2 B14", .not_hold = HOLD_NONE)
{
	size_t pages = memory_pages(&subject->memory);
	struct counts before;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_CHANGE(subject, &before, pages, 1);
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	EXPECT_CHANGE(subject, &before, pages, 0);
}

/* Does lockdep still look for wrong locking? Lockdep ends with the first thing that it finds. */
static bool lockdep_works(void)
{
	FILE *stats = fopen("/proc/lockdep_stats", "re");
	bool works = false;
	char line[128];
	int value;

	if (!stats)
		return false;
	while (!works && fgets(line, sizeof(line), stats))
		works = sscanf(line, " debug_locks: %d", &value) == 1 && value;
	fclose(stats);
	return works;
}

/*
 * ACCURACY. The slow path takes references to hugetlb pages with interrupts on, the fast path with
 * interrupts off. The debug kernel, where allocations can fail, has lockdep as well, and lockdep must
 * find nothing wrong with that.
 */
SCENARIO(accounting, hugetlb_under_lockdep, .rows = "B48", .memory = MEMORY_HUGETLB,
	 .not_hold = HOLD_NONE, .needs = NEEDS_FAULTS)
{
	struct counts before;

	ASSERT_TRUE(lockdep_works());
	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_CHANGE(subject, &before, memory_pages(&subject->memory), 1);
	ASSERT_DONE(subject_release(subject));
	evidence("lockdep_works=%d", lockdep_works());
	EXPECT_TRUE(lockdep_works());
}

/* ACCURACY. Holds on the same pages add up, and are released one by one. */
SCENARIO(accounting, holds_add_up, .rows = "B14", .not_hold = HOLD_NONE)
{
	size_t pages = memory_pages(&subject->memory);
	const struct hold_kind *kind = subject->product->hold;
	struct hold more[2] = { 0 };
	struct counts before;
	int i;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	for (i = 0; i < 2; i++)
		ASSERT_DONE(hold_take(&more[i], kind, &subject->memory, 0, pages));
	EXPECT_CHANGE(subject, &before, pages, 3);
	ASSERT_DONE(hold_release(&more[0]));
	EXPECT_CHANGE(subject, &before, pages, 2);
	ASSERT_DONE(subject_release(subject));
	EXPECT_CHANGE(subject, &before, pages, 1);
	ASSERT_DONE(hold_release(&more[1]));
	EXPECT_CHANGE(subject, &before, pages, 0);
}

/*
 * ACCURACY. Neither access nor long-term shows in the page: references of all rows of a kind look
 * the same.
 */
static void hold_by_each(struct __test_metadata *_metadata, struct subject *subject,
			 const struct hold_kind *const *rows, size_t count)
{
	size_t pages = memory_pages(&subject->memory), i;
	struct counts before;
	struct hold hold = { 0 };

	ASSERT_DONE(counts_take(subject, &before));
	for (i = 0; i < count; i++) {
		ASSERT_DONE(hold_take(&hold, rows[i], &subject->memory, 0, pages));
		EXPECT_CHANGE(subject, &before, pages, 1);
		ASSERT_DONE(hold_release(&hold));
	}
	EXPECT_CHANGE(subject, &before, pages, 0);
}

SCENARIO(accounting, pins_do_not_tell_access, .rows = "B16", .not_hold = HOLD_DRIVER,
	 .hold = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_FAST)
{
	static const struct hold_kind *const rows[] = {
		&hold_pin_ro_fast, &hold_pin_rw_fast, &hold_pin_ro_lt_fast, &hold_pin_rw_lt_fast,
		&hold_pin_ro_slow, &hold_pin_rw_slow, &hold_pin_ro_lt_slow, &hold_pin_rw_lt_slow,
	};

	hold_by_each(_metadata, subject, rows, ARRAY_SIZE(rows));
}

SCENARIO(accounting, gets_do_not_tell_access, .rows = "B16",
	 .hold = HOLD_GET | HOLD_WRITE | HOLD_FAST)
{
	static const struct hold_kind *const rows[] = {
		&hold_get_ro_fast, &hold_get_rw_fast, &hold_get_ro_slow, &hold_get_rw_slow,
	};

	hold_by_each(_metadata, subject, rows, ARRAY_SIZE(rows));
}

/*
 * ACCURACY. Label 1, the PTEs: one after the first touch, two while a child shares the page, one
 * after the child exits. fork does not share a pinned page.
 */
SCENARIO(accounting, mapcount_around_fork, .rows = "B1", .event = "fork")
{
	bool pinned = subject_holds(subject, HOLD_PIN);

	EXPECT_MAPCOUNT(subject, 1);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_MAPCOUNT(subject, 1);
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_MAPCOUNT(subject, pinned ? 1 : 2);
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_MAPCOUNT(subject, 1);
}

/* ACCURACY. Two generations share the page: three mappings, then one again. */
SCENARIO(accounting, mapcount_with_grandchild, .rows = "B1", .event = "fork", .not_hold = HOLD_PIN)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 2));
	EXPECT_MAPCOUNT(subject, 3);
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_MAPCOUNT(subject, 1);
}

/*
 * ACCURACY. A fresh page is marked exclusive; fork clears the mark of a page that it shares, and
 * the next write sets it again. A pinned page keeps the mark: else the pin would be worthless.
 */
SCENARIO(accounting, exclusive_around_fork, .rows = "B8 B14", .event = "fork",
	 .needs = NEEDS_ANON_EXCLUSIVE)
{
	bool pinned = subject_holds(subject, HOLD_PIN);

	EXPECT_EXCLUSIVE(subject, true);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_EXCLUSIVE(subject, true);
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_EXCLUSIVE(subject, pinned);
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_EXCLUSIVE(subject, pinned);
	memory_fill(&subject->memory, AFTER);
	EXPECT_EXCLUSIVE(subject, true);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ACCURACY. A child's early copy belongs to the child alone and is not pinned. */
SCENARIO(accounting, child_copy_is_not_pinned, .rows = "B14 R28 R29 R30", .event = "fork",
	 .hold = HOLD_PIN)
{
	struct pincheck_report report;
	size_t i;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(usermem_drain_lru());
	EXPECT_CHILD_APART(subject, 0);
	for (i = 0; i < subject->memory.samples; i++) {
		__u64 pfn = child_pfn(&subject->child, 0, subject->memory.sample[i]);

		ASSERT_DONE(pincheck_report(subject->memory.session, &pfn, 1, &report));
		EXPECT_EQ(1, report.page_mapcount);
		EXPECT_EQ(0, report.pins);
		EXPECT_EQ(0, report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
		if (report.flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE) {
			EXPECT_NE(0, report.flags & PINCHECK_PAGE_ANON_EXCLUSIVE);
		}
	}
}

/* ACCURACY. A folio looks pinned when one of its pages is: it has one count for all pages. */
SCENARIO(accounting, part_of_a_folio, .rows = "B14 R24", .memory = MEMORY_LARGE,
	 .not_hold = HOLD_NONE, .needs = NEEDS_MODULE)
{
	size_t middle = subject->memory.sample[1];
	struct counts before, now;
	size_t i;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold_part(subject, middle, 1));
	EXPECT_CHANGE(subject, &before, 1, 1);
	ASSERT_DONE(counts_again(subject, &before, &now));
	for (i = 0; i < subject->memory.samples; i++) {
		EXPECT_EQ(subject_holds(subject, HOLD_PIN),
			  !!(now.report[i].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED));
	}
	ASSERT_DONE(subject_release(subject));
	EXPECT_CHANGE(subject, &before, 1, 0);
}

/* ACCURACY, CLEAN. Pins move the machine's own counters, plain references do not. */
SCENARIO(accounting, vmstat_counts_pins, .rows = "B14")
{
	bool pinned = subject_holds(subject, HOLD_PIN), folded = hold_folds(subject->product->hold);
	int64_t held, expected = 0;

	if (pinned)
		expected = folded && subject_is(subject, MEMORY_LARGE) ? 1 :
			   memory_pages(&subject->memory);
	/* The suite checks after the variant that the counters are back. */
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&held));
	evidence("nr_foll_pin=%lld expected=%lld", (long long)held, (long long)expected);
	EXPECT_EQ(expected, held);
}

/* ACCURACY. The page is no longer mapped: the counts left are exactly those of the hold. */
SCENARIO(accounting, unmapped_while_held, .rows = "B1 B14", .event = "munmap",
	 .not_hold = HOLD_NONE, .needs = NEEDS_MODULE)
{
	struct memory *memory = &subject->memory;
	struct counts before, now;
	struct change left;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_NE(MAP_FAILED, mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memory_fill(memory, AFTER);
	ASSERT_DONE(counts_again(subject, &before, &now));
	left = change_by_hold(subject->product->hold, memory_pages(memory), 1, &before.report[0]);
	evidence("pfn=%llx map=%d ref=%d ref_expected=%d", now.pfn[0], now.report[0].page_mapcount,
		 now.report[0].refcount, left.references);
	EXPECT_EQ(0, now.report[0].page_mapcount);
	EXPECT_EQ(left.references, now.report[0].refcount);
	EXPECT_DEVICE_SEES(subject, BEFORE);
}

/* Takes plain references to the whole memory until its folios have @references, and keeps them. */
static int refer_until(struct subject *subject, int references)
{
	struct counts now;
	int error = counts_take(subject, &now), i;

	for (i = now.report[0].refcount; !error && i < references; i++) {
		struct pincheck_hold hold = {
			.kind = PINCHECK_KIND_GET, .path = PINCHECK_PATH_FAST,
			.addr = (uintptr_t)subject->memory.start, .len = subject->memory.bytes,
		};

		error = pincheck_hold(subject->memory.session, &hold);
	}
	return error;
}

/* Ends the session to release the references of refer_until(), which have no struct hold. */
static int refer_no_more(struct subject *subject)
{
	close(subject->memory.session);
	subject->memory.session = pincheck_open();
	return subject->memory.session < 0 ? subject->memory.session : 0;
}

/*
 * ACCURACY. Point 7 of the 2021 thread: a small folio cannot tell 1024 plain references from one
 * pin, and looks pinned from that number on, not earlier. The kernel promises only "maybe".
 */
SCENARIO(accounting, false_positive, .rows = "B15", .not_memory = MEMORY_LARGE, .hold = HOLD_NONE,
	 .needs = NEEDS_MODULE)
{
	int bias = pin_bias();
	struct counts now;

	ASSERT_DONE(refer_until(subject, bias - 1));
	ASSERT_DONE(counts_take(subject, &now));
	EXPECT_EQ(bias - 1, now.report[0].refcount);
	EXPECT_EQ(0, now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	ASSERT_DONE(refer_until(subject, bias));
	ASSERT_DONE(counts_take(subject, &now));
	evidence("ref=%d maybe_dma_pinned=%d", now.report[0].refcount,
		 !!(now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED));
	EXPECT_EQ(bias, now.report[0].refcount);
	EXPECT_NE(0, now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	ASSERT_DONE(refer_no_more(subject));
}

/* ACCURACY. A large folio counts its pins separately and never looks pinned by mistake. */
SCENARIO(accounting, no_false_positive, .rows = "B15 D24", .memory = MEMORY_LARGE, .hold = HOLD_NONE,
	 .needs = NEEDS_MODULE)
{
	int pages = memory_pages(&subject->memory), bias = pin_bias(), holds, before;
	struct counts now;

	ASSERT_DONE(counts_take(subject, &now));
	before = now.report[0].refcount;
	/* Every hold adds a reference a page: a small folio with as many looks pinned. */
	holds = bias / pages + 1;
	ASSERT_DONE(refer_until(subject, before + holds));
	ASSERT_DONE(counts_take(subject, &now));
	evidence("ref=%d pins=%d maybe_dma_pinned=%d", now.report[0].refcount, now.report[0].pins,
		 !!(now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED));
	EXPECT_LT(bias, now.report[0].refcount);
	EXPECT_LE(before + holds * pages, now.report[0].refcount);
	EXPECT_EQ(0, now.report[0].pins);
	EXPECT_EQ(0, now.report[0].flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	ASSERT_DONE(refer_no_more(subject));
}

/*
 * SYNC, ISOLATION. fork does not check the pages of a process that never pinned: the child shares
 * them, and COW does the rest.
 */
SCENARIO(accounting, false_positive_never_pinned, .rows = "B15", .event = "fork",
	 .not_memory = MEMORY_LARGE,
	 .hold = HOLD_NONE, .needs = NEEDS_MODULE)
{
	ASSERT_DONE(refer_until(subject, pin_bias()));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SHARES(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	ASSERT_DONE(refer_no_more(subject));
}

/*
 * SYNC, ISOLATION. For a process that pinned once, fork copies pages that look pinned: a false
 * positive costs a copy, never wrong data.
 */
SCENARIO(accounting, false_positive_once_pinned, .rows = "B15", .event = "fork",
	 .not_memory = MEMORY_LARGE,
	 .hold = HOLD_PIN | HOLD_WRITE, .not_hold = HOLD_DRIVER)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(refer_until(subject, pin_bias()));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_APART(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	ASSERT_DONE(refer_no_more(subject));
}

PINCHECK_TEST_MAIN
