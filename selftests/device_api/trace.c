// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace: who takes pins and gives them back, as probes in the kernel see it, compared with what the test
 * itself did, and with the kernel's own counters. Invariants: ACCURACY, CLEAN.
 */
#include "suite.h"
#include <sys/mman.h>
#include "../../tools/lib/knob.h"
#include "../../tools/lib/vmstat.h"
#include "stage.h"
#include "trace_records.h"

TRACE_TOPIC(trace)

STAGE_ROWS(trace)

STAGE_VARIANT(trace, pin_ro_fast, PIN, FAST, 0)
STAGE_VARIANT(trace, pin_rw_slow, PIN, SLOW, HOLD_RW)
STAGE_VARIANT(trace, pin_rw_lt_fast, PIN, FAST, HOLD_RW | HOLD_LT)

FIXTURE_TEARDOWN(trace)
{
	EXPECT_EQ(0, close(self->session));
	free(self->trace);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int start_own_trace(FIXTURE_DATA(trace) *self, uint32_t flags)
{
	return trace_start(self->trace, self->session, getpid(), flags);
}

/* Return: how many of the pages of the call are those of the hold, in the same order. */
static size_t count_same_pages(const struct trace_records *trace,
			       const struct pincheck_traced *call,
			       const struct pincheck_page *pages)
{
	uint64_t pfns[STAGE_PAGES] = { 0 };
	size_t same = 0, found = trace_pages(trace, call, pfns, STAGE_PAGES);

	for (size_t i = 0; i < found; i++)
		same += pfns[i] == pages[i].pfn;
	return same;
}

/*
 * ACCURACY. A hold is one call that takes pins, and its release is one that gives them back: by this
 * process, on these pages, in the number and by the path that HOLD answered.
 */
CASE(trace, hold, .rows = "P46")
{
	const struct pincheck_traced *taken, *given;
	struct pincheck_page pages[STAGE_PAGES];
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, start_own_trace(self, 0));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages));
	ASSERT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	ASSERT_EQ(0, trace_collect(self->trace));
	taken = trace_call(self->trace, NULL, false);
	given = trace_call(self->trace, NULL, true);
	ASSERT_NE(NULL, taken);
	ASSERT_NE(NULL, given);
	EXPECT_EQ(0, self->trace->state.lost + self->trace->state.missed);
	evidence("function=%s asked=%llu got=%lld fast=%llu ns=%llu released_by=%s pins=%lld ns=%llu",
		 pincheck_function_name(taken->function), taken->asked, taken->result,
		 taken->fast_pages, taken->latency, pincheck_function_name(given->function),
		 given->result, given->latency);
	EXPECT_EQ(NULL, trace_call(self->trace, taken, false));
	EXPECT_EQ(NULL, trace_call(self->trace, given, true));
	EXPECT_EQ(getpid(), taken->pid);
	EXPECT_EQ(getpid(), taken->tid);
	EXPECT_EQ((uintptr_t)stage->memory, taken->address);
	EXPECT_EQ(STAGE_PAGES, taken->asked);
	EXPECT_EQ(STAGE_PAGES, taken->result);
	EXPECT_TRUE(taken->flags & PINCHECK_TRACED_PATH);
	EXPECT_EQ(stage->hold.fast_pages, taken->fast_pages);
	EXPECT_EQ(STAGE_PAGES, count_same_pages(self->trace, taken, pages));
	EXPECT_LT(0, taken->latency);
	EXPECT_LE(taken->time, given->time);
	EXPECT_EQ(STAGE_PAGES, given->result);
	EXPECT_EQ(STAGE_PAGES, count_same_pages(self->trace, given, pages));
	EXPECT_EQ(0, given->flags & PINCHECK_TRACED_DIRTY);
}

/*
 * ACCURACY. GUP-fast finds the pages that are there; the others come by the slow path. On a kernel before
 * 6.3 the device makes two calls for a long-term pin: the first for what GUP-fast finds.
 */
CASE(trace, half_fast, .rows = "P46")
{
	const struct pincheck_traced *taken = NULL;
	struct stage *stage = &self->stage;
	long long got = 0, fast = 0;

	ASSERT_EQ(0, madvise(stage->memory + 3 * stage->page, 5 * stage->page, MADV_DONTNEED));
	ASSERT_EQ(0, start_own_trace(self, 0));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, trace_collect(self->trace));
	while ((taken = trace_call(self->trace, taken, false))) {
		EXPECT_TRUE(taken->flags & PINCHECK_TRACED_PATH);
		got += taken->result;
		fast += taken->fast_pages;
	}
	evidence("fast=%lld got=%lld", fast, got);
	EXPECT_EQ((long long)stage->hold.fast_pages, fast);
	EXPECT_EQ(variant->row.path == PINCHECK_PATH_FAST ? 3 : 0, fast);
	EXPECT_EQ(STAGE_PAGES, got);
}

/* Each CPU has a share of the counters until it is told to add it. */
static int count_pins(uint64_t *counters)
{
	int error = knob_set("/proc/sys/vm/stat_refresh", "1");

	return error ?: vmstat_pins(&counters[0], &counters[1]);
}

/*
 * ACCURACY. What the kernel counts is what the records say, also where a function calls another one, and
 * where a hold fails half way, so that the kernel gives back what it took.
 */
CASE(trace, counters_agree, .rows = "P46")
{
	uint64_t before[2], after[2];
	struct stage *stage = &self->stage;
	__u32 dirty = variant->row.flags & HOLD_RW ? PINCHECK_RELEASE_DIRTY : 0;

	ASSERT_EQ(0, trace_start(self->trace, self->session, getpid(), PINCHECK_TRACE_OTHERS));
	ASSERT_EQ(0, count_pins(before));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(STAGE_PAGES, pincheck_release_flags(stage->session, stage->hold.hold, dirty));
	ASSERT_EQ(0, munmap(stage->memory + stage->length - stage->page, stage->page));
	ASSERT_EQ(-EFAULT, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, count_pins(after));
	ASSERT_EQ(0, trace_collect(self->trace));
	evidence("acquired=%llu recorded=%lld released=%llu recorded=%lld",
		 (unsigned long long)(after[0] - before[0]),
		 (long long)trace_pins(self->trace, false),
		 (unsigned long long)(after[1] - before[1]),
		 (long long)trace_pins(self->trace, true));
	EXPECT_EQ(after[0] - before[0] - (after[1] - before[1]),
		  (uint64_t)(trace_pins(self->trace, false) - trace_pins(self->trace, true)));
	EXPECT_LE((uint64_t)trace_pins(self->trace, false), after[0] - before[0]);
	EXPECT_LE(STAGE_PAGES, trace_pins(self->trace, false));
}

/* ACCURACY. The call stack begins with the function of this module that makes the call. */
CASE(trace, stack, .rows = "P46")
{
	const struct pincheck_traced *taken, *given;
	char text[4096], other[4096];

	ASSERT_EQ(0, start_own_trace(self, PINCHECK_TRACE_STACKS));
	for (unsigned int round = 0; round < 2; round++) {
		ASSERT_EQ(0, stage_hold_all(&self->stage, variant->row));
		ASSERT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	}
	ASSERT_EQ(0, trace_collect(self->trace));
	taken = trace_call(self->trace, NULL, false);
	given = trace_call(self->trace, NULL, true);
	ASSERT_NE(NULL, taken);
	ASSERT_NE(NULL, given);
	ASSERT_EQ(0, pincheck_trace_stack(self->session, taken->stack, text, sizeof(text)));
	ASSERT_EQ(0, pincheck_trace_stack(self->session, given->stack, other, sizeof(other)));
	evidence("taken=\"%.*s\" given=\"%.*s\"", (int)strcspn(text, "\n"), text,
		 (int)strcspn(other, "\n"), other);
	for (char *line = text; *line; line += strcspn(line, "\n") + 1)
		evidence("frame=\"%.*s\"", (int)strcspn(line, "\n"), line);
	EXPECT_NE(NULL, strstr(text, "[pincheck]"));
	EXPECT_LT(strstr(text, "[pincheck]"), text + strcspn(text, "\n"));
	EXPECT_LT(strstr(other, "[pincheck]"), other + strcspn(other, "\n"));
	EXPECT_NE(NULL, strstr(text, "hold_command"));
	EXPECT_NE(NULL, strstr(text, "ioctl\n"));
	EXPECT_NE(NULL, strstr(other, "release_command"));
	EXPECT_EQ(NULL, strstr(text, "0x"));
	/* The same stack has the same number. */
	taken = trace_call(self->trace, taken, false);
	ASSERT_NE(NULL, taken);
	EXPECT_EQ(trace_call(self->trace, NULL, false)->stack, taken->stack);
	EXPECT_EQ(-ENOENT, pincheck_trace_stack(self->session, 0, text, sizeof(text)));
	EXPECT_EQ(-ENOENT, pincheck_trace_stack(self->session, -1U, text, sizeof(text)));
}

PINCHECK_TEST_MAIN
