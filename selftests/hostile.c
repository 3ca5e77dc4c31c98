// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile use, a bounded amount of it. Invariant: CLEAN, whatever is asked by whomever, wherever he
 * is when he dies: every reference given back, no memory lost, no splat, and nobody without the
 * capability got what needs one.
 *
 * Four processes with different limits and rights work at calls, memory, forks and execs (see
 * lib/fuzz.h), and pass sessions to each other; they are killed and replaced as they go. The same
 * run is made several times: what grows each time is lost.
 *
 * PINCHECK_FUZZ= is how many calls there are to be, PINCHECK_SEED= what they follow from.
 */
#include "suite.h"
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include "faults.h"
#include "footprint.h"
#include "fuzz.h"
#include "stage.h"

#define ROUNDS		3
#define ROUNDS_MAX	6	/* where three look as if something were lost */
#define CALLS		24000	/* of all rounds, by default */
#define SEED		0x20201231c0ffee01
#define BEATS_MOST	24	/* between two kills */
#define FAULTS_PERCENT	2
#define SECONDS		7200	/* for a run of millions */

/* Objects, and KiB, by which the kernel's own business may differ from round to round. */
#define NOISE_OBJECTS	8
#define NOISE_FOLIOS	16
#define NOISE_KIB	1024

FIXTURE(hostile)
{
	struct stage stage;
	struct fuzz_board *board;
	struct dice dice;
	unsigned int kills, ends, crashes;
	size_t rounds;
	struct footprint footprints[ROUNDS_MAX];
	uint64_t pinned[ROUNDS_MAX], excess[ROUNDS_MAX];
};

FIXTURE_VARIANT(hostile)
{
	bool faults;
	unsigned int share;	/* of the calls: one of so many */
};

FIXTURE_VARIANT_ADD(hostile, mixed) { false, 1 };

/* Allocations, and copies from and to the callers, fail in two of a hundred cases. */
FIXTURE_VARIANT_ADD(hostile, failing_allocations) { true, 4 };

FIXTURE_SETUP(hostile)
{
	char why[WHY];

	SUITE_NEEDS(NEEDS_UNIX | NEEDS_CAPABILITIES | NEEDS_SHMEM |
		    (variant->faults ? NEEDS_FAULTS : 0));
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	self->board = fuzz_board_open();
	ASSERT_NE(NULL, self->board) TH_LOG("the files of the run: %s", strerror(errno));
	self->board->seed = dice_given_seed() ?: SEED;
	self->board->faults = variant->faults;
	/* What outlives its parent is ours to reap. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	stage_use_all_cpus();
	if (variant->faults)
		faults_begin(FAULTS_PERCENT);
}

FIXTURE_TEARDOWN(hostile)
{
	if (!self->board)
		return;
	if (variant->faults)
		faults_end();
	fuzz_board_close(self->board);
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
	return __atomic_load_n(&self->board->left, __ATOMIC_RELAXED);
}

static void start_worker(FIXTURE_DATA(hostile) *self, size_t number, struct pollfd *watch)
{
	pid_t pid = fuzz_worker_start(self->board, number, dice_roll(&self->dice));

	self->board->pids[number] = pid > 0 ? pid : 0;
	watch->fd = pid > 0 ? syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* A worker ended: by itself, because the calls are made; by us; or it crashed. */
static void bury_worker(FIXTURE_DATA(hostile) *self, size_t number, struct pollfd *watch)
{
	int status = 0;

	close(watch->fd);
	watch->fd = -1;
	waitpid(self->board->pids[number], &status, 0);
	self->board->pids[number] = 0;
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

/* Until all calls are made and everybody is gone. Signs of life say when it is time to kill. */
static void run_round(FIXTURE_DATA(hostile) *self, int64_t calls)
{
	struct pollfd watched[FUZZ_WORKERS + 1];
	struct pollfd *beat = &watched[FUZZ_WORKERS];
	int64_t patience = BEATS_MOST;
	char beats[64];

	self->board->left = calls;
	self->dice.state = self->board->seed;
	*beat = (struct pollfd){ self->board->beat[0], POLLIN, 0 };
	for (size_t i = 0; i < FUZZ_WORKERS; i++) {
		watched[i].events = POLLIN;
		start_worker(self, i, &watched[i]);
	}
	while (workers_alive(watched) && poll(watched, ARRAY_SIZE(watched), -1) > 0) {
		if (beat->revents)
			patience -= read(beat->fd, beats, sizeof(beats));
		for (size_t i = 0; i < FUZZ_WORKERS; i++)
			if (watched[i].fd >= 0 && watched[i].revents)
				bury_worker(self, i, &watched[i]);
		if (patience <= 0) {
			pid_t victim = self->board->pids[dice_below(&self->dice, FUZZ_WORKERS)];

			patience = 1 + dice_below(&self->dice, BEATS_MOST);
			if (victim > 0 && !kill(victim, SIGKILL))
				self->kills++;
		}
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Sessions that nobody received are nobody's any more. */
static void empty_pool(FIXTURE_DATA(hostile) *self)
{
	char bytes[64];

	while (recv(self->board->pool[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* The last file of a process that was killed may be closed a little later than it is reaped. */
static bool books_settle(FIXTURE_DATA(hostile) *self, char *why, size_t size)
{
	struct books expected = self->stage.before;
	int64_t end = moment_end();

	expected.sessions++;	/* the stage's own */
	do {
		if (books_balance(&expected, why, size))
			return true;
	} while (moment_goes_on(end));
	return false;
}

/* Folios of the whole machine that @filter finds. */
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

static void print_outcomes(const struct fuzz_board *board, bool root, unsigned int command)
{
	const uint32_t *outcomes = board->outcomes[root][command];
	char line[512];
	size_t at = 0;

	for (int error = 1; error < FUZZ_ERRNOS; error++)
		if (outcomes[error] && at < sizeof(line) - 32)
			at += snprintf(line + at, sizeof(line) - at, ", %s %u",
				       strerrorname_np(error) ?: "?", outcomes[error]);
	line[at] = '\0';
	evidence("%s %s: %u done%s", root ? "root" : "nobody", fuzz_command_name(command),
		 outcomes[0], line);
}

static void print_deeds(const FIXTURE_DATA(hostile) *self)
{
	static const char *const names[] = {
		[FUZZ_OPEN] = "opened", [FUZZ_CLOSE] = "closed", [FUZZ_DUP] = "duplicated",
		[FUZZ_PASS] = "passed", [FUZZ_RECEIVE] = "received", [FUZZ_KEEP] = "kept",
		[FUZZ_FORK] = "forked", [FUZZ_EXEC] = "executed", [FUZZ_SUICIDE] = "suicides",
		[FUZZ_MEMORY] = "memory changed",
	};
	char line[512];
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		at += snprintf(line + at, sizeof(line) - at, "%s %u, ", names[i],
			       self->board->deeds[i]);
	evidence("%sworkers killed %u, ended %u, crashed %u", line, self->kills, self->ends,
		 self->crashes);
}

static void print_footprint(const FIXTURE_DATA(hostile) *self, size_t round)
{
	const struct footprint *now = &self->footprints[round];

	evidence("free %ld KiB, unreclaimable slab %ld KiB, vmalloc of the module %ld KiB, %lu folios pinned, %lu in excess",
		 now->free_kib, now->unreclaimable_kib, now->module_kib, self->pinned[round],
		 self->excess[round]);
}

static long least(long a, long b)
{
	return a < b ? a : b;
}

/* What is lost is lost in each round. Return: how many objects of a cache the least loss was. */
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

/* One round, and what is left after it. */
static void measure_round(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) *self,
			  unsigned long calls)
{
	size_t round = self->rounds;
	struct timespec begin, end;
	char why[WHY] = "";

	clock_gettime(CLOCK_MONOTONIC, &begin);
	run_round(self, calls);
	clock_gettime(CLOCK_MONOTONIC, &end);
	empty_pool(self);
	EXPECT_TRUE(books_settle(self, why, sizeof(why))) TH_LOG("CLEAN: %s", why);
	EXPECT_EQ(0, footprint_take(&self->footprints[round]));
	self->pinned[round] = scan_all(self, PINCHECK_SCAN_PINNED);
	self->excess[round] = scan_all(self, PINCHECK_SCAN_EXCESS);
	self->rounds++;
	evidence("round %zu: %lu calls in %ld s", round + 1, calls, end.tv_sec - begin.tv_sec);
	print_footprint(self, round);
}

/* Whoever may do a thing did it, unless it was made to fail; who may not, did not. */
static void judge_outcomes(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) *self,
			   bool faults)
{
	struct pincheck_info info = { 0 };

	EXPECT_EQ(0, pincheck_info(self->stage.session, &info));
	for (unsigned int i = 0; fuzz_command_name(i); i++) {
		for (int root = 0; root < 2; root++) {
			bool expected = fuzz_command_expected(i, root, info.features);

			print_outcomes(self->board, root, i);
			if (faults && expected)
				continue;
			EXPECT_EQ(expected, !!self->board->outcomes[root][i][0]) {
				TH_LOG("%s by %s %s", fuzz_command_name(i),
				       root ? "root" : "nobody",
				       expected ? "never succeeded" : "succeeded");
			}
		}
	}
}

TEST_F_TIMEOUT(hostile, rounds_cost_same, SECONDS)
{
	const char *name;
	long lost;

	evidence("seed %#lx", self->board->seed);
	while (self->rounds < ROUNDS || (self->rounds < ROUNDS_MAX && seems_to_leak(self)))
		measure_round(_metadata, self, calls_wanted(variant) / ROUNDS);
	print_deeds(self);
	judge_outcomes(_metadata, self, variant->faults);
	if (!variant->faults)
		EXPECT_EQ(0, self->crashes);
	EXPECT_LT(0, self->kills);
	lost = lost_objects(self, &name);
	EXPECT_GE(NOISE_OBJECTS, lost) TH_LOG("each round costs %ld objects of %s", lost, name);
	evidence("each round cost %ld objects at least (%s), and %ld KiB", lost, name,
		 lost_kib(self));
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
