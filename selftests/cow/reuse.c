// SPDX-License-Identifier: GPL-2.0-only
/*
 * reuse: a write to a page that only this process uses must not cost a copy, whatever references
 * the page has or had; a write to a page that others use must. A needless copy takes pages away
 * from pins (R13, R20); a missing copy is a leak (R1 to R5).
 */
#include "suite.h"
#include <sys/mman.h>
#include "counts.h"

#define REUSE_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)			\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, uring)

SUITE_EVENT("write")
TOPIC(reuse)
FOR_EACH_MEMORY(REUSE_HOLDS, TOPIC_VARIANT, reuse)

#define MANY	24	/* holds; on a huge page each is a reference for each base page */

/*
 * Ends the child, then drains the LRU batches: the kernel cannot tell the reference that a batch of
 * another CPU has (wp_can_reuse_anon_folio() says so), and copies. That is known.
 */
static int end_child(struct subject *subject)
{
	int error = child_end(&subject->child);

	return error ? error : usermem_drain_lru();
}

/* REUSE: each page that had to be copied was: no page mapped now was mapped @before. */
static void verdict_copied(struct subject *subject, const struct witness *before,
			   struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	size_t i;
	int error = witness_take(subject, &now);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	if (verdict_lacks_pages(verdict))
		return;
	for (i = 0; i < memory->samples; i++) {
		if (now.mapped[i] && now.mapped[i] != before->mapped[i])
			continue;
		verdict_broken(verdict, "a shared page was not copied", memory->sample[i]);
		break;
	}
	i = i < memory->samples ? i : 0;
	verdict_note(verdict, "before_pfn=%llx pfn=%llx", (unsigned long long)before->mapped[i],
		     (unsigned long long)now.mapped[i]);
}

#define EXPECT_COPIED(subject, before)		EXPECT_VERDICT(verdict_copied, subject, before)

/* REUSE, SYNC. A read swapped the page in: no other process uses the page (R19). */
SCENARIO(reuse, first_write_after_swap_in, .rows = "B12 R18 R19", .memory = MEMORY_SWAPPED)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/*
 * REUSE, SYNC. fork shared the page, then the child exited. A pin from before the fork keeps its
 * page anyway; without one the write must find that no other process is left.
 */
SCENARIO(reuse, after_child_exit, .rows = "B7 B8 B12 R24 R61", .not_hold = HOLD_GET)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(end_child(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
}

/* REUSE. Three children, one after the other, leave no trace. */
SCENARIO(reuse, after_many_children, .rows = "B7 B8 B12 R24 R61", .not_hold = HOLD_GET)
{
	struct witness before;
	int i;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	for (i = 0; i < 3; i++) {
		ASSERT_DONE(subject_fork(subject, i == 1 ? 2 : 1));
		ASSERT_DONE(end_child(subject));
	}
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
}

/* REUSE. A hold that was released before the fork leaves no trace in the page. */
SCENARIO(reuse, released_before_fork, .rows = "B2 B12 B13 R24", .not_hold = HOLD_NONE)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(end_child(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* REUSE. A hold begins and ends while a child shares the page; then the child exits, too. */
SCENARIO(reuse, released_while_shared, .rows = "B2 B13 R24", .hold = HOLD_GET,
	 .not_hold = HOLD_WRITE)
{
	struct witness before;

	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_CHILD_SHARES(subject, 0);
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(end_child(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_CPU_SEES(subject, AFTER);
}

/*
 * REUSE, SYNC. RDMA's old recipe, MADV_DONTFORK: fork never shares such memory, so even a plain
 * reference keeps its page.
 */
SCENARIO(reuse, left_out_of_fork, .rows = "B10 B11 B13 R34")
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTFORK) ? -errno : 0);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
}

/* REUSE. An exclusive page has many speculative references, and the write has to fault. */
SCENARIO(reuse, many_references, .rows = "B2 B13 R13 R20")
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_GET, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)subject->memory.start, .len = subject->memory.bytes,
	};
	struct witness before;
	__u32 ids[MANY];
	int i;

	for (i = 0; i < MANY; i++) {
		ASSERT_DONE(pincheck_hold(subject->memory.session, &hold));
		ids[i] = hold.hold;
	}
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	for (i = 0; i < MANY; i++)
		ASSERT_DONE(pincheck_release(subject->memory.session, ids[i]));
}

/*
 * REUSE. One page is held; all are write-protected and written. Neither the held page is copied nor
 * its neighbours in the same folio, which only look as if they were held.
 */
SCENARIO(reuse, neighbours_of_held_page, .rows = "B12 B22 R24", .not_hold = HOLD_NONE)
{
	struct witness before;

	ASSERT_DONE(subject_hold_part(subject, subject->memory.sample[1], 1));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * REUSE. The child's write gave the child a page of its own: the parent is the only user of the old
 * page although the child lives. (For a huge page that the child still maps in part: no promise.)
 */
static void child_writes_first(struct __test_metadata *_metadata, struct subject *subject)
{
	struct witness before;

	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	ASSERT_DONE(usermem_drain_lru());
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
	EXPECT_CPU_SEES(subject, AFTER);
}

SCENARIO(reuse, child_wrote_first, .rows = "B7 B8 B12", .hold = HOLD_NONE,
	 .not_memory = MEMORY_LARGE)
{
	child_writes_first(_metadata, subject);
}

SCENARIO(reuse, child_wrote_hugetlb_first, .rows = "B7 B8 B12 R6", .hold = HOLD_NONE,
	 .memory = MEMORY_HUGETLB)
{
	child_writes_first(_metadata, subject);
}

/* ISOLATION. The counterpart: a page that a child still maps must be copied. */
SCENARIO(reuse, shared_is_copied, .rows = "B7 B8 R1 R2", .not_hold = HOLD_PIN)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SHARES(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_COPIED(subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* REUSE. One copy is enough: the new page is exclusive, and stays through the next faults. */
SCENARIO(reuse, copied_once, .rows = "B8 B12", .not_hold = HOLD_PIN)
{
	struct witness copied;

	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &copied));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	ASSERT_DONE(memory_clear_refs());
	memory_fill(&subject->memory, LATER);
	EXPECT_SAME_PAGE(subject, &copied);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, AFTER, LATER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
}

/*
 * ISOLATION. The plain reference is older than the fork, and the child has exited: the kernel may
 * reuse or copy, but the device must see either all of the CPU's writes, or none.
 */
SCENARIO(reuse, plain_reference_after_child_exit, .rows = "B6 B9 R3 R34", .hold = HOLD_GET)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(end_child(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_FORK, BEFORE, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
}

PINCHECK_TEST_MAIN
