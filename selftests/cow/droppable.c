// SPDX-License-Identifier: GPL-2.0-only
/*
 * droppable: memory of MAP_DROPPABLE (9651fcedf7b9) may be dropped by reclaim at any moment, dirty or not,
 * unless somebody refers to the page; a child does not get such pages. The kernel's droppable looks at
 * memory that nobody holds: here that is the control. Invariants: PLACEMENT, SYNC, ISOLATION.
 */
#include "other_suite.h"
#include <sys/mman.h>

static const char *check_droppable(struct memory *memory)
{
	for (size_t i = 0; i < memory->samples; i++)
		if (!memory_pfn(memory, memory->sample[i]))
			return "is not there";
	return NULL;
}

static const struct memory_kind memory_droppable = {
	.name = "droppable", .flags = MAP_DROPPABLE | MAP_ANONYMOUS, .needs = NEEDS_DROPPABLE,
	.populate = memory_populate, .check = check_droppable,
};

TOPIC(droppable)
TOPIC_VARIANT(droppable, droppable, none)
TOPIC_VARIANT(droppable, droppable, pin_rw_lt_fast)
TOPIC_VARIANT(droppable, droppable, pin_ro_slow)
TOPIC_VARIANT(droppable, droppable, get_rw_fast)
TOPIC_VARIANT(droppable, droppable, uring)

static int page_out(struct subject *subject)
{
	return usermem_try_page_out(subject->memory.start, subject->memory.bytes);
}

/* What nobody holds is gone. A held page stays, with its bytes: the device goes on with that page. */
OTHER_EVENT(droppable, reclaimed, .rows = "B10 B11 B34 R43") {
	.happen = page_out, .unheld = UNHELD_LEAVES, .loses = true
};

/* ISOLATION: the child's memory is empty. */
static void verdict_child_has_nothing(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view = { 0 };
	int error = child_look(&subject->child, 0, &view);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "asking the child", error);
	for (size_t i = 0; i < memory->samples; i++) {
		if (view.seen[CPU_AREA][i] || view.seen[DEVICE_AREA][i])
			verdict_broken(verdict, "the child has what its parent wrote", memory->sample[i]);
	}
	verdict_note(verdict, "child_sees=%s child_pfn=%llx pfn=%llx",
		     generation_name(view.seen[CPU_AREA][0]),
		     (unsigned long long)child_pfn(&subject->child, 0, 0),
		     (unsigned long long)memory_pfn(memory, 0));
}

/*
 * ISOLATION, SYNC. Such memory is for secrets, and empty in a child. No page is shared or copied, so a
 * plain reference keeps its page, too.
 */
SCENARIO(droppable, forked, .rows = "B10 B11", .event = "fork")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_VERDICT(verdict_child_has_nothing, subject);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

PINCHECK_TEST_MAIN
