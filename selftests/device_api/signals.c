// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals during HOLD: only a fatal signal may end it. For the first hold of a kind that watches
 * memory, the kernel takes all mapping locks of the process, and gives up on any signal. So each
 * hold is the first of a new process with many mappings, which have many locks. Invariant: CLEAN.
 */
#include "suite.h"
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device_memory.h"
#include "stage.h"

#define PROCESSES	25
#define MAPPINGS	2000
#define ALARM_USEC	100
#define STOPS_MOST	40
#define STOP_STEP_YIELDS	20

/* Counters in memory that all processes share. */
struct outcome {
	unsigned int held;
	unsigned int interrupted;
	unsigned int disturbed;	/* the handler ran between HOLD's call and its return */
	int other_error;
};

FIXTURE(signals)
{
	struct stage stage;
	struct outcome *outcome;
};

FIXTURE_VARIANT(signals)
{
	requirement_set needs;
	struct hold_row row;
};

FIXTURE_VARIANT_ADD(signals, mirror) { NEEDS_MIRROR, STAGE_ROW(MIRROR, UNKNOWN, 0) };
FIXTURE_VARIANT_ADD(signals, pfnmap) { NEEDS_PFNMAP, STAGE_ROW(PFNMAP, UNKNOWN, 0) };

SUITE_FACTS(signals)
{
	facts->hold = name;
}

/* Adjacent pages get different protections: the kernel would merge equal ones into one mapping. */
static void map_many(size_t page)
{
	for (size_t i = 0; i < MAPPINGS; i++)
		mmap(NULL, page, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

FIXTURE_SETUP(signals)
{
	SUITE_NEEDS(variant->needs);
	ASSERT_STAGE_OPEN(&self->stage);
	self->outcome = mmap(NULL, sizeof(*self->outcome), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->outcome);
	/* The processes get them by fork(), which is faster than mmap(). */
	map_many(self->stage.page);
}

FIXTURE_TEARDOWN(signals)
{
	munmap(self->outcome, sizeof(*self->outcome));
	EXPECT_STAGE_CLEAN(&self->stage);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	alarms++;
}

static void start_alarms(void)
{
	const struct sigaction action = { .sa_handler = count_alarm, .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, ALARM_USEC }, { 0, ALARM_USEC } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_alarms(void)
{
	const struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
}

/* The memory for a hold of @row: device memory of the session, or the memory of the stage. */
static void *memory_of(const struct stage *stage, struct hold_row row)
{
	if (row.kind == PINCHECK_KIND_PFNMAP)
		return device_map(stage->session, &flavour_fault, PROT_READ);
	return stage->memory;
}

static void take_hold(const FIXTURE_DATA(signals) *self, struct hold_row row, void *memory)
{
	struct stage stage = self->stage;
	sig_atomic_t before = alarms;
	int error = stage_hold(&stage, row, memory, stage.page);

	self->outcome->disturbed += alarms != before;
	self->outcome->held += !error;
	self->outcome->interrupted += error == -EINTR;
	if (error && error != -EINTR)
		self->outcome->other_error = error;
	if (!error)
		pincheck_release(stage.session, stage.hold.hold);
}

/* Starts a process that runs @prepare and then takes one hold. Return: its pid */
static pid_t start_holder(const FIXTURE_DATA(signals) *self, struct hold_row row,
			  void (*prepare)(void))
{
	pid_t pid = fork();
	void *memory;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memory = memory_of(&self->stage, row);
	if (memory == MAP_FAILED)
		_exit(1);
	prepare();
	take_hold(self, row, memory);
	stop_alarms();
	_exit(0);
}

/* Signals with a handler arrive all the time, and every HOLD succeeds. */
CASE(signals, alarms_do_not_interrupt, .rows = "D9")
{
	struct outcome *outcome = self->outcome;
	unsigned int processes;
	int status;

	SUITE_NEEDS(NEEDS_TIMERS);
	for (processes = 0; processes < PROCESSES && suite_has_time(); processes++) {
		pid_t pid = start_holder(self, variant->row, start_alarms);

		ASSERT_LT(0, pid);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
	}
	evidence("held=%u holds=%d interrupted=%u other_error=%d disturbed=%u", outcome->held,
		 processes, outcome->interrupted, outcome->other_error, outcome->disturbed);
	EXPECT_OFTEN(PROCESSES, processes);
	EXPECT_EQ(0, outcome->interrupted);
	EXPECT_EQ(processes, outcome->held);
	EXPECT_LT(0, outcome->disturbed);
}

/* The process stops itself before HOLD, so that its parent knows that HOLD comes next. */
static void stop_oneself(void)
{
	raise(SIGSTOP);
}

/*
 * Continues @pid, which stopped itself, and stops it again, each time a little later, so that some
 * stop falls into its HOLD; STOPS_MOST times or until the process ends. Return: number of stops
 * that worked
 */
static unsigned int stop_often(pid_t pid, int *status)
{
	unsigned int stops = 0;

	while (waitpid(pid, status, WUNTRACED) == pid && WIFSTOPPED(*status)) {
		kill(pid, SIGCONT);
		if (++stops > STOPS_MOST)
			continue;
		for (unsigned int i = 0; i < stops * STOP_STEP_YIELDS; i++)
			sched_yield();
		kill(pid, SIGSTOP);
	}
	return stops;
}

/* SIGSTOP cannot be blocked: the kernel restarts the call when the process continues. */
CASE(signals, stops_do_not_interrupt, .rows = "D9")
{
	struct outcome *outcome = self->outcome;
	unsigned int stops = 0, processes;
	int status;

	stage_use_all_cpus();
	for (processes = 0; processes < PROCESSES && suite_has_time(); processes++) {
		pid_t pid = start_holder(self, variant->row, stop_oneself);

		ASSERT_LT(0, pid);
		stops += stop_often(pid, &status);
		ASSERT_EQ(0, status);
	}
	evidence("held=%u holds=%d interrupted=%u other_error=%d stops=%u", outcome->held,
		 processes, outcome->interrupted, outcome->other_error, stops);
	EXPECT_OFTEN(PROCESSES, processes);
	EXPECT_EQ(0, outcome->interrupted);
	EXPECT_EQ(processes, outcome->held);
	EXPECT_LT(processes, stops);
}

PINCHECK_TEST_MAIN
