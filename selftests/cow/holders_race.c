// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders_race: a thread forks while another one registers memory with a driver of the kernel's own. RDMA, and
 * io_uring since 6.10, get the pages by GUP-fast, which takes no lock against fork. Fork either sees the pin and
 * copies the page for the child, or protects the page first, and GUP-fast then leaves it to the slow path
 * (57efa1fe5957). Topic gup_race shows the same of the module's holds.
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "rdma_link.h"
#include "stage.h"

#define ROUNDS		32	/* at least: fork begins at each phase of a registration twice */
#define ROUNDS_MAX	400	/* if the two meet rarely, and more within SECONDS_MIN */
#define SECONDS_MIN	2
#define MEETINGS	12	/* rounds in which the two met; a busy machine reaches fewer */
#define PHASES		16

#define HOLDERS(X, topic, memory)								\
	X(topic, memory, rdma)									\
	X(topic, memory, uring)

SUITE_EVENT("fork")
TOPIC(holders_race)
HOLDERS(TOPIC_VARIANT, holders_race, base)
HOLDERS(TOPIC_VARIANT, holders_race, thp_pmd)

SUITE_PREPARE
{
	rdma_link_for_run();
}

/**
 * struct forker - the thread that forks
 * @asked: forks that the rounds have asked for, and @done: those that were made
 * @start: nanoseconds at which the next one begins
 * @begin: of the last fork, and @end
 * @child: the last child, which shares the memory until the next one is there
 * @failed: a negative errno
 * @stop: end the thread
 */
struct forker {
	pthread_t thread;
	unsigned int asked, done;
	int64_t start, begin, end;
	pid_t child;
	int failed;
	bool stop;
};

/* What all rounds came to. */
struct race {
	unsigned int rounds, met, lost;
	int64_t began, took;
};

static void end_child(struct forker *forker)
{
	if (forker->child <= 0)
		return;
	kill(forker->child, SIGKILL);
	waitpid(forker->child, NULL, 0);
	forker->child = 0;
}

static void fork_once(struct forker *forker)
{
	pid_t child;

	while (nanoseconds() < forker->start)
		;
	forker->begin = nanoseconds();
	child = fork();
	if (!child) {
		for (;;)
			pause();
	}
	forker->end = nanoseconds();
	end_child(forker);
	forker->child = child;
	if (child < 0)
		forker->failed = -errno;
}

static void *run_forker(void *argument)
{
	struct forker *forker = argument;

	while (!__atomic_load_n(&forker->stop, __ATOMIC_ACQUIRE)) {
		if (forker->done == __atomic_load_n(&forker->asked, __ATOMIC_ACQUIRE)) {
			sched_yield();
			continue;
		}
		fork_once(forker);
		__atomic_add_fetch(&forker->done, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* The device sees what the process wrote after the fork. Return: samples of which that is false, or -errno */
static int count_lost(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	int error, lost = 0;

	memory_fill(memory, AFTER);
	error = hold_look(&subject->hold, &view);
	for (size_t i = 0; i < memory->samples && !error; i++)
		lost += view.seen[CPU_AREA][i] != AFTER;
	return error ? error : lost;
}

/* One registration and one fork, which begins at another phase of the registration each time. */
static int play_registration(struct subject *subject, struct forker *forker, struct race *race)
{
	int64_t begin, end;
	int error, lost;

	memory_fill(&subject->memory, BEFORE);
	begin = nanoseconds();
	forker->start = begin + race->took * (race->rounds % PHASES) / PHASES;
	__atomic_add_fetch(&forker->asked, 1, __ATOMIC_RELEASE);
	error = subject_hold(subject);
	end = nanoseconds();
	while (__atomic_load_n(&forker->done, __ATOMIC_ACQUIRE) != forker->asked)
		sched_yield();
	if (error || forker->failed)
		return error ?: forker->failed;
	race->took = end - begin;
	race->rounds++;
	race->met += forker->begin < end && forker->end > begin;
	lost = count_lost(subject);
	if (lost > 0)
		race->lost += lost;
	error = subject_release(subject);
	return lost < 0 ? lost : error;
}

static bool registrations_go_on(const struct race *race)
{
	bool met = race->rounds >= ROUNDS && race->met >= MEETINGS;
	bool tried = race->rounds >= ROUNDS_MAX &&
		     nanoseconds() - race->began >= SECONDS_MIN * 1000000000LL;

	return suite_goes_on(met || tried);
}

/* SYNC. Each registration has the pages that the process goes on to have. */
SCENARIO(holders_race, forked_meanwhile, .rows = "B10 B11 R31", .needs = NEEDS_THREADS)
{
	struct forker forker = { 0 };
	struct race race = { .began = nanoseconds() };
	int error = 0;

	stage_use_all_cpus();
	/* A mutant that widens the window knows the memory of the test by this. */
	if (!subject_is(subject, MEMORY_LARGE))
		ASSERT_DONE(stage_no_huge_pages(subject->memory.start, subject->memory.bytes));
	ASSERT_DONE(-pthread_create(&forker.thread, NULL, run_forker, &forker));
	while (!error && registrations_go_on(&race))
		error = play_registration(subject, &forker, &race);
	__atomic_store_n(&forker.stop, true, __ATOMIC_RELEASE);
	pthread_join(forker.thread, NULL);
	end_child(&forker);
	ASSERT_DONE(error);
	evidence("rounds=%u met=%u lost=%u samples=%zu", race.rounds, race.met, race.lost,
		 subject->memory.samples);
	EXPECT_EQ(0, race.lost);
	SUITE_WINDOW(race.met);
}

TOPIC_NEEDS("rdma");
PINCHECK_TEST_MAIN
