// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmsplice: a pipe holds pages by plain references for as long as nobody reads it. The pipe must
 * show what its owner wrote, whatever other processes write to the same memory after a fork
 * (CVE-2020-29374).
 */
#include "suite.h"
#include <sys/mman.h>
#include "counts.h"
#include "page_pipe.h"

/* No hold, holds that fork shares and holds that fork copies, and a driver's long-term hold. */
#define VMSPLICE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, get_ro_fast)			\
	X(topic, memory, get_rw_slow)		X(topic, memory, pin_ro_fast)			\
	X(topic, memory, pin_rw_lt_fast)	X(topic, memory, uring)

SUITE_EVENT("vmsplice")
TOPIC(vmsplice)
FOR_EACH_MEMORY(VMSPLICE_HOLDS, TOPIC_VARIANT, vmsplice)

/* A pipe that the child has, too. */
static struct page_pipe splice_pipe;

/* In any process. Return: 0 or a negative errno. */
static int fill_pipe(const struct memory *memory, void *argument)
{
	(void)argument;
	return page_pipe_fill(&splice_pipe, memory);
}

/* Unmaps the memory: this process then has the page only by the pipe's reference. */
static int unmap_memory(const struct memory *memory, void *argument)
{
	(void)argument;
	return munmap(memory->start, memory->bytes) ? -errno : 0;
}

/* Maps fresh memory in its place, because the checks after the case look there. */
static int map_again(struct subject *subject)
{
	struct memory *memory = &subject->memory;

	if (mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	memory_fill(memory, LATER);
	return 0;
}

static int fill_pipe_and_unmap(const struct memory *memory, void *argument)
{
	int error = fill_pipe(memory, argument);

	return error ? error : unmap_memory(memory, argument);
}

#define EXPECT_PIPE_SHOWS(subject, generation)							\
	EXPECT_VERDICT(verdict_pipe_shows, subject, &splice_pipe, generation)

/*
 * ACCURACY, ISOLATION. vmsplice takes one plain reference a page, which does not look like a pin;
 * reading the pipe releases it.
 */
SCENARIO(vmsplice, is_a_plain_reference, .rows = "R35 B2 B14", .hold = HOLD_NONE,
	 .needs = NEEDS_MODULE)
{
	size_t references, i;
	struct counts before, now;

	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(counts_again(subject, &before, &now));
	references = before.report[0].order ? subject->memory.samples : 1;
	for (i = 0; i < subject->memory.samples; i++) {
		evidence("pfn=%llx ref_before=%d ref=%d pins=%d", now.pfn[i],
			 before.report[i].refcount, now.report[i].refcount, now.report[i].pins);
		EXPECT_EQ((int)references, now.report[i].refcount - before.report[i].refcount);
		EXPECT_EQ(0, now.report[i].pins);
	}
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CHANGE(subject, &before, 0, 0);
}

/*
 * REUSE, SYNC. Without a fork no other process shares the page: the page is exclusive, and the
 * pipe's reference must not cost a copy even where the write has to fault.
 */
SCENARIO(vmsplice, exclusive_page_stays, .rows = "B2 B12 B13 R20")
{
	struct witness before;

	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PIPE_SHOWS(subject, AFTER);
}

/*
 * ISOLATION. The child's pipe outlives the child's mapping. The parent, now the only one that maps
 * the page, must not write to the page in the pipe. THP: fixed by 3bff7e3f1f16.
 */
SCENARIO(vmsplice, child_splices_and_unmaps, .rows = "R1 R3 R4 B6 B18")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe_and_unmap, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. As before; mprotect may make pages writable ahead of the fault, but not this page. */
SCENARIO(vmsplice, child_splices_and_unmaps_mprotect, .rows = "R1 R3 R4 R20 B18")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe_and_unmap, NULL));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The child exits, the pipe stays. */
SCENARIO(vmsplice, child_splices_and_exits, .rows = "R1 R3 R4 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe, NULL));
	ASSERT_DONE(child_end(&subject->child));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The child still maps the page that it spliced: the kernel must copy. */
SCENARIO(vmsplice, child_splices_and_keeps, .rows = "R1 R3 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The grandchild fills the pipe; the child between has its own page by its own write. */
SCENARIO(vmsplice, grandchild_splices, .rows = "R1 R3 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 2));
	ASSERT_DONE(child_run(&subject->child, 1, fill_pipe, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 1, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
	EXPECT_CPU_SEES(subject, AFTER);
}

/*
 * ISOLATION. The other direction: the parent's pipe is older than the fork, and the child writes.
 */
SCENARIO(vmsplice, parent_splices_before_fork, .rows = "R2 R3 R4 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(unmap_memory(&subject->memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	ASSERT_DONE(map_again(subject));
}

/* ISOLATION. The parent fills the pipe after the fork, from shared pages. */
SCENARIO(vmsplice, parent_splices_after_fork, .rows = "R2 R3 R4 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(unmap_memory(&subject->memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	ASSERT_DONE(map_again(subject));
}

/* ISOLATION. The parent keeps its mapping, so the page has a mapping and a pipe's reference. */
SCENARIO(vmsplice, parent_splices_and_keeps, .rows = "R2 R3 B6")
{
	ASSERT_DONE(page_pipe_open(&splice_pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/*
 * ISOLATION. A device of the child instead of a pipe: the child holds the page by a plain reference
 * and unmaps it. No other process may write to that page.
 */
static int child_holds_and_unmaps(const struct memory *memory, void *argument)
{
	const struct hold_kind *kind = argument;
	struct hold hold = { 0 };
	int error = hold_take(&hold, kind, memory, 0, memory_pages(memory));

	if (!error)
		error = unmap_memory(memory, NULL);
	return error ? error : (int)hold.id;
}

SCENARIO(vmsplice, child_device_instead, .rows = "R1 R3 R4 B6",
	 .not_hold = HOLD_NONE | HOLD_DRIVER)
{
	struct hold *hold = &subject->hold;
	void *kind = (void *)subject->product->hold;
	int id;

	ASSERT_DONE(subject_fork(subject, 1));
	id = child_run(&subject->child, 0, child_holds_and_unmaps, kind);
	ASSERT_DONE(id);
	memory_fill(&subject->memory, AFTER);
	/* The session is inherited, so the child's hold can be used and released from here. */
	*hold = (struct hold) {
		.kind = kind, .memory = &subject->memory, .id = id, .taken = true,
		.pages = memory_pages(&subject->memory),
	};
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

PINCHECK_TEST_MAIN
