// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_race: what a child sees that was forked while others wrote. fork protects the pages that it
 * shares, and flushes the TLB: a child has the memory of one moment. A pinned page is copied early, and
 * nothing stops the threads that write to it (R33). And a huge page that two processes share is counted
 * while one of them splits its mapping, and the other one writes (R5).
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/usermem.h"
#include "../../tools/lib/vmstat.h"
#include "stage.h"

#define FORK_RACE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, get_rw_fast)			\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_rw_lt_fast)

SUITE_EVENT("fork")
TOPIC(fork_race)
FORK_RACE_HOLDS(TOPIC_VARIANT, fork_race, many)
TOPIC_VARIANT(fork_race, many, uring)
TOPIC_VARIANT(fork_race, thp_pmd, none)
TOPIC_VARIANT(fork_race, thp_pmd, pin_rw_lt_fast)
TOPIC_VARIANT(fork_race, hugetlb, none)
TOPIC_VARIANT(fork_race, hugetlb, pin_rw_lt_fast)

#define MET_UNPINNED	20	/* forks beside a writer: these are enough for the control */
#define MET_PINNED	200	/* on a busy machine one fork of 20 is torn, and fewer say nothing */
#define FORKS_MAX	1000

/* The first and the last page of the memory under test, and a page that is never held. */
#define COUNTERS	3

/** struct writer - a thread that stores one number to each counter, one after the other */
struct writer {
	pthread_t thread;
	uint64_t *counter[COUNTERS];
	void *unheld;
	bool stop;
};

static void *store_counters(void *argument)
{
	struct writer *writer = argument;

	for (uint64_t value = 1; !__atomic_load_n(&writer->stop, __ATOMIC_RELAXED); value++)
		for (int i = 0; i < COUNTERS; i++)
			__atomic_store_n(writer->counter[i], value, __ATOMIC_RELEASE);
	return NULL;
}

static int start_writer(struct writer *writer, struct memory *memory)
{
	char *place[COUNTERS] = { memory->start, memory->start + memory->bytes - PAGE_BYTES };

	writer->unheld = usermem_map(PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (writer->unheld == MAP_FAILED)
		return -errno;
	place[COUNTERS - 1] = writer->unheld;
	for (int i = 0; i < COUNTERS; i++) {
		writer->counter[i] = (uint64_t *)place[i];
		*writer->counter[i] = 0;
	}
	return -pthread_create(&writer->thread, NULL, store_counters, writer);
}

static void end_writer(struct writer *writer)
{
	__atomic_store_n(&writer->stop, true, __ATOMIC_RELEASE);
	pthread_join(writer->thread, NULL);
	munmap(writer->unheld, PAGE_BYTES);
}

/**
 * struct snapshots - all forks of a case
 * @copy: of the counters, by the last child; shared with it
 * @forks: children
 * @met: children that were forked while the writer wrote
 * @torn: children of these that saw numbers more than one apart
 * @worst: the greatest distance
 */
struct snapshots {
	uint64_t *copy;
	unsigned int forks, met, torn;
	uint64_t worst;
};

static uint64_t number_at(const struct writer *writer, int i)
{
	return __atomic_load_n(writer->counter[i], __ATOMIC_ACQUIRE);
}

static uint64_t distance_of_copies(const uint64_t *copy)
{
	uint64_t least = copy[0], most = copy[0];

	for (int i = 1; i < COUNTERS; i++) {
		least = copy[i] < least ? copy[i] : least;
		most = copy[i] > most ? copy[i] : most;
	}
	return most - least;
}

/* At each moment the numbers are at most one apart. The last counter is stored last. */
static int fork_snapshot(struct snapshots *all, struct writer *writer)
{
	uint64_t before = number_at(writer, 0), distance;
	pid_t child = fork();
	bool met;
	int status;

	if (!child) {
		for (int i = COUNTERS - 1; i >= 0; i--)
			all->copy[i] = number_at(writer, i);
		_exit(0);
	}
	if (child < 0)
		return -errno;
	met = number_at(writer, 0) > before + 1;
	if (waitpid(child, &status, 0) != child || status)
		return -ECHILD;
	distance = distance_of_copies(all->copy);
	all->forks++;
	all->met += met;
	all->torn += met && distance > 1;
	all->worst = distance > all->worst ? distance : all->worst;
	return 0;
}

static void verdict_snapshots(const struct snapshots *all, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (all->torn)
		verdict_broken(verdict, "a child saw a state that never was", 0);
	verdict_note(verdict, "forks=%u met=%u torn=%u worst=%llu", all->forks, all->met, all->torn,
		     (unsigned long long)all->worst);
}

/*
 * ISOLATION. copy_present_page() copies a page that may be pinned, whose entry stays writable: the
 * writer goes on until the TLB is flushed for the other pages (70e806e4e645). One torn child is enough.
 */
SCENARIO(fork_race, snapshot, .rows = "R33 B11", .needs = NEEDS_THREADS)
{
	unsigned int enough = subject_holds(subject, HOLD_PIN) ? MET_PINNED : MET_UNPINNED;
	static struct snapshots all;
	static struct writer writer;
	int error = 0;

	all.copy = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_DONE(all.copy == MAP_FAILED ? -errno : 0);
	ASSERT_DONE(subject_hold(subject));
	stage_use_all_cpus();
	ASSERT_DONE(start_writer(&writer, &subject->memory));
	while (!error && suite_goes_on(all.torn || all.met >= enough || all.forks >= FORKS_MAX))
		error = fork_snapshot(&all, &writer);
	end_writer(&writer);
	munmap(all.copy, PAGE_BYTES);
	/* LRU batches of other CPUs have references to its pages, which a verdict could not explain. */
	memory_unmap(&subject->memory);
	ASSERT_DONE(error);
	SUITE_WINDOW(all.torn || all.met >= enough);
	EXPECT_VERDICT(verdict_snapshots, &all);
}

#define OLD	1ULL
#define NEW	2ULL
#define ROUNDS_MAX	300
#define MEETINGS	20	/* writes beside a split: these are enough */
#define PHASES	16	/* the write comes at each of them in the time that a split takes */

/**
 * struct split_race - two processes that share a huge page; shared between them
 * @ready: processes that wait for the other one
 * @start: when both are to begin; set by the second one that is ready
 * @begin: when each process began, by its role
 * @end: and ended
 * @written: the writer is done
 * @seen: what the splitter read then
 * @took: duration of the last split
 * @error: a negative errno of the splitter
 */
struct split_race {
	int ready;
	int64_t start;
	int64_t begin[2], end[2];
	bool written;
	uint64_t seen;
	int64_t took;
	int error;
};

enum role { WRITER, SPLITTER };

/** struct split_rounds - all rounds; @met: of @split, the write was beside the split */
struct split_rounds {
	unsigned int rounds, split, met, shared;
};

static void wait_until(int64_t moment)
{
	while (nanoseconds() < moment)
		;
}

#define START_NS	200000	/* until both know when to begin, and wait without sleeping */

static void wait_for_other(struct split_race *race)
{
	int64_t start;

	if (__atomic_add_fetch(&race->ready, 1, __ATOMIC_SEQ_CST) == 2)
		__atomic_store_n(&race->start, nanoseconds() + START_NS, __ATOMIC_RELEASE);
	while (!(start = __atomic_load_n(&race->start, __ATOMIC_ACQUIRE)))
		sched_yield();
	wait_until(start);
}

static void write_beside_split(struct split_race *race, volatile uint64_t *word, unsigned int round)
{
	wait_until(nanoseconds() + race->took * (round % PHASES) / PHASES);
	race->begin[WRITER] = nanoseconds();
	*word = NEW;
	race->end[WRITER] = nanoseconds();
	__atomic_store_n(&race->written, true, __ATOMIC_RELEASE);
}

/* The second page is no page of the word: the writer may write all the time. */
static void split_beside_write(struct split_race *race, volatile uint64_t *word)
{
	race->begin[SPLITTER] = nanoseconds();
	if (mprotect((char *)word + PAGE_BYTES, PAGE_BYTES, PROT_READ))
		race->error = -errno;
	race->end[SPLITTER] = nanoseconds();
	race->took = race->end[SPLITTER] - race->begin[SPLITTER];
	while (!__atomic_load_n(&race->written, __ATOMIC_ACQUIRE))
		sched_yield();
	race->seen = *word;
}

/* A child begins on its parent's CPU, and there is no race before the scheduler moves it. */
static void use_cpu_of_role(enum role role)
{
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET(role % sysconf(_SC_NPROCESSORS_ONLN), &own);
	sched_setaffinity(0, sizeof(own), &own);
}

static void play_role(struct split_race *race, enum role role, volatile uint64_t *word,
		      unsigned int round)
{
	use_cpu_of_role(role);
	wait_for_other(race);
	if (role == WRITER)
		write_beside_split(race, word, round);
	else
		split_beside_write(race, word);
}

/* A new huge page, in a new page table. */
static int map_huge_page(const struct memory *memory)
{
	char *start = mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (start == MAP_FAILED || madvise(start, memory->bytes, MADV_HUGEPAGE))
		return -errno;
	*(volatile uint64_t *)start = OLD;
	return 0;
}

static void count_round(struct split_rounds *all, const struct split_race *race, bool split)
{
	bool met = race->begin[WRITER] < race->end[SPLITTER] &&
		   race->begin[SPLITTER] < race->end[WRITER];

	all->rounds++;
	all->split += split;
	all->met += split && met;
	all->shared += race->seen != OLD;
}

/* Parent and child change their roles from round to round. */
static int race_split(struct split_rounds *all, struct split_race *race, const struct memory *memory)
{
	volatile uint64_t *word = (volatile uint64_t *)memory->start;
	enum role role = all->rounds % 2 ? WRITER : SPLITTER;
	uint64_t before, after;
	int status, error = map_huge_page(memory);
	pid_t child;

	if (!error)
		error = vmstat_read("thp_split_pmd", &before);
	if (error)
		return error;
	*race = (struct split_race) { .took = race->took };
	child = fork();
	if (child < 0)
		return -errno;
	play_role(race, child ? role : !role, word, all->rounds / 2);
	if (!child)
		_exit(0);
	if (waitpid(child, &status, 0) != child || status)
		return -ECHILD;
	error = vmstat_read("thp_split_pmd", &after);
	if (!error && !race->error)
		count_round(all, race, after > before);
	return error ? error : race->error;
}

static void verdict_split(const struct split_rounds *all, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (all->shared)
		verdict_broken(verdict, "a write reached the page of the other process", 0);
	verdict_note(verdict, "rounds=%u split=%u met=%u shared=%u", all->rounds, all->split,
		     all->met, all->shared);
}

/*
 * ISOLATION. The writer's fault asks whether its process alone maps the huge page; the split moves the
 * count of the other process from the whole page to its parts meanwhile (c444eb564fb1).
 */
SCENARIO(fork_race, split_meanwhile, .rows = "R5 B11", .memory = MEMORY_PMD,
	 .not_memory = MEMORY_HUGETLB, .hold = HOLD_NONE, .needs = NEEDS_VM_EVENTS)
{
	struct split_race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct split_rounds all = { 0 };

	ASSERT_DONE(race == MAP_FAILED ? -errno : 0);
	while (suite_goes_on(all.met >= MEETINGS || all.rounds >= ROUNDS_MAX))
		ASSERT_DONE(race_split(&all, race, &subject->memory));
	munmap(race, sizeof(*race));
	memory_unmap(&subject->memory);
	SUITE_WINDOW(all.met || all.shared);
	EXPECT_VERDICT(verdict_split, &all);
}

PINCHECK_TEST_MAIN
