// SPDX-License-Identifier: GPL-2.0-only
/*
 * swap: reclaim must leave pinned pages where they are (feb889fb40fa, Linux 5.11). A page that is
 * held by plain references and comes back from the swap cache must still be exclusive
 * (1493a1913e34, Linux 5.19: the swap entry remembers that).
 *
 * Each kind of memory comes twice: swapped to the machine's swap (zram in the guest, which is
 * synchronous), and, as "async", to a device that is not synchronous. Only the latter keeps a page
 * that was read in the swap cache.
 */
#include "suite.h"
#include <sys/mman.h>
#include "../../tools/lib/pagemap.h"

#define SWAP_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, pin_rw_lt_policy)							\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)			\
	X(topic, memory, uring)

SUITE_EVENT("reclaim")
TOPIC(swap)
SWAP_HOLDS(TOPIC_VARIANT, swap, base)
SWAP_HOLDS(TOPIC_VARIANT, swap, swapped)
SWAP_HOLDS(TOPIC_VARIANT, swap, thp_pmd)
SWAP_HOLDS(TOPIC_VARIANT, swap, thp_pte)
/* The asynchronous device is on from here to the end of the topic. */
SWAP_HOLDS(TOPIC_VARIANT, swap, base_async)
SWAP_HOLDS(TOPIC_VARIANT, swap, swapped_async)
SWAP_HOLDS(TOPIC_VARIANT, swap, thp_pmd_async)
SWAP_HOLDS(TOPIC_VARIANT, swap, thp_pte_async)

/* Drains the LRU batches at the end: a page whose write ended is in one, which has a reference. */
static int wait_for_writeback(struct subject *subject, const struct witness *before)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report report;
	__u64 pfn;
	int error;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		pfn = before->held[i] ? before->held[i] : before->mapped[i];
		while (!(error = page_reports(memory->session, &pfn, 1, &report)) &&
		       (report.flags & PINCHECK_PAGE_WRITEBACK) && suite_has_time())
			sched_yield();
		if (error || (report.flags & PINCHECK_PAGE_WRITEBACK))
			return error ? error : -EBUSY;
	}
	return usermem_drain_lru();
}

/* Pages the memory out. Without a hold, the pages are then on the swap device only. */
static int page_out(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	struct witness before;
	int error;

	if (!(memory->kind->traits & MEMORY_ASYNC))
		return usermem_try_page_out(memory->start, memory->bytes);
	if (subject->product->hold->traits & HOLD_NONE)
		return swap_async_evict(memory->start, memory->bytes);
	error = witness_take(subject, &before);
	if (!error)
		error = usermem_try_page_out(memory->start, memory->bytes);
	return error ? error : wait_for_writeback(subject, &before);
}

/* PLACEMENT: every sample (@out), or no sample, has a swap entry in place of its page. */
static void verdict_swapped(struct subject *subject, bool out, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t i, swapped = 0;

	verdict_start(verdict, "PLACEMENT");
	for (i = 0; i < memory->samples; i++) {
		uint64_t entry = pagemap_entry(memory->pagemap,
					       memory_address(memory, memory->sample[i]));

		if (!!(entry & PAGEMAP_SWAPPED) != out)
			verdict_broken(verdict, out ? "a page without a hold stays" :
				       "a pinned page was unmapped", memory->sample[i]);
		swapped += !!(entry & PAGEMAP_SWAPPED);
	}
	verdict_note(verdict, "swapped_out=%zu samples=%zu", swapped, memory->samples);
}

#define EXPECT_SWAPPED_OUT(subject)	EXPECT_VERDICT(verdict_swapped, subject, true)
#define EXPECT_STAYS_MAPPED(subject)	EXPECT_VERDICT(verdict_swapped, subject, false)

/* The control: pages without a hold are swapped out, and come back with their data. */
SCENARIO(swap, goes_out, .rows = "R18", .hold = HOLD_NONE, .needs = NEEDS_SWAP,
	 .not_memory = MEMORY_LARGE)
{
	ASSERT_DONE(page_out(subject));
	EXPECT_SWAPPED_OUT(subject);
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ACCURACY: each sample is in the swap cache. */
static void verdict_in_swap_cache(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness witness;
	size_t i;

	verdict_start(verdict, "ACCURACY");
	if (witness_take(subject, &witness)) {
		verdict_broken(verdict, "no page report", memory->sample[0]);
		return;
	}
	for (i = 0; i < memory->samples; i++) {
		if (!(witness.report[i].flags & PINCHECK_PAGE_SWAPCACHE))
			verdict_broken(verdict, "not in the swap cache", memory->sample[i]);
	}
	verdict_note(verdict, "pfn=%llx flags=%llx", (unsigned long long)witness.mapped[0],
		     (unsigned long long)witness.report[0].flags);
}

/*
 * The control of the second device, for row D2: a page that a read brings back is still in the swap
 * cache. From a synchronous device the page would not be.
 */
SCENARIO(swap, stays_in_swap_cache, .rows = "R18 R19", .hold = HOLD_NONE, .memory = MEMORY_ASYNC,
	 .not_memory = MEMORY_LARGE, .needs = NEEDS_SWAP_ASYNC)
{
	ASSERT_DONE(page_out(subject));
	EXPECT_SWAPPED_OUT(subject);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_VERDICT(verdict_in_swap_cache, subject);
}

/* PLACEMENT. Reclaim does not even unmap pinned pages. */
SCENARIO(swap, pinned_stays, .rows = "B10 B34 R18", .hold = HOLD_PIN, .needs = NEEDS_SWAP)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(page_out(subject));
	EXPECT_STAYS_MAPPED(subject);
	EXPECT_ACCURATE(subject);
}

/* SYNC, REUSE. After reclaim the CPU writes. */
SCENARIO(swap, written_after, .rows = "B10 B12 B13 B34 R18 R19", .not_hold = HOLD_NONE,
	 .needs = NEEDS_SWAP)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(page_out(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* SYNC, REUSE. After reclaim the CPU reads: the fault must find whether the page is exclusive. */
SCENARIO(swap, read_and_written_after, .rows = "B10 B12 B13 B34 B41 R18 R19",
	 .not_hold = HOLD_NONE, .needs = NEEDS_SWAP)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(page_out(subject));
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* SYNC: the CPU reads what the device wrote. */
static void verdict_cpu_reads(struct subject *subject, enum generation written,
			      struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	size_t i;

	verdict_start(verdict, "SYNC");
	memory_look(memory, &view);
	for (i = 0; i < memory->samples; i++) {
		if (view.seen[DEVICE_AREA][i] != written)
			verdict_broken(verdict, "the CPU does not read what the device wrote",
				       memory->sample[i]);
	}
	verdict_note(verdict, "cpu_sees=%s", generation_name(view.seen[DEVICE_AREA][0]));
}

/*
 * SYNC. The device writes while the page may be unmapped, which a plain reference does not prevent.
 * The CPU's read brings that page back, not the bytes that were written to swap.
 */
SCENARIO(swap, device_writes_meanwhile, .rows = "B4 B11 R18 R19", .hold = HOLD_WRITE,
	 .needs = NEEDS_SWAP)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(page_out(subject));
	ASSERT_DONE(hold_fill(&subject->hold, LATER));
	EXPECT_VERDICT(verdict_cpu_reads, subject, LATER);
	EXPECT_SYNC(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

PINCHECK_TEST_MAIN
