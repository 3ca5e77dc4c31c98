// SPDX-License-Identifier: GPL-2.0-only
/*
 * placement: memory in ZONE_MOVABLE is promised to be movable, and what is pinned is not. A pin for
 * long must not be given there: the page has to leave first (d1e153fea2a8, Linux 5.13). A pin for a
 * moment stays where it is, and is in the way as long as it lasts. The runner makes a ZONE_MOVABLE
 * for this topic; memory that is touched then comes from it.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "placement.h"

#define ANONYMOUS_HOLDS(X, topic, memory)							\
	X(topic, memory, none)									\
	FOR_EACH_PIN(X, topic, memory)								\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)

/* No driver may write to a file for long: whitelist.c. */
#define FILE_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, get_ro_fast)

/* To empty a block takes a tenth of a second: not for each row that is like another. */
#define SWAPPED_OR_HUGETLB	(MEMORY_SWAPPED | MEMORY_HUGETLB)
#define ALL_BUT_BASE		(SWAPPED_OR_HUGETLB | MEMORY_LARGE | MEMORY_SHMEM | MEMORY_TRACKED)

/*
 * The kernel counts pages whose migration failed: by that a block shows that it cannot be emptied.
 * It tries for ever, until a timer's signal comes.
 */
#define NEEDS_TO_EMPTY_BLOCK	(NEEDS_MOVABLE | NEEDS_MEMORY_BLOCK | NEEDS_VM_EVENTS | NEEDS_TIMERS)

SUITE_EVENT("migrate")
TOPIC(placement)
FOR_EACH_MEMORY(ANONYMOUS_HOLDS, TOPIC_VARIANT, placement)
ANONYMOUS_HOLDS(TOPIC_VARIANT, placement, shmem_shared)
FILE_HOLDS(TOPIC_VARIANT, placement, ext4_shared)

static bool is_mapped_shared(const struct subject *subject)
{
	return subject->product->memory->flags & MAP_SHARED;
}

/* PATH: GUP-fast leaves to the slow path what it may not pin for long. */
static void verdict_all_slow(struct subject *subject, struct verdict *verdict)
{
	const struct hold *hold = &subject->hold;

	verdict_start(verdict, "PATH");
	verdict_note(verdict, "pages=%zu fast=%" PRIu64 " slow=%" PRIu64, hold->pages,
		     hold->fast_pages, hold->slow_pages);
	if (hold->slow_pages != hold->pages)
		verdict_broken(verdict, "expected all of them slow", hold->first);
}

/* PLACEMENT: a pin for long is refused where the page cannot leave. What is given is given back. */
static void verdict_longterm_refused(struct subject *subject, struct verdict *verdict)
{
	const struct hold_kind *other = subject_holds(subject, HOLD_WRITE) ?
					&hold_pin_rw_lt_slow : &hold_pin_ro_lt_slow;
	struct hold hold;
	int error = hold_take(&hold, other, &subject->memory, 0, memory_pages(&subject->memory));

	verdict_start(verdict, "PLACEMENT");
	if (!error)
		verdict_broken(verdict, "pinned for long where it is", subject->memory.sample[0]);
	else if (error != -ENOMEM)
		verdict_broken(verdict, "refused otherwise than by ENOMEM",
			       subject->memory.sample[0]);
	verdict_note(verdict, "hold=%s beside=%s outcome=\"%s\"", other->name,
		     subject->product->hold->name, error ? strerror(-error) : "given");
	hold_release(&hold);
}

/* What kernels answer with a WARN is not done to them. */
#define NEEDS_LONGTERM(subject) do {								\
	if (subject_is(subject, MEMORY_HUGETLB))						\
		SUITE_NEEDS(NEEDS_HUGETLB_LEAVES);						\
} while (0)

/*
 * PLACEMENT, then SYNC. The page leaves before it is pinned: another page is mapped, with the same
 * bytes, and that is the one that the device has.
 */
SCENARIO(placement, longterm_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	struct witness before, now;

	NEEDS_LONGTERM(subject);
	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	if (!subject_holds(subject, HOLD_URING))
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

/*
 * PLACEMENT, ACCURACY. A pin for a moment, or a plain reference, moves nothing. The device tells
 * that the page is pinned where it is in the way, and no more once it is given back.
 */
SCENARIO(placement, short_stays, .rows = "B5", .not_hold = HOLD_NONE | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	EXPECT_SCAN_FINDS(subject, &before, false);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PATH(subject, subject_mapped(subject));
	EXPECT_STAYED(subject, &before);
	EXPECT_SCAN_FINDS(subject, &before, subject_holds(subject, HOLD_PIN));
	EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	EXPECT_SCAN_FINDS(subject, &before, false);
	EXPECT_STAYED(subject, &before);
}

/*
 * PLACEMENT, ACCURACY. Somebody holds the page already, so it cannot leave: a pin for long is
 * refused, and that costs nobody a reference. When the other is gone it is given.
 */
SCENARIO(placement, longterm_beside_short, .rows = "B5 R45 R48",
	 .not_hold = HOLD_NONE | HOLD_LONGTERM, .not_memory = MEMORY_TRACKED,
	 .needs = NEEDS_MOVABLE)
{
	static struct product then = { .hold = &hold_pin_rw_lt_fast };
	struct witness before;

	NEEDS_LONGTERM(subject);
	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_longterm_refused, subject);
	EXPECT_STAYED(subject, &before);
	EXPECT_ACCURATE(subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	ASSERT_DONE(subject_release(subject));
	then.memory = subject->product->memory;
	subject->product = &then;
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	EXPECT_SYNC(subject, AFTER);
}

/* PLACEMENT, ACCURACY. Only what is held leaves. One REPORT tells of both zones. */
SCENARIO(placement, part_leaves, .rows = "B5 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .not_memory = MEMORY_LARGE, .needs = NEEDS_MOVABLE)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold_part(subject, 1, 1));
	EXPECT_VERDICT(verdict_only_held_left, subject);
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* PLACEMENT. What is not there yet comes from where it may stay. */
SCENARIO(placement, longterm_faults_in, .rows = "B5 R45",
	 .hold = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_MOVABLE)
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0);
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, NULL);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * PLACEMENT, ISOLATION, SYNC. The page is shared with a child. Where it is COW the pin first makes
 * a copy, which must not come from ZONE_MOVABLE; where it is MAP_SHARED the child's mapping moves
 * with it.
 */
SCENARIO(placement, longterm_of_shared, .rows = "B5 R22 R45", .hold = HOLD_PIN | HOLD_LONGTERM,
	 .needs = NEEDS_MOVABLE)
{
	struct witness before;

	NEEDS_LONGTERM(subject);
	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_PLACED(subject, &before);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	memory_fill(&subject->memory, AFTER);
	if (is_mapped_shared(subject)) {
		EXPECT_CHILD_SEES(subject, 0, AFTER);
		EXPECT_CHILD_SHARES(subject, 0);
		EXPECT_SYNC(subject, AFTER);
	} else {
		EXPECT_SYNC(subject, AFTER);
		EXPECT_CHILD_SEES(subject, 0, BEFORE);
		EXPECT_CHILD_APART(subject, 0);
	}
}

/* PLACEMENT. memfd_pin_folios() is always for long, and finds its pages by the file. */
SCENARIO(placement, memfd_leaves, .rows = "B5 R45 R50", .memory = MEMORY_SHMEM, .hold = HOLD_NONE,
	 .needs = NEEDS_MOVABLE | NEEDS_MEMFD)
{
	struct memory *memory = &subject->memory;
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_MEMFD, .flags = PINCHECK_HOLD_WRITE, .fd = memory->file,
		.len = memory->bytes,
	};
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(pincheck_hold(memory->session, &request));
	/* What was migrated is mapped again when it is touched. */
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
	ASSERT_DONE(pincheck_release(memory->session, request.hold));
}

/*
 * The control: what nobody holds is moved out of the way, with its bytes. Not hugetlb: such a page
 * goes from one free page of the pool to the next, all of them in the same block.
 */
SCENARIO(placement, block_goes, .rows = "B10", .hold = HOLD_NONE, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/*
 * PLACEMENT, SYNC. Memory goes offline only when all of it was migrated: a pin for a moment, or a
 * plain reference, keeps it from that, and keeps its page. Then it goes.
 */
SCENARIO(placement, short_keeps_block, .rows = "B10 B11 B19",
	 .hold = HOLD_FAST, .not_hold = HOLD_LONGTERM, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_BLOCK_STAYS();
	EXPECT_STAYED(subject, &before);
	EXPECT_SYNC(subject, BEFORE);
	ASSERT_DONE(subject_release(subject));
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/* PLACEMENT, SYNC. This is what it is for: a pin for long is in nobody's way. */
SCENARIO(placement, longterm_lets_block_go, .rows = "B5 B10 R45",
	 .hold = HOLD_PIN | HOLD_LONGTERM | HOLD_FAST, .not_memory = SWAPPED_OR_HUGETLB,
	 .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	NEEDS_LONGTERM(subject);
	ASSERT_DONE(starts_in_movable(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_BLOCK_GOES();
	EXPECT_SYNC(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* A page in a pipe. Return: the pipe's reading end, or a negative errno. */
static int splice_page(const struct memory *memory)
{
	struct iovec page = { memory->start, PAGE_BYTES };
	int splice_pipe[2], error = 0;

	if (pipe2(splice_pipe, O_CLOEXEC))
		return -errno;
	if (vmsplice(splice_pipe[1], &page, 1, 0) != (ssize_t)PAGE_BYTES)
		error = cause_say(-EIO, "vmsplice() did not take the page");
	close(splice_pipe[1]);
	if (error)
		close(splice_pipe[0]);
	return error ? error : splice_pipe[0];
}

/*
 * PLACEMENT, and a gap of it. A pipe holds by a plain reference for as long as its reader likes,
 * and the kernel takes that for a moment: nothing is moved, and the memory stays until the pipe is
 * gone.
 */
SCENARIO(placement, pipe_keeps_block, .rows = "B19", .hold = HOLD_NONE,
	 .not_memory = ALL_BUT_BASE, .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;
	int splice_pipe;

	ASSERT_DONE(starts_in_movable(subject, &before));
	splice_pipe = splice_page(&subject->memory);
	ASSERT_DONE(splice_pipe);
	EXPECT_BLOCK_STAYS();
	EXPECT_SCAN_FINDS(subject, &before, false);
	close(splice_pipe);
	EXPECT_BLOCK_GOES();
	EXPECT_CPU_SEES(subject, BEFORE);
	EXPECT_PLACED(subject, &before);
}

/* What REPORT and SCAN say of page frames whose memory is away. Return: 0 or a negative errno. */
static int look_at_nothing(void *argument)
{
	const struct witness *pages = argument;
	struct pincheck_report report[SAMPLES];
	__u64 cursor = pages->mapped[0], end = cursor + (PMD_BYTES / PAGE_BYTES);
	__u64 found[1], count = 1;
	int session = pincheck_open(), error;
	size_t i;

	if (session < 0)
		return session;
	error = pincheck_report(session, (const __u64 *)pages->mapped, SAMPLES, report);
	for (i = 0; i < SAMPLES && !error; i++) {
		if (report[i].present & PINCHECK_REPORT_PAGE)
			error = cause_say(-EEXIST, "a page that is away is reported as there");
	}
	if (!error)
		error = pincheck_scan(session, PINCHECK_SCAN_PINNED | PINCHECK_SCAN_EXCESS, &cursor,
				      &end, found, &count);
	close(session);
	if (error)
		return error;
	if (count || cursor != end)
		return cause_say(-EBADMSG, "SCAN finds %llu pages where memory is away, and ends at %#llx",
				 count, cursor);
	return 0;
}

/* ACCURACY. There are no pages where memory is offline, and nobody stumbles over that. */
SCENARIO(placement, offline_has_no_pages, .rows = "B1", .hold = HOLD_NONE,
	 .not_memory = ALL_BUT_BASE, .needs = NEEDS_TO_EMPTY_BLOCK)
{
	struct witness before;

	ASSERT_DONE(starts_in_movable(subject, &before));
	EXPECT_VERDICT(verdict_block, true, look_at_nothing, &before);
	EXPECT_CPU_SEES(subject, BEFORE);
}

TOPIC_NEEDS("movable");
PINCHECK_TEST_MAIN
