// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_charge: an administrator moves the process to another memory cgroup, and the kernel moves what
 * its pages cost, page by page: it takes each page off its LRU list, locks it, and gives it another
 * cgroup, also while a device holds it (cgroup v1, up to Linux 6.12). The page, its bytes and its
 * counts stay.
 */
#include "other_suite.h"
#include <sys/mman.h>
#include "charge_move.h"
#include "file.h"

#define OTHERS_CHARGE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, pin_ro_fast)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, mirror_rw)

/* The memory is to be charged to the first cgroup, so the process enters that before. */
static int populate_small(struct memory *memory)
{
	int error = charge_move_begin();

	madvise(memory->start, memory->bytes, MADV_NOHUGEPAGE);
	return error ? error : memory_populate(memory);
}

static int populate_huge(struct memory *memory)
{
	int error = charge_move_begin();

	if (!error && madvise(memory->start, memory->bytes, MADV_HUGEPAGE))
		error = -errno;
	return error ? error : memory_populate(memory);
}

static const char *check_size(struct memory *memory)
{
	bool large = memory->kind->traits & MEMORY_LARGE;
	struct pincheck_report report;
	__u64 pfn = memory_pfn(memory, 0);

	if (!pfn || page_reports(memory->session, &pfn, 1, &report))
		return "is not present";
	if (large != !!report.order)
		return large ? "is not a huge page" : "is not of base pages";
	return NULL;
}

static const struct memory_kind memory_moving = {
	.name = "moving", .shape = &usermem_kinds[USERMEM_BASE], .needs = NEEDS_CHARGE_MOVING,
	.populate = populate_small, .check = check_size,
};

static const struct memory_kind memory_moving_thp = {
	.name = "moving_thp", .shape = &usermem_kinds[USERMEM_THP],
	.traits = MEMORY_LARGE | MEMORY_PMD, .needs = NEEDS_CHARGE_MOVING | NEEDS_THP,
	.populate = populate_huge, .check = check_size,
};

static const struct memory_kind memory_moving_shmem = {
	.name = "moving_shmem", .file = &file_memfd, .flags = MAP_SHARED, .traits = MEMORY_SHMEM,
	.needs = NEEDS_CHARGE_MOVING | NEEDS_SHMEM, .populate = populate_small, .check = check_size,
};

TOPIC(others_charge)
OTHERS_CHARGE_HOLDS(TOPIC_VARIANT, others_charge, moving)
OTHERS_CHARGE_HOLDS(TOPIC_VARIANT, others_charge, moving_thp)
OTHERS_CHARGE_HOLDS(TOPIC_VARIANT, others_charge, moving_shmem)

/* Return: how many samples are charged to the second cgroup, or a negative errno. */
static int count_moved(const struct memory *memory)
{
	int moved = 0;

	for (size_t i = 0; i < memory->samples; i++) {
		/* The first page of a folio has the cgroup of all pages. */
		size_t page = memory->kind->traits & MEMORY_LARGE ? 0 : memory->sample[i];
		int answer = charge_moved(memory_pfn(memory, page));

		if (answer < 0)
			return answer;
		moved += answer;
	}
	return moved;
}

/* ACCURACY: @moved samples are charged to the second cgroup. */
static void verdict_charged(const struct memory *memory, bool moved, struct verdict *verdict)
{
	int seen = count_moved(memory), expected = moved ? (int)memory->samples : 0;

	verdict_start(verdict, "ACCURACY");
	if (seen < 0)
		verdict_failed(verdict, "reading /proc/kpagecgroup", seen);
	else if (seen != expected)
		verdict_broken(verdict, "a page is charged to the other cgroup", 0);
	verdict_note(verdict, "samples=%zu moved=%d moved_expected=%d", memory->samples, seen,
		     expected);
}

/*
 * SYNC, ACCURACY. The charge moves with the process, held or not: nobody asks for references. The page
 * stays where it is, and its counts are explained as before.
 */
SCENARIO(others_charge, moved, .rows = "B10 B11", .event = "charge_moved")
{
	static const struct other_event moves = { .unheld = UNHELD_STAYS };
	struct before_event before;

	ASSERT_DONE(other_event_prepare(subject, &moves, &before));
	EXPECT_VERDICT(verdict_charged, &subject->memory, false);
	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(charge_move());
	EXPECT_VERDICT(verdict_charged, &subject->memory, true);
	other_event_judge(_metadata, subject, &moves, &before);
	if (!subject_holds(subject, HOLD_MIRROR))
		EXPECT_ACCURATE(subject);
	ASSERT_DONE(subject_release(subject));
	memory_unmap(&subject->memory);
	charge_move_end();
}

/* In the guest of gigantic, behind it: a hierarchy of cgroup v1 takes the memory controller away from others. */
TOPIC_NEEDS("gigantic own_guest");
PINCHECK_TEST_MAIN
