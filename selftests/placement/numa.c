// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa: move_pages() asks the kernel to migrate memory to another node. A page that a device holds
 * stays where it is, and the device does not lose it. Row B10. The second node is one that the
 * kernel makes up: pincheck-vm boots a guest with numa=fake=2 for this topic.
 */
#include "suite.h"
#include <linux/mempolicy.h>
#include <sys/syscall.h>

#define HOLDS(X, topic, memory)									\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_rw_slow)			\
	X(topic, memory, pin_ro_lt_slow)	X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, uring)			X(topic, memory, get_rw_fast)

TOPIC(numa)
HOLDS(TOPIC_VARIANT, numa, base)
HOLDS(TOPIC_VARIANT, numa, thp_pmd)
HOLDS(TOPIC_VARIANT, numa, shmem_shared)

/* Nodes of the guest are 0 and 1. Return: the one on which the memory is not, or a negative errno */
static int other_node(const struct memory *memory)
{
	void *page = memory->start;
	int node = -ENOENT;

	if (syscall(SYS_move_pages, 0, 1, &page, NULL, &node, 0) < 0)
		return -errno;
	return node < 0 ? node : !node;
}

/* Sample by sample: those of a huge page are one page. Return: 0 or -errno; a page may stay */
static int ask_to_move(const struct memory *memory, int node)
{
	size_t i;

	for (i = 0; i < memory->samples; i++) {
		void *page = memory_address(memory, memory->sample[i]);
		int status = 0;

		if (syscall(SYS_move_pages, 0, 1, &page, &node, &status, MPOL_MF_MOVE) < 0)
			return -errno;
	}
	return 0;
}

/* PLACEMENT: all of the memory is on @node, and not in the pages of @before. */
static void verdict_moved(struct subject *subject, const struct witness *before, int node,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	int error = witness_take(subject, &now);
	size_t i;

	verdict_start(verdict, "PLACEMENT");
	if (error)
		return verdict_failed(verdict, "cannot look at the pages", error);
	for (i = 0; i < memory->samples; i++)
		if (now.report[i].node != node || now.mapped[i] == before->mapped[i])
			verdict_broken(verdict, "not moved", memory->sample[i]);
	verdict_note(verdict, "node_before=%d node=%d", before->report[0].node,
		     now.report[0].node);
}

/* The control: the kernel does move what nobody holds. */
SCENARIO(numa, free_page_moves, .rows = "B10", .hold = HOLD_NONE, .needs = NEEDS_NODES)
{
	struct witness before;
	int node;

	ASSERT_DONE(witness_by_module(subject, &before));
	node = other_node(&subject->memory);
	ASSERT_DONE(node);
	ASSERT_DONE(ask_to_move(&subject->memory, node));
	EXPECT_VERDICT(verdict_moved, subject, &before, node);
	EXPECT_CPU_SEES(subject, BEFORE);
}

/* REUSE, SYNC. The page has a reference that no page table explains, so it cannot be migrated. */
SCENARIO(numa, held_page_stays, .rows = "B10", .not_hold = HOLD_NONE, .needs = NEEDS_NODES)
{
	struct witness before;
	int node;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	node = other_node(&subject->memory);
	ASSERT_DONE(node);
	ASSERT_DONE(ask_to_move(&subject->memory, node));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

TOPIC_NEEDS("numa=fake=2");
PINCHECK_TEST_MAIN
