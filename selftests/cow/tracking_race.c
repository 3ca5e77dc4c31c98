// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracking_race: two threads write all the time, on two CPUs, while the tracker forgets what was
 * written. A CPU may go on with a writable entry of its TLB; the kernel has to flush it before the
 * tracker's call returns (912efa17e512), and before the page is copied (6ce64428d620). Otherwise a
 * write is not noticed, or lost, without any device.
 */
#include "tracked.h"
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include "stage.h"

#define ROUNDS		60
#define YIELD_EVERY	256	/* writes, so that the other threads of the CPU go on soon */
#define MET_AT_LEAST	20	/* rounds in which both threads wrote before and after the call */
#define WRITERS		2

TRACKED_TOPIC(tracking_race)
TRACKED_VARIANT(tracking_race, base, none, soft_dirty)
TRACKED_VARIANT(tracking_race, thp_pmd, none, soft_dirty)
TRACKED_VARIANT(tracking_race, thp_pte, none, soft_dirty)
TRACKED_VARIANT(tracking_race, base, none, uffd_sync)
TRACKED_VARIANT(tracking_race, thp_pmd, none, uffd_sync)
TRACKED_VARIANT(tracking_race, base, none, uffd_async)
TRACKED_VARIANT(tracking_race, thp_pmd, none, uffd_async)

SUITE_EVENT("track")

/**
 * struct racer - a thread that counts in a word of the page
 * @word: in the memory under test
 * @written: the number that the thread wrote last
 * @lost: how often another number was in the word before the next one was written
 * @stop: count no more, and say so
 * @stopped: the thread does not count
 * @end: leave
 */
struct racer {
	pthread_t thread;
	volatile uint64_t *word;
	uint64_t written;
	unsigned int lost;
	bool stop;
	bool stopped;
	bool end;
};

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set_flag(bool *flag, bool value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/* A write that is lost leaves the word behind the thread's own number: the next write would hide that. */
static void *run_racer(void *argument)
{
	struct racer *racer = argument;
	uint64_t number = 0;

	while (!is_set(&racer->end)) {
		if (is_set(&racer->stop)) {
			set_flag(&racer->stopped, true);
			sched_yield();
			continue;
		}
		set_flag(&racer->stopped, false);
		racer->lost += *racer->word != number;
		*racer->word = ++number;
		__atomic_store_n(&racer->written, number, __ATOMIC_RELEASE);
		if (!(number % YIELD_EVERY))
			sched_yield();
	}
	return NULL;
}

static uint64_t number_of(const struct racer *racer)
{
	return __atomic_load_n(&racer->written, __ATOMIC_ACQUIRE);
}

/** struct race - the threads, and what all rounds saw */
struct race {
	struct tracking tracking;
	struct racer racer[WRITERS];
	unsigned int rounds, met, unnoticed, lost;
};

static void stop_racers(struct race *race, bool stop)
{
	for (int i = 0; i < WRITERS; i++)
		set_flag(&race->racer[i].stop, stop);
	for (int i = 0; i < WRITERS; i++)
		while (is_set(&race->racer[i].stopped) != stop)
			sched_yield();
}

static int start_racers(struct race *race, const struct memory *memory)
{
	int error = 0;

	for (int i = 0; i < WRITERS && !error; i++) {
		race->racer[i].word = (uint64_t *)(memory->start + (1 + i) * 512);
		*race->racer[i].word = 0;
		race->racer[i].stop = true;
		error = -pthread_create(&race->racer[i].thread, NULL, run_racer, &race->racer[i]);
	}
	return error;
}

static void end_racers(struct race *race)
{
	for (int i = 0; i < WRITERS; i++)
		set_flag(&race->racer[i].end, true);
	for (int i = 0; i < WRITERS; i++) {
		if (race->racer[i].thread)
			pthread_join(race->racer[i].thread, NULL);
		race->lost += race->racer[i].lost;
	}
}

/* Waits until each thread wrote once more than @since; false if time is over. */
static bool racers_go_on(const struct race *race, uint64_t *since)
{
	for (int i = 0; i < WRITERS; i++) {
		while (number_of(&race->racer[i]) <= since[i] + 1) {
			if (!suite_has_time())
				return false;
			sched_yield();
		}
		since[i] = number_of(&race->racer[i]);
	}
	return true;
}

/* The threads write; the tracker forgets; the threads write on; both stop. */
static int race_once(struct race *race, const struct memory *memory)
{
	uint64_t number[WRITERS];
	bool written, met;
	int error;

	for (int i = 0; i < WRITERS; i++)
		number[i] = number_of(&race->racer[i]);
	stop_racers(race, false);
	met = racers_go_on(race, number);
	error = tracking_forget(&race->tracking);
	for (int i = 0; i < WRITERS; i++)
		number[i] = number_of(&race->racer[i]);
	met = met && racers_go_on(race, number);
	stop_racers(race, true);
	if (!error)
		error = tracking_read(&race->tracking, memory->start, 1, &written);
	if (error)
		return error;
	race->rounds++;
	race->met += met;
	race->unnoticed += met && !written;
	for (int i = 0; i < WRITERS; i++)
		race->lost += *race->racer[i].word != number_of(&race->racer[i]);
	return 0;
}

/* TRACKING: what was written after the call reads as written, and no write is lost. */
static void verdict_race(const struct race *race, struct verdict *verdict)
{
	verdict_start(verdict, "TRACKING");
	if (race->unnoticed)
		verdict_broken(verdict, "a write after the call is not noticed", 0);
	if (race->lost)
		verdict_broken(verdict, "a write is lost", 0);
	verdict_note(verdict, "tracker=%s rounds=%u met=%u unnoticed=%u lost=%u numbers=%" PRIu64,
		     case_tracker()->name, race->rounds, race->met, race->unnoticed, race->lost,
		     number_of(&race->racer[0]));
}

SCENARIO(tracking_race, writers_go_on, .rows = "B23 R15 R16", .needs = NEEDS_THREADS)
{
	static struct race race;

	NEEDS_TRACKER(subject);
	stage_use_all_cpus();
	ASSERT_DONE(tracking_begin(&race.tracking, case_tracker(), &subject->memory, 0));
	ASSERT_DONE(start_racers(&race, &subject->memory));
	while (suite_goes_on(race.rounds >= ROUNDS))
		ASSERT_DONE(race_once(&race, &subject->memory));
	end_racers(&race);
	EXPECT_OFTEN(MET_AT_LEAST, race.met);
	EXPECT_VERDICT(verdict_race, &race);
	tracking_end(&race.tracking);
}

PINCHECK_TEST_MAIN
