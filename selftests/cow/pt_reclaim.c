// SPDX-License-Identifier: GPL-2.0-only
/*
 * pt_reclaim: MADV_DONTNEED frees the page table, too, if it becomes empty (CONFIG_PT_RECLAIM, Linux
 * 6.14), while GUP-fast reads that table without a lock. The freed page may be the page table of other
 * memory a moment later: GUP must not give that memory. A table is freed only after a grace period, and
 * GUP-fast has interrupts off (B43).
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include "../../tools/lib/usermem.h"
#include "stage.h"

#define PAGES		8
#define BYTES		(PAGES * PAGE_BYTES)
#define MEETINGS	10	/* rounds in which GUP and the zap met: these are enough */
#define ROUNDS_MAX	4000
#define PHASES		16	/* GUP begins at each of them in the time that a zap takes */
#define OTHERS		4	/* mappings that get a table after the zap */

#define OWN		0x656c626174206eULL
#define FOREIGN		0x6e676965726f66ULL

FIXTURE(pt_reclaim)
{
	struct stage stage;
	unsigned char *memory;
};

STAGE_ROWS(pt_reclaim)

STAGE_VARIANT(pt_reclaim, pin_ro, PIN, FAST, 0)
STAGE_VARIANT(pt_reclaim, pin_rw_lt, PIN, FAST, HOLD_RW | HOLD_LT)
STAGE_VARIANT(pt_reclaim, get_rw, GET, FAST, HOLD_RW)

FIXTURE_SETUP(pt_reclaim)
{
	SUITE_NEEDS(NEEDS_THREADS);
	ASSERT_STAGE_OPEN(&self->stage);
	/* All that one page table of PTEs maps, and nothing else. */
	self->memory = usermem_map(PMD_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	ASSERT_NE(MAP_FAILED, (void *)self->memory);
	ASSERT_EQ(0, stage_no_huge_pages(self->memory, PMD_BYTES));
	stage_use_all_cpus();
}

FIXTURE_TEARDOWN(pt_reclaim)
{
	munmap(self->memory, PMD_BYTES);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/**
 * struct table_race - the two threads, and what came of all rounds
 * @memory: PMD_BYTES
 * @round: number of the round, which the main thread begins
 * @zapped: the last round that the other thread has done
 * @begin: when the zap of this round began
 * @end: and ended
 * @stop: end the thread
 * @error: a negative errno of the thread
 * @rounds: played
 * @met: GUP and the zap at the same time
 * @given: holds that were given
 * @fresh: pages of zeroes: faulted in after the zap
 * @foreign: pages of the other memory
 * @surprise: errno of a hold that has none of the promised ones
 */
struct table_race {
	unsigned char *memory;
	unsigned int round, zapped;
	int64_t begin, end;
	bool stop;
	int error;
	unsigned int rounds, met, given, fresh, foreign;
	int surprise;
};

/* Other memory at the same place of a table: the kernel may give it the table that was just freed. */
static int use_freed_table(void)
{
	unsigned char *other[OTHERS];
	int error = 0;

	for (int i = 0; i < OTHERS; i++) {
		other[i] = usermem_map(PMD_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		if (other[i] == MAP_FAILED)
			return -errno;
		madvise(other[i], PMD_BYTES, MADV_NOHUGEPAGE);
		for (size_t at = 0; at < BYTES; at += PAGE_BYTES)
			*(volatile uint64_t *)(other[i] + at) = FOREIGN;
	}
	for (int i = 0; i < OTHERS; i++)
		error = munmap(other[i], PMD_BYTES) ? -errno : error;
	return error;
}

static int zap_table(struct table_race *race)
{
	race->begin = nanoseconds();
	if (madvise(race->memory, PMD_BYTES, MADV_DONTNEED))
		return -errno;
	race->end = nanoseconds();
	return use_freed_table();
}

static void *run_zapper(void *argument)
{
	struct table_race *race = argument;
	unsigned int done = 0;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&race->round, __ATOMIC_ACQUIRE) == done) {
			sched_yield();
			continue;
		}
		race->error = race->error ?: zap_table(race);
		__atomic_store_n(&race->zapped, ++done, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Each held page is the process's own, as it was or as a fault gave it. */
static void count_held_pages(struct stage *stage, struct table_race *race)
{
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t word = FOREIGN;

		pincheck_read(stage->session, stage->hold.hold, i * PAGE_BYTES, &word,
			      sizeof(word));
		race->fresh += !word;
		race->foreign += word && word != OWN;
	}
}

static void play_round(struct stage *stage, struct hold_row row, struct table_race *race)
{
	int64_t took = race->end - race->begin, begin, end, until;
	int error;

	for (size_t at = 0; at < BYTES; at += PAGE_BYTES)
		*(volatile uint64_t *)(race->memory + at) = OWN;
	__atomic_store_n(&race->round, race->rounds + 1, __ATOMIC_RELEASE);
	until = nanoseconds() + took * (race->rounds % PHASES) / PHASES;
	while (nanoseconds() < until)
		;
	begin = nanoseconds();
	error = stage_hold(stage, row, race->memory, BYTES);
	end = nanoseconds();
	while (__atomic_load_n(&race->zapped, __ATOMIC_ACQUIRE) != race->rounds + 1)
		sched_yield();
	race->rounds++;
	race->met += begin < race->end && race->begin < end;
	race->given += !error;
	if (error && error != -EFAULT && error != -EAGAIN)
		race->surprise = error;
	if (error)
		return;
	count_held_pages(stage, race);
	pincheck_release(stage->session, stage->hold.hold);
}

/* Return: kilobytes of page tables of this process, or -1. */
static long table_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -1;

	while (status && fgets(line, sizeof(line), status) && sscanf(line, "VmPTE: %ld", &kib) != 1)
		;
	if (status)
		fclose(status);
	return kib;
}

/* Does MADV_DONTNEED free the page table here? */
static bool table_is_freed(unsigned char *memory)
{
	long before;

	*(volatile unsigned char *)memory = 1;
	before = table_kib();
	return !madvise(memory, PMD_BYTES, MADV_DONTNEED) && table_kib() < before;
}

/* ISOLATION, SYNC. The zap of all that a page table maps, beside GUP-fast. */
CASE(pt_reclaim, zapped_meanwhile, .rows = "B43 B46", .event = "madvise")
{
	struct table_race race = { .memory = self->memory };
	bool freed = table_is_freed(self->memory);
	pthread_t thread;

	SUITE_WINDOW(freed);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_zapper, &race));
	while (!race.error &&
	       suite_goes_on(race.met >= MEETINGS || race.rounds >= ROUNDS_MAX))
		play_round(&self->stage, variant->row, &race);
	__atomic_store_n(&race.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ASSERT_EQ(0, race.error);
	evidence("rounds=%u met=%u given=%u fresh=%u foreign=%u", race.rounds, race.met, race.given,
		 race.fresh, race.foreign);
	EXPECT_EQ(0, race.surprise);
	EXPECT_EQ(0, race.foreign);
	SUITE_WINDOW(race.met);
}

PINCHECK_TEST_MAIN
