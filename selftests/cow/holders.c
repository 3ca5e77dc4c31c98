// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders: drivers of the kernel's own hold the memory, and move bytes: udmabuf by a mapping of its
 * buffer, RDMA by a queue pair, io_uring by a fixed buffer. The promises are those of the module's
 * holds.
 */
#include "kinds_suite.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "counts.h"
#include "pin_accounting.h"
#include "rdma_link.h"

#define HOLDERS_OF_PROCESS(X, topic, memory)							\
	X(topic, memory, rdma)									\
	X(topic, memory, uring)

/* udmabuf holds pages of a file. io_uring of 5.10 refuses files, but not those of hugetlb. */
#define HOLDERS_OF_FILE(X, topic, memory)							\
	X(topic, memory, udmabuf)								\
	X(topic, memory, rdma)

TOPIC(holders)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, base)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, thp_pmd)
HOLDERS_OF_PROCESS(TOPIC_VARIANT, holders, hugetlb)
HOLDERS_OF_FILE(TOPIC_VARIANT, holders, shmem_shared)
HOLDERS_OF_FILE(TOPIC_VARIANT, holders, memfd_hugetlb)
TOPIC_VARIANT(holders, memfd_hugetlb, uring)

SUITE_PREPARE
{
	rdma_link_for_run();
}

SCENARIO(holders, held, .rows = "B4 B5 B10", .event = "write")
{
	kind_meets_writes(_metadata, subject);
}

/*
 * ACCURACY. The driver's pins move the machine's counters: one a page, or one a folio. The queue pair of
 * hold_rdma.c has a page of its own, which is pinned, too.
 */
SCENARIO(holders, counted, .rows = "B14", .event = "pin")
{
	struct memory *memory = &subject->memory;
	bool folded = hold_folds(subject->product->hold) && subject_is(subject, MEMORY_LARGE);
	int64_t held, after, expected = folded ? 1 : memory_pages(memory);

	if (subject->product->hold == &hold_rdma)
		expected++;
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(pins_surplus(&held));
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(pins_surplus(&after));
	evidence("nr_foll_pin=%lld expected=%lld after=%lld", (long long)held, (long long)expected,
		 (long long)after);
	EXPECT_EQ(expected, held);
	EXPECT_EQ(0, after);
}

SCENARIO(holders, forked, .rows = "B10 B11 R28 R29 R30", .event = "fork")
{
	kind_meets_fork(_metadata, subject);
}

/* ISOLATION. In a private mapping the driver sees no write of the child, and the child none of the driver. */
SCENARIO(holders, child_writes, .rows = "B10 B11 R28 R29 R30", .event = "fork")
{
	enum generation seen = subject_is_shared(subject) ? BY_CHILD : BEFORE;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
	EXPECT_SYNC(subject, seen);
	EXPECT_CPU_SEES(subject, seen);
	if (!subject_is_shared(subject))
		EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
}

SCENARIO(holders, cleared, .rows = "B10 B11 B12 R14", .event = "clear_refs")
{
	kind_meets_clear_refs(_metadata, subject);
}

SCENARIO(holders, protected, .rows = "B10 B11 B12 R20", .event = "mprotect")
{
	kind_meets_protection(_metadata, subject);
}

/* SYNC, REUSE. Reclaim must not take the page, and must not unmap it for another. */
SCENARIO(holders, swapped, .rows = "B10 B11 B34 R18", .event = "reclaim",
	 .not_memory = MEMORY_HUGETLB, .needs = NEEDS_SWAP)
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(usermem_try_page_out(memory->start, memory->bytes));
	memory_read_samples(memory);
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* What the process sees in private memory that it gave up. */
static void verdict_sees_zeros(struct subject *subject, struct verdict *verdict)
{
	struct view view;

	verdict_start(verdict, "ISOLATION");
	memory_look(&subject->memory, &view);
	for (size_t i = 0; i < subject->memory.samples; i++)
		if (view.seen[CPU_AREA][i] != GEN_UNKNOWN || view.seen[DEVICE_AREA][i] != GEN_UNKNOWN)
			verdict_broken(verdict, "the process sees a page that it gave up",
				       subject->memory.sample[i]);
	verdict_note(verdict, "samples=%zu", subject->memory.samples);
}

/*
 * ISOLATION, SYNC. The process gives private memory up: the driver keeps its page, and the process gets
 * another. Shared memory is in the file: the process maps the same page again.
 */
SCENARIO(holders, dontneed, .rows = "B1 B10", .event = "madvise", .not_memory = MEMORY_HUGETLB)
{
	struct memory *memory = &subject->memory;
	struct counts before, now;
	struct change left;

	ASSERT_DONE(counts_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0);
	if (subject_is_shared(subject)) {
		memory_fill(memory, AFTER);
		EXPECT_SYNC(subject, AFTER);
		return;
	}
	ASSERT_DONE(hold_fill(&subject->hold, BY_DEVICE));
	EXPECT_VERDICT(verdict_sees_zeros, subject);
	memory_fill(memory, AFTER);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
	/* Nobody else has the page: the release will free it. */
	ASSERT_DONE(counts_again(subject, &before, &now));
	left = change_by_hold(subject->product->hold, memory_pages(memory), 1, &before.report[0]);
	evidence("pfn=%llx ref=%d ref_expected=%d", now.pfn[0], now.report[0].refcount,
		 left.references);
	EXPECT_EQ(left.references, now.report[0].refcount);
}

/* Takes the hold as a driver of this process, and dies with it. */
static void die_holding(struct subject *subject, int told)
{
	int error = subject_hold(subject);
	int64_t held = error;

	if (!error && !pins_surplus(&held) && write(told, &held, sizeof(held)) == sizeof(held))
		kill(getpid(), SIGKILL);
	_exit(1);
}

/* Return: pins that the process had when it died, or a negative errno */
static int64_t let_die_holding(struct subject *subject)
{
	int channel[2], status;
	int64_t held = -EIO;
	pid_t child;

	if (pipe(channel))
		return -errno;
	child = fork();
	if (!child)
		die_holding(subject, channel[1]);
	close(channel[1]);
	if (read(channel[0], &held, sizeof(held)) != sizeof(held))
		held = -EIO;
	close(channel[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		return cause_say(-EIO, "the process could not take the hold");
	return held;
}

/* CLEAN. A process is killed while a driver holds its memory: the kernel gives every pin back. */
SCENARIO(holders, killed, .rows = "B14", .event = "exit")
{
	int64_t held = let_die_holding(subject);
	char why[200] = "";
	bool back;

	ASSERT_DONE(held < 0 ? (int)held : 0);
	back = pins_agree(why, sizeof(why));
	evidence("pins_held=%lld back=%d why=\"%s\"", (long long)held, back, why);
	EXPECT_LT(0, held);
	EXPECT_TRUE(back);
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_ACCURATE(subject);
}

TOPIC_NEEDS("rdma");
PINCHECK_TEST_MAIN
