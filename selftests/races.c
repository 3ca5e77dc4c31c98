// SPDX-License-Identifier: GPL-2.0-only
/*
 * races: several threads at one session and one hold, and processes killed wherever they are. A
 * bounded number of rounds each; how often it went which way is told. Invariant: CLEAN.
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
 * A race goes on until both were at it at the same time so often, but not for ever: on a machine
 * that has other work to do they rarely meet.
 */
#define MEETINGS	15
#define ROUNDS_MAX	45

#define CHILDREN	10	/* that are killed */
#define CALLS		120	/* of each thread that has pages of its own */

FIXTURE(races)
{
	struct stage stage;
};

FIXTURE_VARIANT(races)
{
	struct hold_row row;
};

FOR_EACH_FAST_HOLD_ROW(STAGE_VARIANT, races)

SUITE_FACTS(races)
{
	facts->hold = name;
}

FIXTURE_SETUP(races)
{
	char why[WHY];

	SUITE_NEEDS(NEEDS_THREADS);
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
}

FIXTURE_TEARDOWN(races)
{
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* References out now beyond those before the test. */
static int64_t pages_out(const FIXTURE_DATA(races) *self)
{
	struct books now;
	int error = books_read(&now);

	return error ? error : (int64_t)(now.out - self->stage.before.out);
}

/* Killed at any point of hold, I/O and release: whatever it was doing is undone. */
TEST_F(races, sigkill_while_busy)
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
		left += pages_out(self) != 0;
		close(ready[0]);
	}
	EXPECT_EQ(0, left);
	EXPECT_OFTEN(CHILDREN, round);
	evidence("killed=%d pages_left=%d", round, left);
}

/*
 * Races are run on more memory than the stage has: what is to be hit is the time that giving it
 * back takes.
 */
#define HELD		0x01	/* each byte of what two race for */
#define SPOILT		0x66	/* ... and of what is made of it */
#define WIDE_PAGES	1024
#define READ_PAGES	64

/* What a racing thread does, when it did it, and what came of it. */
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

/* How often it went which way. */
struct tally {
	int rounds;
	int meetings;
	int second_first;
};

/*
 * Each on a CPU of its own, where there are two. A barrier would wake one of them late; they wait
 * for each other at full speed.
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

/* What was just given back is the next to be handed out, on this CPU: let it be written to. */
static void spoil(size_t bytes)
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
	spoil(racer->bytes);
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
	spoil(racer->bytes);
	return NULL;
}

/* Both functions at once on the same session and hold. */
static bool race(struct racer racers[2], struct tally *tally, void *(*first)(void *),
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
	return !tally->rounds || (tally->meetings < MEETINGS && tally->rounds < ROUNDS_MAX &&
				  suite_has_time());
}

static void race_evidence(const struct tally *tally)
{
	evidence("rounds=%d meetings=%d second_first=%d", tally->rounds, tally->meetings,
		 tally->second_first);
}

/* A hold for two to race for. What is read is mapped no more: it is free once it was given back. */
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

/* Two release one hold: one gives the pages back, the other is told that there is no such hold. */
TEST_F(races, release_against_release)
{
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(race(racers, &tally, race_release, race_release));
		ASSERT_EQ(WIDE_PAGES - ENOENT, racers[0].result + racers[1].result);
		ASSERT_EQ(0, pages_out(self));
	}
	race_evidence(&tally);
}

/* I/O against release: all of it or ENOENT, never bytes of a page that was given back. */
TEST_F(races, io_against_release)
{
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(race(racers, &tally, race_read, race_release));
		ASSERT_EQ(WIDE_PAGES, racers[1].result);
		if (racers[0].result != -ENOENT) {
			ASSERT_EQ((long)racers[0].bytes, racers[0].result);
		}
	}
	EXPECT_EQ(0, pages_out(self));
	race_evidence(&tally);
}

/* The descriptor is closed under a running read: the session lives until the read is done. */
TEST_F(races, io_against_close)
{
	int own = self->stage.session;
	struct tally tally = { 0 };
	struct racer racers[2];

	while (race_goes_on(&tally)) {
		self->stage.session = pincheck_open();
		ASSERT_LE(0, self->stage.session);
		ASSERT_EQ(0, hold_wide(self, variant->row, racers));
		ASSERT_TRUE(race(racers, &tally, race_read, race_close));
		self->stage.session = own;
		if (racers[0].result != -EBADF) {
			ASSERT_EQ((long)racers[0].bytes, racers[0].result);
		}
	}
	EXPECT_EQ(0, pages_out(self));
	race_evidence(&tally);
}

/* The other's session, its holds and their pages end while the ledger goes through them. */
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

TEST_F(races, ledger_against_close)
{
	int own = self->stage.session, told = 0;
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
		ASSERT_TRUE(race(racers, &tally, race_ledger, race_close));
		ASSERT_TRUE(racers[0].result == 0 || racers[0].result == 1) {
			TH_LOG("ledger says %ld", racers[0].result);
		}
		told += racers[0].result;
		ASSERT_EQ(0, pages_out(self));
	}
	race_evidence(&tally);
	evidence("ledger_saw=%d rounds=%d", told, tally.rounds);
}

struct worker {
	struct stage *stage;
	struct hold_row row;
	size_t page;		/* the page this worker keeps to */
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

/* Threads of one session, each with pages of its own: no id, page or count is mixed up. */
TEST_F(races, threads_of_one_session)
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
	EXPECT_EQ(0, pages_out(self));
	evidence("threads=4 holds=%d wrong=%d", CALLS, wrong);
}

PINCHECK_TEST_MAIN
