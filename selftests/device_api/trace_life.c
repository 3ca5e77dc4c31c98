// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_life: a trace begins and ends, whatever happens meanwhile; has the calls of whom it was asked for;
 * and counts what it misses. Invariants: ACCURACY, CLEAN.
 */
#include "suite.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "knob_journal.h"
#include "stage.h"
#include "trace_records.h"

/*
 * To plant a probe and to remove it, the kernel looks at each of its functions, which takes an emulated
 * machine a tenth of a second or more; a trace has up to 16 probes.
 */
#define SECONDS		120

static const struct hold_row row = STAGE_ROW(PIN, FAST, HOLD_RW);

TRACE_TOPIC(trace_life)

FIXTURE_TEARDOWN(trace_life)
{
	EXPECT_EQ(0, close(self->session));
	free(self->trace);
	EXPECT_EQ(0, knob_restore(0));
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int start_trace_of_this(FIXTURE_DATA(trace_life) *self, uint32_t flags)
{
	return trace_start(self->trace, self->session, getpid(), flags);
}

/* Plain references are no pins: nothing is recorded of them. */
CASE(trace_life, plain_references, .rows = "P46")
{
	static const struct hold_row get = STAGE_ROW(GET, FAST, HOLD_RW);

	ASSERT_EQ(0, start_trace_of_this(self, 0));
	ASSERT_EQ(0, stage_hold_all(&self->stage, get));
	ASSERT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	ASSERT_EQ(0, trace_collect(self->trace));
	EXPECT_EQ(0, self->trace->count);
	/* The control: the same trace has a pin. */
	ASSERT_EQ(0, stage_hold(&self->stage, row, self->stage.memory, self->stage.page));
	ASSERT_EQ(0, trace_collect(self->trace));
	EXPECT_EQ(1, self->trace->count);
	evidence("get=0 pin=%zu", self->trace->count);
}

/* Runs in a child: its @depth-th descendant takes a hold and gives it back, in a session of its own. */
static void hold_and_end(const FIXTURE_DATA(trace_life) *self, unsigned int depth)
{
	struct stage stage = self->stage;

	for (; depth; depth--) {
		pid_t child = fork();

		if (child)
			_exit(child < 0 || waitpid(child, NULL, 0) != child);
	}
	stage.session = pincheck_open();
	_exit(stage.session < 0 || stage_hold_all(&stage, row) ||
	      pincheck_release(stage.session, stage.hold.hold) < 0);
}

/* Return: pid of a process whose @depth-th descendant holds, after that; or -1. */
static pid_t run_holder(const FIXTURE_DATA(trace_life) *self, unsigned int depth)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		hold_and_end(self, depth);
	return waitpid(child, &status, 0) == child && !status ? child : -1;
}

static size_t count_calls(const struct trace_records *trace, bool inside)
{
	size_t count = 0;

	for (size_t i = 0; i < trace->count; i++)
		count += trace->records[i].type == PINCHECK_TRACED_CALL &&
			 inside == !!(trace->records[i].flags & PINCHECK_TRACED_INSIDE);
	return count;
}

/* ACCURACY. Whose calls are wanted is what is recorded: one process, its tree, or all of them, marked. */
CASE_TIMEOUT(trace_life, whose, SECONDS, .rows = "P46")
{
	static const struct {
		__u32 flags;
		unsigned int depth;
		bool own;
		size_t inside;
		size_t outside;
	} rows[] = {
		{ 0, 0, true, 2, 0 },
		{ PINCHECK_TRACE_OTHERS, 0, true, 2, 2 },
		{ PINCHECK_TRACE_TREE, 2, false, 2, 0 },
		{ PINCHECK_TRACE_TREE | PINCHECK_TRACE_OTHERS, 2, true, 4, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(0, start_trace_of_this(self, rows[i].flags));
		ASSERT_LT(0, run_holder(self, rows[i].depth));
		if (rows[i].own) {
			ASSERT_EQ(0, stage_hold_all(&self->stage, row));
			pincheck_release(self->stage.session, self->stage.hold.hold);
		}
		ASSERT_EQ(0, trace_collect(self->trace));
		EXPECT_EQ(rows[i].inside, count_calls(self->trace, true)) TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].outside, count_calls(self->trace, false)) TH_LOG("row %zu", i);
		ASSERT_EQ(0, pincheck_trace_end(self->session));
	}
	evidence("ways=%zu depth=0..2", ARRAY_SIZE(rows));
}

/* CLEAN. There are probes only while a session traces, and one session at a time does. */
CASE_TIMEOUT(trace_life, probes_go, SECONDS, .rows = "P45")
{
	struct pincheck_trace_read read;
	struct pincheck_traced record;
	int session = pincheck_open(), status;
	int64_t began, begin_ms, end_ms;
	pid_t child;

	SUITE_NEEDS(NEEDS_KPROBES_SWITCH);	/* whose file lies beside the list of probes */
	ASSERT_LE(0, session);
	EXPECT_FALSE(trace_probed());
	EXPECT_EQ(-ENOENT, pincheck_trace_end(self->session));
	EXPECT_EQ(-ENOENT, pincheck_trace_read(self->session, &record, 1, &read));
	began = nanoseconds();
	ASSERT_EQ(0, start_trace_of_this(self, 0));
	begin_ms = (nanoseconds() - began) / 1000000;
	EXPECT_TRUE(trace_probed());
	EXPECT_EQ(-EBUSY, trace_start(self->trace, session, 0, 0));
	EXPECT_EQ(-EBUSY, trace_start(self->trace, self->session, 0, 0));
	EXPECT_EQ(-ENOENT, pincheck_trace_end(session));
	EXPECT_EQ(-ENOENT, pincheck_trace_read(session, &record, 1, &read));
	began = nanoseconds();
	EXPECT_EQ(0, pincheck_trace_end(self->session));
	end_ms = (nanoseconds() - began) / 1000000;
	EXPECT_FALSE(trace_probed());
	/* The session ends. */
	ASSERT_EQ(0, trace_start(self->trace, session, 0, PINCHECK_TRACE_STACKS));
	EXPECT_TRUE(trace_probed());
	ASSERT_EQ(0, close(session));
	EXPECT_FALSE(trace_probed());
	/* The process is killed. */
	child = fork();
	if (!child) {
		session = pincheck_open();
		if (!trace_start(self->trace, session, 0, 0))
			raise(SIGKILL);
		_exit(1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_FALSE(trace_probed());
	ASSERT_EQ(0, start_trace_of_this(self, 0));
	evidence("ends=\"stop close sigkill\" begin_ms=%lld end_ms=%lld", (long long)begin_ms,
		 (long long)end_ms);
}

#define FEW	PINCHECK_TRACE_RECORDS_MIN

/* What there is no room for is counted: nothing is lost in silence. */
CASE(trace_life, lost, .rows = "P47")
{
	struct pincheck_trace request = { .pid = getpid(), .records = FEW };
	struct trace_records *trace = self->trace;
	unsigned int calls = 2 * FEW + 8;

	trace->session = self->session;
	ASSERT_EQ(0, pincheck_trace(self->session, &request));
	for (unsigned int i = 0; i < calls / 2; i++) {
		ASSERT_EQ(0, stage_hold(&self->stage, row, self->stage.memory,
					self->stage.page));
		ASSERT_EQ(1, pincheck_release(self->stage.session, self->stage.hold.hold));
	}
	ASSERT_EQ(0, trace_collect(trace));
	evidence("calls=%u room=%u read=%zu lost=%llu", calls, FEW, trace->count, trace->state.lost);
	EXPECT_EQ(FEW, trace->count);
	EXPECT_EQ(calls - FEW, trace->state.lost);
	/* The oldest are kept, and there is room again. */
	for (unsigned int i = 0; i < trace->count; i++)
		EXPECT_EQ(i + 1, trace->records[i].call);
	ASSERT_EQ(0, stage_hold(&self->stage, row, self->stage.memory, self->stage.page));
	ASSERT_EQ(0, trace_collect(trace));
	ASSERT_EQ(1, trace->count);
	EXPECT_EQ(calls + 1, trace->records[0].call);
}

/* TRACE says so if the kernel does not call the probes, and TRACE_READ if it no longer does. */
CASE_TIMEOUT(trace_life, switched_off, SECONDS, .rows = "P47")
{
	static const char *const knobs[] = { KNOB_KPROBES, KNOB_FTRACE };
	size_t switches = ARRAY_SIZE(knobs);

	SUITE_NEEDS(NEEDS_KPROBES_SWITCH);
	/* Linux 7.3 has no switch of ftrace any more. */
	if (require_missing(NEEDS_FTRACE_SWITCH))
		switches = 1;
	for (size_t i = 0; i < switches; i++) {
		ASSERT_EQ(0, knob_change(knobs[i], "0"));
		EXPECT_EQ(-EIO, start_trace_of_this(self, 0)) TH_LOG("%s", knobs[i]);
		EXPECT_FALSE(trace_probed());
		ASSERT_EQ(0, knob_restore(0));
		ASSERT_EQ(0, start_trace_of_this(self, 0)) TH_LOG("%s", knobs[i]);
		ASSERT_EQ(0, trace_collect(self->trace));
		EXPECT_EQ(0, self->trace->state.told);
		ASSERT_EQ(0, knob_change(knobs[i], "0"));
		ASSERT_EQ(0, trace_collect(self->trace));
		EXPECT_EQ(PINCHECK_TRACE_TOLD_BLIND, self->trace->state.told) TH_LOG("%s", knobs[i]);
		ASSERT_EQ(0, knob_restore(0));
		ASSERT_EQ(0, trace_collect(self->trace));
		EXPECT_EQ(0, self->trace->state.told);
		ASSERT_EQ(0, pincheck_trace_end(self->session));
	}
	evidence("switches=%zu start=EIO read=blind", switches);
}

#define OVERHEAD_ROUNDS	200

static int compare_numbers(const void *a, const void *b)
{
	const __u64 *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Return: the median of the nanoseconds to pin and unpin @pages pages by the kernel's own calls; 0: failed. */
static __u64 median_cost(const struct stage *stage, unsigned int pages)
{
	static struct pincheck_bench_sample samples[OVERHEAD_ROUNDS];
	static __u64 sums[OVERHEAD_ROUNDS];
	struct pincheck_bench bench = {
		.flags = PINCHECK_HOLD_WRITE, .kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.addr = (uintptr_t)stage->memory, .len = pages * stage->page,
		.rounds = OVERHEAD_ROUNDS, .samples = (uintptr_t)samples,
	};

	if (pincheck_bench(stage->session, &bench))
		return 0;
	for (size_t i = 0; i < OVERHEAD_ROUNDS; i++)
		sums[i] = samples[i].take_ns + samples[i].give_ns;
	qsort(sums, OVERHEAD_ROUNDS, sizeof(*sums), compare_numbers);
	return sums[OVERHEAD_ROUNDS / 2];
}

/* Each of some hundred calls has a record; what that costs is printed, as a ratio. No verdict on the cost. */
CASE_TIMEOUT(trace_life, many_calls, SECONDS, .rows = "P46")
{
	static const __u32 flags[] = { 0, PINCHECK_TRACE_STACKS };
	__u64 untraced[2], traced[2], after;

	untraced[0] = median_cost(&self->stage, 1);
	untraced[1] = median_cost(&self->stage, STAGE_PAGES);
	ASSERT_LT(0, untraced[0]);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_EQ(0, start_trace_of_this(self, flags[i]));
		traced[0] = median_cost(&self->stage, 1);
		ASSERT_EQ(0, trace_collect(self->trace));
		EXPECT_EQ(2 * OVERHEAD_ROUNDS, count_calls(self->trace, true));
		EXPECT_EQ(0, self->trace->state.lost + self->trace->state.missed);
		traced[1] = median_cost(&self->stage, STAGE_PAGES);
		ASSERT_EQ(0, pincheck_trace_end(self->session));
		evidence("stacks=%zu page_ns=%llu traced_ns=%llu ratio=%.1f pages_ns=%llu traced_ns=%llu ratio=%.1f",
			 i, untraced[0], traced[0], (double)traced[0] / untraced[0], untraced[1],
			 traced[1], (double)traced[1] / untraced[1]);
	}
	after = median_cost(&self->stage, 1);
	evidence("after_ns=%llu", after);
}

/* Arguments that TRACE refuses, and what TRACE_READ does with a buffer that cannot be written. */
CASE(trace_life, refused, .rows = "P1 P3 P45")
{
	static const struct {
		struct pincheck_trace request;
		int error;
	} rows[] = {
		{ { .records = FEW - 1 }, -EINVAL },
		{ { .records = 0 }, -EINVAL },
		{ { .records = PINCHECK_TRACE_RECORDS_MAX + 1ULL }, -EINVAL },
		{ { .records = ~0ULL }, -EINVAL },
		{ { .records = FEW, .pid = -1 }, -EINVAL },
		{ { .records = FEW, .pid = 1 << 30 }, -ESRCH },
		{ { .records = FEW, .flags = PINCHECK_TRACE_TREE }, -EINVAL },
		{ { .records = FEW, .flags = PINCHECK_TRACE_OTHERS }, -EINVAL },
		{ { .records = FEW, .flags = PINCHECK_TRACE_STOP }, -EINVAL },
		{ { .pid = 1, .flags = PINCHECK_TRACE_STOP }, -EINVAL },
		{ { .flags = PINCHECK_TRACE_STOP | PINCHECK_TRACE_STACKS }, -EINVAL },
	};
	static const struct pincheck_trace_stack stacks[] = {
		{ .size = sizeof(stacks[0]), .stack = 1, .room = 0 },
		{ .size = sizeof(stacks[0]), .stack = 1, .room = 1, .flags = 1 },
		{ .size = sizeof(stacks[0]), .stack = 1, .room = 1, .reserved = 1 },
		{ .size = PINCHECK_TRACE_STACK_SIZE_ABI1 - 1, .stack = 1, .room = 1 },
	};
	char *hole = (char *)self->stage.memory + self->stage.length;
	struct pincheck_trace_read read;
	const struct pincheck_traced *call;
	char text[8];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pincheck_trace request = rows[i].request;

		EXPECT_EQ(rows[i].error, pincheck_trace(self->session, &request))
			TH_LOG("row %zu", i);
		EXPECT_FALSE(trace_probed());
	}
	ASSERT_EQ(0, start_trace_of_this(self, PINCHECK_TRACE_STACKS));
	ASSERT_EQ(0, stage_hold_all(&self->stage, row));
	ASSERT_EQ(0, trace_collect(self->trace));
	call = trace_call(self->trace, NULL, false);
	ASSERT_NE(NULL, call);
	/* A longer text is cut off. */
	EXPECT_EQ(0, pincheck_trace_stack(self->session, call->stack, text, sizeof(text)));
	EXPECT_EQ(sizeof(text) - 1, strlen(text));
	EXPECT_EQ(-EFAULT, pincheck_trace_stack(self->session, call->stack, hole, 1));
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		struct pincheck_trace_stack stack = stacks[i];

		EXPECT_EQ(-1, ioctl(self->session, PINCHECK_IOC_TRACE_STACK, &stack));
		EXPECT_EQ(EINVAL, errno) TH_LOG("stack %zu", i);
	}
	pincheck_release(self->stage.session, self->stage.hold.hold);
	EXPECT_EQ(-EFAULT, pincheck_trace_read(self->session, (void *)hole, 1, &read));
	EXPECT_EQ(-EINVAL, pincheck_trace_read(self->session, self->trace->records, 0, &read));
	evidence("refused=%zu", ARRAY_SIZE(rows) + ARRAY_SIZE(stacks));
}

/* Holds and releases until *stop. */
struct churn {
	struct stage stage;
	struct hold_row row;
	int stop;
	unsigned int rounds;
};

static void *churn_holds(void *argument)
{
	struct churn *churn = argument;

	while (!__atomic_load_n(&churn->stop, __ATOMIC_RELAXED)) {
		if (stage_hold_all(&churn->stage, churn->row) ||
		    pincheck_release(churn->stage.session, churn->stage.hold.hold) < 0)
			return "hold";
		__atomic_fetch_add(&churn->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

#define CHURN_TRACES	4
#define CHURN_ROUNDS	50	/* in each trace */

static void wait_for_rounds(const struct churn *churn, unsigned int rounds)
{
	unsigned int begun = __atomic_load_n(&churn->rounds, __ATOMIC_RELAXED);

	while (__atomic_load_n(&churn->rounds, __ATOMIC_RELAXED) - begun < rounds && suite_has_time())
		sched_yield();
}

/* Return: how many of the calls are not for all pages of the stage. */
static size_t count_odd_calls(const struct trace_records *trace)
{
	size_t odd = 0;

	for (size_t i = 0; i < trace->count; i++)
		odd += trace->records[i].type == PINCHECK_TRACED_CALL &&
		       (trace->records[i].result != STAGE_PAGES || trace->records[i].latency > 1ULL << 40);
	return odd;
}

/*
 * CLEAN. Traces begin and end while calls run: no call is harmed, and each trace has whole calls only. Under
 * emulation no other CPU may run the functions that the kernel patches (Documentation/emulation.md). On one
 * CPU the scheduler still switches at any point.
 */
CASE_TIMEOUT(trace_life, begins_and_ends_amid_calls, SECONDS, .rows = "P45 P46")
{
	struct churn churn = { .stage = self->stage, .row = row };
	unsigned int traces;
	size_t calls = 0, odd = 0;
	pthread_t thread;
	void *failed;

	SUITE_NEEDS(NEEDS_THREADS);
	if (!getenv("KSFT_MACHINE_SLOW"))
		stage_use_all_cpus();
	ASSERT_EQ(0, pthread_create(&thread, NULL, churn_holds, &churn));
	for (traces = 0; traces < CHURN_TRACES && suite_has_time(); traces++) {
		ASSERT_EQ(0, start_trace_of_this(self, traces % 2 ? PINCHECK_TRACE_STACKS : 0));
		wait_for_rounds(&churn, CHURN_ROUNDS);
		ASSERT_EQ(0, trace_collect(self->trace));
		calls += count_calls(self->trace, true);
		odd += count_odd_calls(self->trace);
		ASSERT_EQ(0, pincheck_trace_end(self->session));
	}
	__atomic_store_n(&churn.stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, &failed));
	evidence("traces=%u calls_recorded=%zu odd=%zu calls_made=%u", traces, calls, odd,
		 2 * churn.rounds);
	EXPECT_EQ(NULL, failed);
	EXPECT_EQ(0, odd);
	EXPECT_FALSE(trace_probed());
	SUITE_WINDOW(calls);
}

PINCHECK_TEST_MAIN
