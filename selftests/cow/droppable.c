// SPDX-License-Identifier: GPL-2.0-only
/*
 * droppable: memory of MAP_DROPPABLE (9651fcedf7b9) may be dropped by reclaim at any moment, dirty or not,
 * unless somebody refers to the page. The kernel's droppable looks at memory that nobody holds: here
 * that is the control. Invariants: PLACEMENT, SYNC.
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

PINCHECK_TEST_MAIN
