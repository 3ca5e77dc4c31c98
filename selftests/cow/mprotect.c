// SPDX-License-Identifier: GPL-2.0-only
/*
 * mprotect: taking write permission from a held page and giving it back must not cost the hold its
 * page. Before 5.19 the next write found an extra reference and copied (R20).
 */
#include <sys/mman.h>
#include "suite.h"

#define MPROTECT_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, uring)

#define LRU_BATCH_ROUNDS	4

SUITE_EVENT("mprotect")
TOPIC(mprotect)
FOR_EACH_MEMORY(MPROTECT_HOLDS, TOPIC_VARIANT, mprotect)
TOPIC_VARIANT(mprotect, mthp, none)
TOPIC_VARIANT(mprotect, mthp, pin_rw_fast)

static int protect_from(struct subject *subject, size_t page, int protection)
{
	char *start = subject->memory.start + page * PAGE_BYTES;

	return mprotect(start, subject->memory.start + subject->memory.bytes - start, protection) ?
	       -errno : 0;
}

static int protect_all(struct subject *subject, int protection)
{
	return protect_from(subject, 0, protection);
}

/* SYNC. The control: nothing happens between hold and write. */
SCENARIO(mprotect, nothing_happens, .rows = "B3 B4 B11")
{
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* SYNC, REUSE. Read-only and back, then the CPU writes: nobody shares the page, so it stays. */
SCENARIO(mprotect, toggled, .rows = "B10 B11 B12 B13 R20")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_all(subject, PROT_READ));
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * REUSE. The kernel's own reference must not cost a copy either: a page that was just faulted in
 * waits in this CPU's LRU batch, which has a reference. All other tests begin with drained batches.
 */
SCENARIO(mprotect, toggled_in_lru_batch, .rows = "B2 B13 R13 R20", .hold = HOLD_NONE,
	 .not_memory = MEMORY_LARGE | MEMORY_SWAPPED)
{
	struct memory *memory = &subject->memory;
	struct witness before;
	int round;

	/* Another process on this CPU may drain the batch in between, but not in each round. */
	for (round = 0; round < LRU_BATCH_ROUNDS; round++) {
		ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0);
		memory_fill(memory, BEFORE);
		ASSERT_DONE(witness_take(subject, &before));
		ASSERT_DONE(protect_all(subject, PROT_READ));
		ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
		memory_fill(memory, AFTER);
		EXPECT_SAME_PAGE(subject, &before);
		EXPECT_CPU_SEES(subject, AFTER);
	}
}

/*
 * SYNC, REUSE. clear_refs in between leaves writable pinned pages alone. This page is not writable,
 * so it loses its dirty bits, and a fault has to find that it is exclusive.
 */
SCENARIO(mprotect, toggled_and_cleared, .rows = "B10 B11 B12 R14 R20", .not_hold = HOLD_NONE)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_all(subject, PROT_READ));
	ASSERT_DONE(memory_clear_refs());
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * SYNC. The page is read-only to the CPU while the device writes (no document defines this: B17).
 * The CPU reads the device's write; then the CPU may write again, on the same page.
 */
SCENARIO(mprotect, device_writes_readonly, .rows = "B4 B11 B17 R20", .hold = HOLD_WRITE)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(protect_all(subject, PROT_READ));
	EXPECT_SYNC(subject, BEFORE);
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* SYNC. The CPU may not even read for a while; the hold keeps its page. */
SCENARIO(mprotect, no_access, .rows = "B10 B11 R20", .not_hold = HOLD_NONE)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_all(subject, PROT_NONE));
	EXPECT_DEVICE_SEES(subject, BEFORE);
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * SYNC. The hold begins while the page is read-only. One for reading takes the page as it is, by
 * GUP-fast, and keeps it when the CPU may write again. One for writing is refused and leaves no
 * trace.
 */
SCENARIO(mprotect, held_while_readonly, .rows = "B3 B10 B11 R20", .not_hold = HOLD_NONE)
{
	ASSERT_DONE(protect_all(subject, PROT_READ));
	if (subject_holds(subject, HOLD_WRITE)) {
		EXPECT_EQ(-EFAULT, subject_hold(subject));
		if (!subject_holds(subject, HOLD_DRIVER))
			EXPECT_EQ(PINCHECK_REASON_ACCESS, subject->hold.reason);
		EXPECT_ACCURATE(subject);
		return;
	}
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, STATE_PROTECTED);
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC. Only the second half changes, so the memory gets a second mapping: a PMD is split under the
 * hold, and each of its pages has to stay exclusive (B22). hugetlb cannot be split.
 */
SCENARIO(mprotect, second_half, .rows = "B10 B11 B12 B22 R20 R24", .not_memory = MEMORY_HUGETLB,
	 .not_hold = HOLD_NONE)
{
	size_t half = memory_pages(&subject->memory) / 2;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_from(subject, half, PROT_READ));
	ASSERT_DONE(protect_from(subject, half, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	EXPECT_ACCURATE(subject);
}

/*
 * ISOLATION, SYNC. The process forks while the memory is read-only: the child may not write, shared
 * page or copy (R7: the early copy of a pinned hugetlb page was mapped writable). The parent gets
 * its permission back and writes.
 */
SCENARIO(mprotect, forked_while_readonly, .rows = "B10 B11 R7 R20")
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(protect_all(subject, PROT_READ));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_MAY_NOT_WRITE(subject, 0);
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/* Forks while @half of the memory, 0 or 1, is kept from the child. */
static int fork_without_half(struct subject *subject, size_t half)
{
	struct memory *memory = &subject->memory;
	size_t bytes = memory_pages(memory) / 2 * PAGE_BYTES;
	char *start = memory->start + half * bytes;
	int error;

	if (madvise(start, bytes, MADV_DONTFORK))
		return -errno;
	error = subject_fork(subject, 1);
	return error ? error : madvise(start, bytes, MADV_DOFORK) ? -errno : 0;
}

/* Runs in the child. Return: the samples with the generation BEFORE, or a negative errno. */
static int child_sees_samples(const struct memory *memory, void *samples)
{
	uint64_t words[AREA_WORDS];
	size_t first = (uintptr_t)samples;
	int seen = 0;

	for (size_t i = first; i < first + (first ? SAMPLES - 1 : 1); i++) {
		memcpy(words, memory->start + area_offset(memory, CPU_AREA, i), AREA_BYTES);
		seen += pattern_generation(memory, CPU_AREA, i, words) == BEFORE;
	}
	return seen;
}

/* REUSE: what nobody shares, or the device has, stays; the rest was copied. */
static void verdict_halves(struct subject *subject, size_t first, size_t count,
			   const struct witness *before, struct verdict *verdict)
{
	struct witness now;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "REUSE");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	if (verdict_lacks_pages(verdict))
		return;
	for (size_t i = 0; i < SAMPLES; i++) {
		bool shared = i >= first && i < first + count;
		bool stays = !shared || subject_holds(subject, HOLD_PIN);

		if (stays != (before->mapped[i] == now.mapped[i]))
			verdict_broken(verdict, stays ? "copied" : "written where the child reads",
				       subject->memory.sample[i]);
		verdict_note(verdict, "page=%zu shared=%d pfn_before=%lx pfn=%lx",
			     subject->memory.sample[i], shared, (unsigned long)before->mapped[i],
			     (unsigned long)now.mapped[i]);
	}
}

/* ISOLATION: the child sees in its pages what was there before fork. */
static void verdict_half_of_child(struct subject *subject, size_t first, size_t count,
				  struct verdict *verdict)
{
	int seen = child_run(&subject->child, 0, child_sees_samples, (void *)first);

	verdict_start(verdict, "ISOLATION");
	if (seen < 0)
		return verdict_failed(verdict, "cannot ask the child", seen);
	if (seen != (int)count)
		verdict_broken(verdict, "the child sees the parent's write",
			       subject->memory.sample[first]);
	verdict_note(verdict, "child_pages=%zu unchanged=%d", count, seen);
}

/*
 * Of one large folio the child shares @half, and the other half is the parent's alone. mprotect works
 * on the entries of both halves at once, and must ask for each page whether it is exclusive.
 */
static void protect_partly_shared(struct __test_metadata *_metadata, struct subject *subject,
				  size_t half)
{
	size_t first = half ? 1 : 0, count = half ? SAMPLES - 1 : 1;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(fork_without_half(subject, !half));
	ASSERT_DONE(protect_all(subject, PROT_READ));
	ASSERT_DONE(protect_all(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_half_of_child, subject, first, count);
	EXPECT_VERDICT(verdict_halves, subject, first, count, &before);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
}

/*
 * ISOLATION, REUSE. The first half is shared. cac1db8c3aad (6.17-rc1) took the first page's mark for
 * that of all entries of a batch.
 */
SCENARIO(mprotect, first_half_shared, .rows = "B10 R9", .event = "fork", .memory = MEMORY_LARGE,
	 .not_memory = MEMORY_HUGETLB)
{
	protect_partly_shared(_metadata, subject, 0);
}

/* ISOLATION, REUSE. The second half is shared, and the first page of the batch is exclusive. */
SCENARIO(mprotect, second_half_shared, .rows = "B10 R9", .event = "fork", .memory = MEMORY_LARGE,
	 .not_memory = MEMORY_HUGETLB)
{
	protect_partly_shared(_metadata, subject, 1);
}

PINCHECK_TEST_MAIN
