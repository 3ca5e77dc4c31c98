// SPDX-License-Identifier: GPL-2.0-only
/*
 * races: several threads use one session and one hold, and processes are killed at any point. The
 * rounds are bounded; the evidence says how often each side came first. Invariant: CLEAN.
 */
#include "suite.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include "clock.h"
#include "stage.h"

/*
 * A race goes on until both threads were in their calls at the same time MEETINGS times, or for
 * ROUNDS_MAX: on a busy machine they rarely meet.
 */
#define MEETINGS	15
#define ROUNDS_MAX	45

#define CHILDREN	10	/* to kill */
#define CALLS		120	/* of each thread with pages of its own */

FIXTURE(races)
{
	struct stage stage;
};

STAGE_ROWS(races)

FOR_EACH_FAST_HOLD_ROW(STAGE_VARIANT, races)

FIXTURE_SETUP(races)
{
	SUITE_NEEDS(NEEDS_THREADS);
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(races)

/* References that the module has now beyond those before the test. */
static int64_t count_unreleased(const FIXTURE_DATA(races) *self)
{
	struct pin_accounting now;
	int error = pin_accounting_read(&now);

	return error ? error : (int64_t)(now.references - self->stage.before.references);
}

/* A process is killed during hold, I/O or release: the module gives its pages back. */
CASE(races, sigkill_while_busy, .rows = "P23")
{
	struct stage *stage = &self->stage;
	int left = 0, round;

	for (round = 0; round < CHILDREN && suite_has_time(); round++) {
		int ready[2], status;
		pid_t child;
		char byte;

		ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			unsigned char seen;

			stage->session = pincheck_open();
			for (unsigned int i = 0; ; i++) {
				stage_hold_all(stage, variant->row);
				pincheck_read(stage->session, stage->hold.hold, i % PAGE_BYTES, &seen, 1);
				if (i % 3)
					pincheck_release(stage->session, stage->hold.hold);
				if (i == (unsigned int)round)
					(void)!write(ready[1], "b", 1);
			}
		}
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		left += count_unreleased(self) != 0;
		close(ready[0]);
	}
	EXPECT_EQ(0, left);
	EXPECT_OFTEN(CHILDREN, round);
	evidence("killed=%d pages_left=%d", round, left);
}

/* Races use more memory than the stage has, so that releasing it takes long enough to be hit. */
#define HELD		0x01	/* each byte of the memory that two threads race for */
#define SPOILT		0x66	/* ... and of the pages once they are reused */
#define WIDE_PAGES	1024
#define READ_PAGES	64

/* The input of a racing thread, when its call began and ended, and its result. */
struct racer {
	int number;
	int session;
	__u32 hold;
	size_t bytes;
	__u64 pfn;
	unsigned int *started;
	int64_t begin;
	int64_t end;
	long result;
};

/* The outcomes of all rounds. */
struct tally {
	int rounds;
	int meetings;
	int second_first;
};

/*
 * Puts each thread on a CPU of its own, if there are two. The threads wait for each other at full
 * speed: a barrier would wake one of them late.
 */
static void race_begin(struct racer *racer)
{
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET(racer->number % sysconf(_SC_NPROCESSORS_ONLN), &own);
	sched_setaffinity(0, sizeof(own), &own);
	__atomic_add_fetch(racer->started, 1, __ATOMIC_SEQ_CST);
	for (unsigned int spin = 1; __atomic_load_n(racer->started, __ATOMIC_SEQ_CST) < 2; spin++)
		if (!(spin % 4096))
			sched_yield();
	racer->begin = nanoseconds();
}

/* The kernel hands out on this CPU next the pages that were just released: write to them. */
static void spoil_freed_pages(size_t bytes)
{
	unsigned char *other = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (other == MAP_FAILED)
		return;
	memset(other, SPOILT, bytes);
	munmap(other, bytes);
}

static void *race_release(void *argument)
{
	struct racer *racer = argument;

	race_begin(racer);
	racer->result = pincheck_release(racer->session, racer->hold);
	racer->end = nanoseconds();
	spoil_freed_pages(racer->bytes);
	return NULL;
}

static void *race_read(void *argument)
{
	struct racer *racer = argument;
	unsigned char *buffer = malloc(racer->bytes);

	memset(buffer, 0, racer->bytes);
	race_begin(racer);
	racer->result = pincheck_read(racer->session, racer->hold, 0, buffer, racer->bytes);
	racer->end = nanoseconds();
	for (long i = 0; i < racer->result; i++) {
		if (buffer[i] != HELD)
			racer->result = -EILSEQ;
	}
	free(buffer);
	return NULL;
}

static void *race_close(void *argument)
{
	struct racer *racer = argument;

	race_begin(racer);
	racer->result = close(racer->session);
	racer->end = nanoseconds();
	spoil_freed_pages(racer->bytes);
	return NULL;
}

/* Runs both functions at the same time on the same session and hold. */
static bool run_race(struct racer racers[2], struct tally *tally, void *(*first)(void *),
		     void *(*second)(void *))
{
	unsigned int started = 0;
	pthread_t threads[2];

	racers[0].started = racers[1].started = &started;
	if (pthread_create(&threads[0], NULL, first, &racers[0]))
		return false;
	if (pthread_create(&threads[1], NULL, second, &racers[1]))
		abort();
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	tally->rounds++;
	tally->meetings += racers[0].begin < racers[1].end && racers[1].begin < racers[0].end;
	tally->second_first += racers[1].end < racers[0].end;
	return true;
}

static bool race_goes_on(const struct tally *tally)
{
	return !tally->rounds ||
	       suite_goes_on(tally->meetings >= MEETINGS || tally->rounds >= ROUNDS_MAX);
}

static void race_evidence(const struct tally *tally)
{
	evidence("rounds=%d meetings=%d second_first=%d", tally->rounds, tally->meetings,
		 tally->second_first);
}

/* Takes a hold for a race. Unmaps the pages that will be read: they are free once released. */
static int hold_wide(FIXTURE_DATA(races) *self, struct hold_row row, struct racer racers[2])
{
	static unsigned char *wide;
	size_t bytes = WIDE_PAGES * self->stage.page;
	int error;

	if (!wide) {
		wide = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		if (wide == MAP_FAILED)
			return -errno;
		memset(wide, HELD, bytes);
		stage_use_all_cpus();
	}
	memset(wide, HELD, READ_PAGES * self->stage.page);
	error = stage_hold(&self->stage, row, wide, bytes);
	if (!error && madvise(wide, READ_PAGES * self->stage.page, MADV_DONTNEED))
		error = -errno;
	for (int i = 0; i < 2; i++) {
		racers[i] = (struct racer) {
			.number = i, .session = self->stage.session, .hold = self->stage.hold.hold,
			.bytes = READ_PAGES * self->stage.page,
		};
	}
	return error;
}

/* Two threads release one hold: one releases the pages, the other gets ENOENT. */
CASE(races, release_against_release, .rows = "P22")
{
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(run_race(racers, &tally, race_release, race_release));
		ASSERT_EQ(WIDE_PAGES - ENOENT, racers[0].result + racers[1].result);
		ASSERT_EQ(0, count_unreleased(self));
	}
	race_evidence(&tally);
}

/* I/O against release: the read gets all bytes or ENOENT, never bytes of a released page. */
CASE(races, io_against_release, .rows = "P22")
{
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(run_race(racers, &tally, race_read, race_release));
		ASSERT_EQ(WIDE_PAGES, racers[1].result);
		if (racers[0].result != -ENOENT) {
			ASSERT_EQ((long)racers[0].bytes, racers[0].result);
		}
	}
	EXPECT_EQ(0, count_unreleased(self));
	race_evidence(&tally);
}

/* The descriptor is closed during a read: the session lives until the read is done. */
CASE(races, io_against_close, .rows = "P22")
{
	int own = self->stage.session;
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		self->stage.session = pincheck_open();
		ASSERT_LE(0, self->stage.session);
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(run_race(racers, &tally, race_read, race_close));
		self->stage.session = own;
		if (racers[0].result != -EBADF) {
			ASSERT_EQ((long)racers[0].bytes, racers[0].result);
		}
	}
	EXPECT_EQ(0, count_unreleased(self));
	race_evidence(&tally);
}

/* The other thread's session closes, with its holds, while the ledger walks them. */
static void *race_ledger(void *argument)
{
	struct racer *racer = argument;
	struct pincheck_report report;

	race_begin(racer);
	racer->result = pincheck_report_ledger(racer->session, &racer->pfn, 1, &report);
	racer->end = nanoseconds();
	if (!racer->result)
		racer->result = report.gets + report.read_pins + report.write_pins;
	return NULL;
}

#define WIDE_HOLDS	6

CASE(races, ledger_against_close, .rows = "P22")
{
	int own = self->stage.session, ledger_saw = 0;
	struct tally tally = { 0 };
	struct racer racers[2];
	__u64 pfn = stage_pfn(self->stage.memory);

	while (race_goes_on(&tally)) {
		self->stage.session = pincheck_open();
		ASSERT_LE(0, self->stage.session);
		for (int i = 0; i < WIDE_HOLDS; i++)
			ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_EQ(0, stage_hold_all(&self->stage, variant->row));
		self->stage.session = own;
		racers[0].session = own;
		racers[0].pfn = pfn;
		ASSERT_TRUE(run_race(racers, &tally, race_ledger, race_close));
		ASSERT_TRUE(racers[0].result == 0 || racers[0].result == 1) {
			TH_LOG("ledger says %ld", racers[0].result);
		}
		ledger_saw += racers[0].result;
		ASSERT_EQ(0, count_unreleased(self));
	}
	race_evidence(&tally);
	evidence("ledger_saw=%d rounds=%d", ledger_saw, tally.rounds);
}

struct worker {
	struct stage *stage;
	struct hold_row row;
	size_t page;		/* the only page that this worker holds */
	pthread_barrier_t *start;
	int wrong;
};

static void *hold_read_release(void *argument)
{
	struct worker *worker = argument;
	struct stage *stage = worker->stage;
	const unsigned char *at = stage->memory + worker->page * stage->page;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < CALLS; i++) {
		struct pincheck_hold hold = {
			.flags = worker->row.flags, .kind = worker->row.kind,
			.path = i & 1 ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW,
			.addr = (uintptr_t)at, .len = stage->page,
		};
		unsigned char byte = 0;

		if (pincheck_hold(stage->session, &hold) ||
		    pincheck_read(stage->session, hold.hold, 9, &byte, 1) != 1 || byte != at[9] ||
		    pincheck_release(stage->session, hold.hold) != 1)
			worker->wrong++;
	}
	return NULL;
}

/* Threads of one session, each with pages of its own: the module mixes up no id, page or count. */
CASE(races, threads_of_one_session, .rows = "P22")
{
	struct worker workers[4];
	pthread_t threads[ARRAY_SIZE(workers)];
	pthread_barrier_t start;
	int wrong = 0;

	stage_use_all_cpus();
	pthread_barrier_init(&start, NULL, ARRAY_SIZE(workers));
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i] = (struct worker) { &self->stage, variant->row, i, &start, 0 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, hold_read_release, &workers[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
		pthread_join(threads[i], NULL);
		wrong += workers[i].wrong;
	}
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, count_unreleased(self));
	evidence("threads=4 holds=%d wrong=%d", CALLS, wrong);
}

PINCHECK_TEST_MAIN
