// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmsplice: a pipe holds pages by plain references for as long as nobody reads it. What it shows
 * must be what its owner wrote, whoever writes to the same memory after a fork (CVE-2020-29374).
 * The samples of large memory lie beyond the first 64 KiB, which is all that a pipe of the
 * default size would take of it.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "counts.h"

/* Nothing, what does not hold fork back, what does, and what a driver has for long. */
#define VMSPLICE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, get_ro_fast)			\
	X(topic, memory, get_rw_slow)		X(topic, memory, pin_ro_fast)			\
	X(topic, memory, pin_rw_lt_fast)	X(topic, memory, uring)

SUITE_EVENT("vmsplice")
TOPIC(vmsplice)
FOR_EACH_MEMORY(VMSPLICE_HOLDS, TOPIC_VARIANT, vmsplice)

/* A pipe; the child has it, too. */
static int splice_pipe[2];

/* The page of each sample into the pipe. Runs in any process. Return: 0 or a negative errno. */
static int fill_pipe(const struct memory *memory, void *argument)
{
	struct iovec pages[SAMPLES];
	ssize_t spliced;
	size_t i;

	(void)argument;
	for (i = 0; i < memory->samples; i++) {
		pages[i].iov_base = memory->start + memory->sample[i] * PAGE_BYTES;
		pages[i].iov_len = PAGE_BYTES;
	}
	spliced = vmsplice(splice_pipe[1], pages, memory->samples, 0);
	if (spliced < 0)
		return -errno;
	if ((size_t)spliced != memory->samples * PAGE_BYTES)
		return cause_say(-EIO, "vmsplice() took %zd bytes of %zu pages", spliced, memory->samples);
	return 0;
}

/* The reference in the pipe is then all that is left of the page in this process. */
static int unmap(const struct memory *memory, void *argument)
{
	(void)argument;
	return munmap(memory->start, memory->bytes) ? -errno : 0;
}

/* Fresh memory in its place: what is looked at when the test is over has to be there. */
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

	return error ? error : unmap(memory, argument);
}

static int read_pipe(const struct memory *memory, struct view *view)
{
	static char page[PAGE_BYTES_MAX];
	enum area area;
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		size_t start = memory->sample[i] * PAGE_BYTES, got = 0;

		while (got < PAGE_BYTES) {
			ssize_t more = read(splice_pipe[0], page + got, PAGE_BYTES - got);

			if (more <= 0)
				return more ? -errno :
				       cause_say(-ENODATA, "the pipe ends before sample %zu", i);
			got += more;
		}
		for (area = CPU_AREA; area < AREAS; area++) {
			uint64_t words[AREA_WORDS];

			memcpy(words, page + area_offset(memory, area, i) - start, AREA_BYTES);
			view->seen[area][i] = pattern_generation(memory, area, i, words);
		}
	}
	return 0;
}

/* ISOLATION: who reads the pipe sees @generation. Empties it. */
static void verdict_pipe_shows(struct subject *subject, enum generation generation,
			       struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	int error = read_pipe(memory, &view);
	size_t i, telling = 0;

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "cannot read the pipe", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		if (view.seen[CPU_AREA][i] != generation)
			verdict_broken(verdict, "the pipe shows other bytes", memory->sample[i]);
		telling = i;
	}
	verdict_note(verdict, "page=%zu pfn=%" PRIx64 " pipe_shows=%s expected=%s",
		     memory->sample[telling],
		     memory->start ? memory_pfn(memory, memory->sample[telling]) : 0,
		     generation_name(view.seen[CPU_AREA][telling]), generation_name(generation));
}

#define EXPECT_PIPE_SHOWS(subject, generation)							\
	EXPECT_VERDICT(verdict_pipe_shows, subject, generation)

static int open_pipe(void)
{
	return pipe2(splice_pipe, O_CLOEXEC) ? -errno : 0;
}

/*
 * ACCURACY, ISOLATION. What vmsplice takes is a plain reference a page: it does not look pinned,
 * and reading the pipe gives it back.
 */
SCENARIO(vmsplice, is_a_plain_reference, .rows = "R35 B2 B14", .hold = HOLD_NONE)
{
	size_t references, i;
	struct counts before, now;

	ASSERT_DONE(open_pipe());
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
 * REUSE, SYNC. Without a fork there is nobody to be isolated from: the page is exclusive, and the
 * pipe's reference must not cost a copy even where the write has to fault.
 */
SCENARIO(vmsplice, exclusive_page_stays, .rows = "B2 B12 B13 R20")
{
	struct witness before;

	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_PIPE_SHOWS(subject, AFTER);
}

/*
 * ISOLATION. The child's pipe outlives the child's mapping; the parent, alone with its page
 * tables, must not write where the pipe looks. THP: fixed by 3bff7e3f1f16.
 */
SCENARIO(vmsplice, child_splices_and_unmaps, .rows = "R1 R3 R4 B6 B18")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe_and_unmap, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. As before; mprotect may make pages writable ahead of the fault, but not this one. */
SCENARIO(vmsplice, child_splices_and_unmaps_mprotect, .rows = "R1 R3 R4 R20 B18")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe_and_unmap, NULL));
	ASSERT_DONE(memory_reprotect(&subject->memory));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The child is gone altogether, its pipe is not. */
SCENARIO(vmsplice, child_splices_and_exits, .rows = "R1 R3 R4 B6")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe, NULL));
	ASSERT_DONE(child_end(&subject->child));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The child still maps what it spliced: two mappings, and nobody may reuse. */
SCENARIO(vmsplice, child_splices_and_keeps, .rows = "R1 R3 B6")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_run(&subject->child, 0, fill_pipe, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
}

/* ISOLATION. The grandchild's pipe, with the child between them already apart by its own write. */
SCENARIO(vmsplice, grandchild_splices, .rows = "R1 R3 B6")
{
	ASSERT_DONE(open_pipe());
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

/* ISOLATION. COW breaks either way: the parent's pipe from before the fork, the child writes. */
SCENARIO(vmsplice, parent_splices_before_fork, .rows = "R2 R3 R4 B6")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(unmap(&subject->memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	ASSERT_DONE(map_again(subject));
}

/* ISOLATION. And filled after the fork, from pages that are shared by then. */
SCENARIO(vmsplice, parent_splices_after_fork, .rows = "R2 R3 R4 B6")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(unmap(&subject->memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	ASSERT_DONE(map_again(subject));
}

/* ISOLATION. The parent keeps its mapping: both are reference holders of one page. */
SCENARIO(vmsplice, parent_splices_and_keeps, .rows = "R2 R3 B6")
{
	ASSERT_DONE(open_pipe());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fill_pipe(&subject->memory, NULL));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_PIPE_SHOWS(subject, BEFORE);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

/*
 * ISOLATION. The same holes seen by a device of the child's: what it holds by the plain reference
 * of row @hold is nobody else's to write to, once the child has unmapped it.
 */
static int child_holds_and_unmaps(const struct memory *memory, void *argument)
{
	const struct hold_kind *kind = argument;
	struct hold hold = { 0 };
	int error = hold_take(&hold, kind, memory, 0, memory_pages(memory));

	if (!error)
		error = unmap(memory, NULL);
	return error ? error : (int)hold.id;
}

SCENARIO(vmsplice, child_device_instead, .rows = "R1 R3 R4 B6",
	 .not_hold = HOLD_NONE | HOLD_URING)
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
