// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile use, a bounded number of calls. Invariant: CLEAN, whatever any process asks for and
 * wherever it is killed: every reference is given back, no memory is lost, the kernel prints no
 * splat, and no process without a capability gets what needs one.
 *
 * Four workers with different limits and rights make calls, change memory, fork, exec and pass
 * sessions to each other (see lib/fuzz.h). The test kills and replaces them. It makes the same run
 * several times: memory use that grows in each round is a leak.
 *
 * PINCHECK_FUZZ= sets the number of calls, PINCHECK_SEED= the seed.
 */
#include "suite.h"
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include "faults.h"
#include "footprint.h"
#include "fuzz.h"
#include "gup_test_file.h"
#include "stage.h"

#define ROUNDS		3
#define ROUNDS_MAX	6	/* if ROUNDS rounds look like a leak */
#define CALLS		24000	/* in all rounds, by default */
#define SEED		0x20201231c0ffee01
#define PROGRESS_MOST	24	/* most bytes of progress between two kills */
#define FAULTS_PERCENT	2
#define SECONDS		7200	/* enough for millions of calls */

/* Differences between two rounds that the kernel's own work may explain. */
#define NOISE_OBJECTS	8
#define NOISE_FOLIOS	16
#define NOISE_KIB	1024

FIXTURE(hostile)
{
	struct stage stage;
	struct fuzz_shared *shared;
	bool gup_test;	/* gup_test.ko is loaded */
	struct prng prng;
	unsigned int kills, ends, crashes;
	size_t rounds;
	struct footprint footprints[ROUNDS_MAX];
	uint64_t pinned[ROUNDS_MAX], excess[ROUNDS_MAX];
};

FIXTURE_VARIANT(hostile)
{
	bool faults;
	unsigned int share;	/* the variant makes 1 / share of the calls */
};

FIXTURE_VARIANT_ADD(hostile, mixed) { false, 1 };

/* FAULTS_PERCENT of the allocations, and of the copies from and to user memory, fail. */
FIXTURE_VARIANT_ADD(hostile, failing_allocations) { true, 4 };

/*
 * The beginning and the end of a trace patch the kernel, which under emulation no other CPU may run meanwhile
 * (Documentation/emulation.md). There the session of this process traces all calls, from before the first
 * worker to after the last one.
 */
static int begin_trace_of_all(const struct stage *stage)
{
	struct pincheck_trace trace = { .records = PINCHECK_TRACE_RECORDS_MIN };

	return pincheck_trace(stage->session, &trace);
}

FIXTURE_SETUP(hostile)
{

	SUITE_NEEDS(NEEDS_UNIX | NEEDS_CAPABILITIES | NEEDS_SHMEM |
		    (variant->faults ? NEEDS_FAULTS : 0));
	ASSERT_STAGE_OPEN(&self->stage);
	self->gup_test = gup_test_offered() && !gup_test_load();
	self->shared = fuzz_shared_open();
	ASSERT_NE(NULL, self->shared) TH_LOG("the files of the run: %s", strerror(errno));
	self->shared->seed = prng_given_seed() ?: SEED;
	self->shared->faults = variant->faults;
	/* There remap_pfn_range() zaps, when it finds no page table, what it has no record of (R73). */
	self->shared->no_remap = variant->faults && require_missing(NEEDS_PAT_RECORDS);
	self->shared->no_trace = getenv("KSFT_MACHINE_SLOW");
	if (self->shared->no_trace && !require_missing(NEEDS_TRACE)) {
		ASSERT_EQ(0, begin_trace_of_all(&self->stage));
	}
	/* This process reaps the children of workers that were killed. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	stage_use_all_cpus();
	if (variant->faults)
		faults_begin(FAULTS_PERCENT);
}

FIXTURE_TEARDOWN(hostile)
{
	if (!self->shared)
		return;
	if (variant->faults)
		faults_end();
	fuzz_shared_close(self->shared);
	if (self->gup_test)
		EXPECT_EQ(0, gup_test_unload());
	EXPECT_STAGE_CLEAN(&self->stage);
}

static unsigned long calls_wanted(const FIXTURE_VARIANT(hostile) *variant)
{
	const char *given = getenv("PINCHECK_FUZZ");
	unsigned long calls = given ? strtoul(given, NULL, 0) : 0;

	return (calls ?: CALLS) / variant->share;
}

static int64_t calls_left(const FIXTURE_DATA(hostile) *self)
{
	return __atomic_load_n(&self->shared->left, __ATOMIC_RELAXED);
}

static void start_worker(FIXTURE_DATA(hostile) *self, size_t number, struct pollfd *watch)
{
	pid_t pid = fuzz_worker_start(self->shared, number, prng_next(&self->prng));

	self->shared->pids[number] = pid > 0 ? pid : 0;
	watch->fd = pid > 0 ? syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* Counts how the worker ended, and starts another one if calls remain. */
static void reap_worker(FIXTURE_DATA(hostile) *self, size_t number, struct pollfd *watch)
{
	int status = 0;

	close(watch->fd);
	watch->fd = -1;
	waitpid(self->shared->pids[number], &status, 0);
	self->shared->pids[number] = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		self->crashes++;
	else
		self->ends++;
	if (calls_left(self) > 0)
		start_worker(self, number, watch);
}

static size_t workers_alive(const struct pollfd *watched)
{
	size_t alive = 0;

	for (size_t i = 0; i < FUZZ_WORKERS; i++)
		alive += watched[i].fd >= 0;
	return alive;
}

/* Ends when all calls are made and all workers are gone. Kills one after some bytes of progress. */
static void run_round(FIXTURE_DATA(hostile) *self, int64_t calls)
{
	struct pollfd watched[FUZZ_WORKERS + 1];
	struct pollfd *progress = &watched[FUZZ_WORKERS];
	int64_t patience = PROGRESS_MOST;
	char bytes[64];

	self->shared->left = calls;
	self->prng.state = self->shared->seed;
	*progress = (struct pollfd){ self->shared->progress[0], POLLIN, 0 };
	for (size_t i = 0; i < FUZZ_WORKERS; i++) {
		watched[i].events = POLLIN;
		start_worker(self, i, &watched[i]);
	}
	while (workers_alive(watched) && poll(watched, ARRAY_SIZE(watched), -1) > 0) {
		if (progress->revents)
			patience -= read(progress->fd, bytes, sizeof(bytes));
		for (size_t i = 0; i < FUZZ_WORKERS; i++)
			if (watched[i].fd >= 0 && watched[i].revents)
				reap_worker(self, i, &watched[i]);
		if (patience <= 0) {
			pid_t victim = self->shared->pids[prng_below(&self->prng, FUZZ_WORKERS)];

			patience = 1 + prng_below(&self->prng, PROGRESS_MOST);
			if (victim > 0 && !kill(victim, SIGKILL))
				self->kills++;
		}
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Closes the sessions that no worker received. */
static void empty_fd_pool(FIXTURE_DATA(hostile) *self)
{
	char bytes[64];

	while (recv(self->shared->fd_pool[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* The kernel may close the files of a killed process a moment after the process was reaped. */
static bool accounting_settles(FIXTURE_DATA(hostile) *self, char *why, size_t size)
{
	struct pin_accounting expected = self->stage.before;
	int64_t end = moment_end();

	expected.sessions++;	/* the stage's own */
	do {
		if (pin_accounting_agrees(&expected, why, size))
			return true;
	} while (moment_goes_on(end));
	return false;
}

/* Return: the number of folios of the whole machine that @filter finds. */
static uint64_t scan_all(FIXTURE_DATA(hostile) *self, __u32 filter)
{
	__u64 pfns[256], cursor = 0, end = 0, count;
	uint64_t found = 0;

	do {
		count = ARRAY_SIZE(pfns);
		if (pincheck_scan(self->stage.session, filter, &cursor, &end, pfns, &count))
			return UINT64_MAX;
		found += count;
	} while (cursor < end);
	return found;
}

static void print_outcomes(const struct fuzz_shared *shared, bool root, unsigned int command)
{
	const uint32_t *outcomes = shared->outcomes[root][command];
	char line[512];
	size_t at = 0;

	for (int error = 1; error < FUZZ_ERRNOS; error++)
		if (outcomes[error] && at < sizeof(line) - 32)
			at += snprintf(line + at, sizeof(line) - at, "%s%s:%u",
				       at ? " " : "", strerrorname_np(error) ?: "?", outcomes[error]);
	line[at] = '\0';
	evidence("caller=%s command=\"%s\" done=%u failed=\"%s\"", root ? "root" : "nobody",
		 fuzz_command_name(command), outcomes[0], line);
}

static void print_actions(const FIXTURE_DATA(hostile) *self)
{
	static const char *const names[] = {
		[FUZZ_OPEN] = "opened", [FUZZ_CLOSE] = "closed", [FUZZ_DUP] = "duplicated",
		[FUZZ_PASS] = "passed", [FUZZ_RECEIVE] = "received", [FUZZ_KEEP] = "kept",
		[FUZZ_FORK] = "forked", [FUZZ_GUP_TEST] = "gup_test_opened", [FUZZ_EXEC] = "executed", [FUZZ_SUICIDE] = "suicides",
		[FUZZ_MEMORY] = "memory_changed",
	};
	char line[512];
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		at += snprintf(line + at, sizeof(line) - at, "%s %u, ", names[i],
			       self->shared->actions[i]);
	evidence("actions=\"%s\" killed=%u ended=%u crashed=%u", line, self->kills, self->ends,
		 self->crashes);
}

static void print_footprint(const FIXTURE_DATA(hostile) *self, size_t round)
{
	const struct footprint *now = &self->footprints[round];

	evidence("free_kib=%ld unreclaimable_kib=%ld module_kib=%ld pinned=%lu excess=%lu",
		 now->free_kib, now->unreclaimable_kib, now->module_kib, self->pinned[round],
		 self->excess[round]);
}

static long least(long a, long b)
{
	return a < b ? a : b;
}

/*
 * A leak costs objects in each round. Return: of the cache that grows most, the growth in the round
 * in which it grew least.
 */
static long lost_objects(const FIXTURE_DATA(hostile) *self, const char **name)
{
	const struct footprint *first = self->footprints;
	long most = 0;

	*name = "none";
	for (size_t i = 0; i < first->count; i++) {
		long lost = LONG_MAX;

		for (size_t round = 1; round < self->rounds; round++)
			lost = least(lost, footprint_objects(first + round, first->caches[i].name) -
				     footprint_objects(first + round - 1, first->caches[i].name));
		if (lost <= most)
			continue;
		most = lost;
		*name = first->caches[i].name;
	}
	return most;
}

static long lost_kib(const FIXTURE_DATA(hostile) *self)
{
	long lost = LONG_MAX;

	for (size_t round = 1; round < self->rounds; round++)
		lost = least(lost, self->footprints[round - 1].free_kib -
			     self->footprints[round].free_kib);
	return lost;
}

static bool seems_to_leak(const FIXTURE_DATA(hostile) *self)
{
	const char *name;

	return lost_objects(self, &name) > NOISE_OBJECTS || lost_kib(self) > NOISE_KIB;
}

/* Runs one round and records what remains allocated and pinned. */
static void measure_round(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) *self,
			  unsigned long calls)
{
	size_t round = self->rounds;
	struct timespec begin, end;
	char why[WHY] = "";

	clock_gettime(CLOCK_MONOTONIC, &begin);
	run_round(self, calls);
	clock_gettime(CLOCK_MONOTONIC, &end);
	empty_fd_pool(self);
	EXPECT_TRUE(accounting_settles(self, why, sizeof(why))) TH_LOG("CLEAN: %s", why);
	EXPECT_EQ(0, footprint_take(&self->footprints[round]));
	self->pinned[round] = scan_all(self, PINCHECK_SCAN_PINNED);
	self->excess[round] = scan_all(self, PINCHECK_SCAN_EXCESS);
	self->rounds++;
	evidence("round=%zu calls=%lu seconds=%ld", round + 1, calls, end.tv_sec - begin.tv_sec);
	print_footprint(self, round);
}

/* A permitted command succeeded at least once (unless faults are injected, or it seldom can); others never did. */
static void judge_outcomes(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) *self,
			   bool faults)
{
	struct pincheck_info info = { 0 };

	EXPECT_EQ(0, pincheck_info(self->stage.session, &info));
	info.features |= self->gup_test ? FUZZ_FEAT_GUP_TEST : 0;
	for (unsigned int i = 0; fuzz_command_name(i); i++) {
		for (int root = 0; root < 2; root++) {
			bool expected = fuzz_command_expected(i, root, info.features);

			print_outcomes(self->shared, root, i);
			if (expected && (faults || fuzz_command_seldom(i)))
				continue;
			EXPECT_EQ(expected, !!self->shared->outcomes[root][i][0]) {
				TH_LOG("%s by %s %s", fuzz_command_name(i),
				       root ? "root" : "nobody",
				       expected ? "never succeeded" : "succeeded");
			}
		}
	}
}

CASE_TIMEOUT(hostile, rounds_cost_same, SECONDS, .rows = "P5 P23 P24")
{
	const char *name;
	long lost;

	evidence("seed=%#lx", self->shared->seed);
	while (self->rounds < ROUNDS || (self->rounds < ROUNDS_MAX && seems_to_leak(self)))
		measure_round(_metadata, self, calls_wanted(variant) / ROUNDS);
	print_actions(self);
	judge_outcomes(_metadata, self, variant->faults);
	if (!variant->faults)
		EXPECT_EQ(0, self->crashes);
	EXPECT_LT(0, self->kills);
	lost = lost_objects(self, &name);
	EXPECT_GE(NOISE_OBJECTS, lost) TH_LOG("each round costs %ld objects of %s", lost, name);
	evidence("lost_objects=%ld cache=\"%s\" lost_kib=%ld note=\"the least of all rounds\"",
		 lost, name, lost_kib(self));
	EXPECT_GE(NOISE_KIB, lost_kib(self));
	EXPECT_GE(0, self->footprints[self->rounds - 1].module_kib);
	EXPECT_EQ(self->pinned[0], self->pinned[self->rounds - 1]);
	EXPECT_GE(self->excess[0] + NOISE_FOLIOS, self->excess[self->rounds - 1]);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], FUZZ_WORKER))
		return fuzz_worker_main(argv + 2);
	return suite_main(argv);
}
