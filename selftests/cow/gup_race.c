// SPDX-License-Identifier: GPL-2.0-only
/*
 * gup_race: GUP against a thread that takes its page away: the thread zaps the mapping and reuses
 * the page (B43), splits the huge page (B49), unmounts the file system (B45), or forks (R31). Each
 * race that GUP-fast detects sends it to the slow path, which is always safe (B46): a hold has the
 * caller's own pages, or is refused. The rounds are bounded by ROUNDS_MAX and by the time limit of
 * the case; the evidence says how often the two met.
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "../../tools/lib/vmstat.h"
#include "clock.h"
#include "file.h"
#include "stage.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#endif

#define PAGES		8
#define BYTES		(PAGES * PAGE_BYTES)
#define ROUNDS		60	/* at least */
#define ACTS		24	/* of the other thread, at least */
#define MEETINGS	20	/* rounds during an act, at least */
#define ROUNDS_MAX	20000

/* First word of a page. A word that is neither OWN nor FRESH is another process's. */
#define FRESH		0ULL
#define OWN		0x6e776f20656d796dULL
#define FOREIGN		0x6e676965726f66ULL
#define LATER		0x726574616cULL	/* the CPU writes it to a held page */

FIXTURE(gup_race)
{
	struct stage stage;
};

STAGE_ROWS(gup_race)

FOR_EACH_FAST_HOLD_ROW(STAGE_VARIANT, gup_race)

FIXTURE_SETUP(gup_race)
{
	SUITE_NEEDS(NEEDS_THREADS);
	ASSERT_STAGE_OPEN(&self->stage);
	stage_use_all_cpus();
}

STAGE_TEARDOWN(gup_race)

/**
 * struct opponent - the thread that takes pages away
 * @act: takes them away once; @number counts the acts
 * @start: of the memory that both threads use
 * @bytes: its length
 * @steps: two for each act: odd during an act
 * @took: nanoseconds of the last act during which a hold may meet it, if @promised
 * @enough: have the acts reached their aim? NULL if each act does
 * @promised: the acts take no page from a hold: the held page stays the mapped one. Each round has
 *	one act then
 * @asked: acts that the rounds have asked for, if @promised
 * @begun: rounds that have begun
 * @announces: an act sets @ready; before that there is no memory to hold
 * @ready: there is memory to hold
 * @failed: errno of an act that failed, negative
 * @stop: end the thread
 */
struct opponent {
	int (*act)(struct opponent *opponent, unsigned int number);
	unsigned char *start;
	size_t bytes;
	unsigned int steps;
	int64_t took;
	bool (*enough)(void);
	bool promised;
	unsigned int asked;
	unsigned int begun;
	bool announces;
	bool ready;
	int failed;
	bool stop;
};

static unsigned int steps_of(const struct opponent *opponent)
{
	return __atomic_load_n(&opponent->steps, __ATOMIC_SEQ_CST);
}

static bool has_act_to_do(const struct opponent *opponent)
{
	return !opponent->promised ||
	       steps_of(opponent) / 2 < __atomic_load_n(&opponent->asked, __ATOMIC_SEQ_CST);
}

static void *run_opponent(void *argument)
{
	struct opponent *opponent = argument;

	while (!__atomic_load_n(&opponent->stop, __ATOMIC_ACQUIRE) && !opponent->failed) {
		unsigned int steps;

		if (!has_act_to_do(opponent)) {
			sched_yield();
			continue;
		}
		steps = __atomic_fetch_add(&opponent->steps, 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&opponent->failed, opponent->act(opponent, steps / 2),
				 __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&opponent->steps, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* The outcomes of all rounds. */
struct tally {
	unsigned int rounds;
	unsigned int meetings;
	unsigned int given;
	unsigned int refused;
	unsigned int fresh;
	unsigned int foreign;
	unsigned int lost;
	int surprise;
};

/* Counts the held pages by their first word, as the device reads it. */
static void count_held_words(struct stage *stage, struct tally *tally)
{
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t word = FOREIGN;

		pincheck_read(stage->session, stage->hold.hold, i * PAGE_BYTES, &word,
			      sizeof(word));
		tally->fresh += word == FRESH;
		tally->foreign += word != OWN && word != FRESH;
	}
}

#define PHASES		16

/*
 * An act begins when the pages are written and nobody holds them: on a busy machine fork would else
 * have passed them before. Without the wait each hold would begin at the same phase of the act.
 */
static void ask_for_act(struct opponent *opponent, const struct tally *tally)
{
	int64_t took = __atomic_load_n(&opponent->took, __ATOMIC_SEQ_CST);
	int64_t until = nanoseconds() + took * (tally->rounds % PHASES) / PHASES;

	__atomic_add_fetch(&opponent->asked, 1, __ATOMIC_SEQ_CST);
	while (nanoseconds() < until)
		;
}

/*
 * After the opponent's act the device must see what the CPU writes, unless the held page is no
 * longer mapped.
 */
static void count_lost_writes(struct stage *stage, unsigned char *at,
			      const struct opponent *opponent, struct tally *tally)
{
	while (has_act_to_do(opponent) && !__atomic_load_n(&opponent->failed, __ATOMIC_SEQ_CST))
		sched_yield();
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t word = OWN;

		*(volatile uint64_t *)(at + i * PAGE_BYTES) = LATER;
		pincheck_read(stage->session, stage->hold.hold, i * PAGE_BYTES, &word,
			      sizeof(word));
		tally->lost += word != LATER;
	}
}

static void play_round(struct stage *stage, struct hold_row row, unsigned char *at,
		       struct opponent *opponent, struct tally *tally)
{
	unsigned int before = steps_of(opponent);
	int error;

	__atomic_add_fetch(&opponent->begun, 1, __ATOMIC_SEQ_CST);
	error = stage_hold(stage, row, at, BYTES);

	tally->rounds++;
	tally->meetings += before % 2 || steps_of(opponent) != before;
	tally->given += !error;
	tally->refused += error == -EFAULT || error == -EAGAIN;
	if (error && error != -EFAULT && error != -EAGAIN)
		tally->surprise = error;
	if (error)
		return;
	if (opponent->promised)
		count_lost_writes(stage, at, opponent, tally);
	else
		count_held_words(stage, tally);
	pincheck_release(stage->session, stage->hold.hold);
}

static bool rounds_go_on(const struct tally *tally, const struct opponent *opponent)
{
	/* Mounting takes longer than any other act. */
	unsigned int rounds = opponent->announces ? ACTS : ROUNDS;
	bool enough = tally->rounds >= rounds && tally->meetings >= MEETINGS &&
		      steps_of(opponent) / 2 >= ACTS && (!opponent->enough || opponent->enough());

	return !opponent->failed && suite_goes_on(enough || tally->rounds >= ROUNDS_MAX);
}

/* If there is no memory to hold most of the time, a round waits until there is. */
static void wait_until_ready(struct opponent *opponent)
{
	while (opponent->announces && !__atomic_load_n(&opponent->failed, __ATOMIC_SEQ_CST) &&
	       !__atomic_exchange_n(&opponent->ready, false, __ATOMIC_SEQ_CST))
		sched_yield();
}

#define ALONE_STEPS	5	/* the end of one act, and two whole acts */

/*
 * The kernel does not split a pinned huge page: every fourth round holds nothing for one act of
 * each kind.
 */
static void let_opponent_split(const struct opponent *opponent, const struct tally *tally)
{
	unsigned int before = steps_of(opponent);

	while (!opponent->promised && tally->rounds % 4 == 0 && steps_of(opponent) - before < ALONE_STEPS &&
	       !__atomic_load_n(&opponent->failed, __ATOMIC_SEQ_CST))
		sched_yield();
}

/* @write: the CPU writes to the pages before each round. */
static int race_against(struct stage *stage, struct hold_row row, unsigned char *at, bool write,
			struct opponent *opponent, struct tally *tally)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run_opponent, opponent);

	*tally = (struct tally) { 0 };
	if (error)
		return -error;
	while (rounds_go_on(tally, opponent)) {
		for (size_t i = 0; write && i < PAGES; i++)
			*(volatile uint64_t *)(at + i * PAGE_BYTES) = OWN;
		wait_until_ready(opponent);
		if (opponent->promised)
			ask_for_act(opponent, tally);
		play_round(stage, row, at, opponent, tally);
		let_opponent_split(opponent, tally);
		sched_yield();
	}
	__atomic_store_n(&opponent->stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return opponent->failed;
}

#define EXPECT_OWN_PAGES_ONLY(tally, opponent) do {						\
	evidence("rounds=%u meetings=%u acts=%u given=%u refused=%u fresh=%u foreign=%u",	\
		 (tally)->rounds, (tally)->meetings, steps_of(opponent) / 2,			\
		 (tally)->given, (tally)->refused, (tally)->fresh, (tally)->foreign);		\
	EXPECT_EQ(0, (tally)->surprise);							\
	EXPECT_EQ(0, (tally)->foreign);								\
	EXPECT_OFTEN(MEETINGS, (tally)->meetings);						\
	EXPECT_OFTEN(ACTS, steps_of(opponent) / 2);						\
} while (0)

/* The kernel hands out on this CPU next the pages that were just zapped: write to them. */
static int use_freed_pages(size_t bytes)
{
	unsigned char *other = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (other == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < bytes; i += PAGE_BYTES)
		*(volatile uint64_t *)(other + i) = FOREIGN;
	return munmap(other, bytes) ? -errno : 0;
}

static int zap_pages(struct opponent *opponent, unsigned int number)
{
	(void)number;
	if (madvise(opponent->start, opponent->bytes, MADV_DONTNEED))
		return -errno;
	return use_freed_pages(opponent->bytes);
}

/* SYNC, ISOLATION. The page may be freed and reused before GUP holds it. */
CASE(gup_race, zapped_meanwhile, .rows = "B43 B46")
{
	struct stage *stage = &self->stage;
	struct opponent opponent = {
		.act = zap_pages, .start = stage->memory, .bytes = BYTES,
	};
	struct tally tally;

	ASSERT_EQ(0, race_against(stage, variant->row, stage->memory, true, &opponent, &tally));
	EXPECT_OWN_PAGES_ONLY(&tally, &opponent);
	EXPECT_EQ(tally.rounds, tally.given);
}

#define ROUND_WAIT	2000000		/* nanoseconds */

/* A round that begins later than this is not waited for. */
static void wait_for_round(const struct opponent *opponent)
{
	unsigned int begun = __atomic_load_n(&opponent->begun, __ATOMIC_SEQ_CST);
	int64_t until = nanoseconds() + ROUND_WAIT;

	while (__atomic_load_n(&opponent->begun, __ATOMIC_SEQ_CST) == begun && nanoseconds() < until)
		;
}

/*
 * Maps a new huge page, in a new mapping because page tables stay when their pages are zapped. Then
 * splits its PMD mapping, or with it the page itself, as a round begins: GUP meets the huge page.
 */
static int split_huge_page(struct opponent *opponent, unsigned int number)
{
	unsigned char *start = opponent->start;
	int error;

	if (mmap(start, opponent->bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    madvise(start, opponent->bytes, MADV_HUGEPAGE))
		return -errno;
	*(volatile unsigned char *)start = 1;
	wait_for_round(opponent);
	if (number % 2)
		error = madvise(start, PAGE_BYTES, MADV_COLD);
	else
		error = mprotect(start, PAGE_BYTES, PROT_READ) ||
			mprotect(start, PAGE_BYTES, PROT_READ | PROT_WRITE);
	return error ? -errno : 0;
}

/* Splits since the case began. */
static struct splits {
	uint64_t pmds;
	uint64_t folios;
} splits_before;

static struct splits splits_now(void)
{
	struct splits now = { 0 };

	if (vmstat_read("thp_split_pmd", &now.pmds) || vmstat_read("thp_split_page", &now.folios))
		return splits_before;
	return now;
}

/* The kernel does not split a huge page that is held, so both kinds of split take luck. */
static bool split_both(void)
{
	struct splits now = splits_now();

	return now.pmds > splits_before.pmds && now.folios > splits_before.folios;
}

/* SYNC. GUP-fast references the page first, is refused, or checks the PMD again. */
CASE(gup_race, split_meanwhile, .rows = "B46 B49")
{
	unsigned char *area, *huge;
	struct opponent opponent;
	struct splits splits;
	struct tally tally;

	SUITE_NEEDS(NEEDS_THP | NEEDS_VM_EVENTS);
	area = mmap(NULL, 2 * PMD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)area);
	huge = (unsigned char *)(((uintptr_t)area + PMD_BYTES - 1) & ~(uintptr_t)(PMD_BYTES - 1));
	opponent = (struct opponent) {
		.act = split_huge_page, .start = huge, .bytes = PMD_BYTES, .enough = split_both,
	};
	splits_before = (struct splits) { 0 };
	splits_before = splits_now();
	ASSERT_EQ(0, race_against(&self->stage, variant->row, huge + PMD_BYTES / 2, true, &opponent,
				  &tally));
	EXPECT_OWN_PAGES_ONLY(&tally, &opponent);
	EXPECT_EQ(tally.rounds, tally.given);
	splits = splits_now();
	evidence("pmds_split=%llu folios_split=%llu",
		 (unsigned long long)(splits.pmds - splits_before.pmds),
		 (unsigned long long)(splits.folios - splits_before.folios));
	EXPECT_LT(splits_before.pmds, splits.pmds);
	EXPECT_LT(splits_before.folios, splits.folios);
	munmap(area, 2 * PMD_BYTES);
}

/* The last child, which shares pages until the next child is there. */
static pid_t sharer;

static void end_sharer(void)
{
	if (sharer <= 0)
		return;
	kill(sharer, SIGKILL);
	waitpid(sharer, NULL, 0);
	sharer = 0;
}

static int fork_sharer(struct opponent *opponent, unsigned int number)
{
	int64_t begin = nanoseconds();
	pid_t child = fork();

	(void)number;
	if (!child) {
		for (;;)
			pause();
	}
	__atomic_store_n(&opponent->took, nanoseconds() - begin, __ATOMIC_SEQ_CST);
	end_sharer();
	sharer = child;
	return child < 0 ? -errno : 0;
}

/*
 * SYNC. 57efa1fe5957: fork checks whether a page is pinned, then protects it; GUP-fast refuses a
 * pin in between. A pin for reading is kept where it unshares first (R22).
 */
CASE(gup_race, forked_meanwhile, .rows = "R22 R31")
{
	struct stage *stage = &self->stage;
	struct opponent opponent = { .act = fork_sharer, .start = stage->memory, .bytes = BYTES };
	struct pincheck_info info;
	struct tally tally;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	opponent.promised = variant->row.kind == PINCHECK_KIND_PIN &&
			    ((variant->row.flags & PINCHECK_HOLD_WRITE) ||
			     (info.features & PINCHECK_FEAT_ANON_EXCLUSIVE));
	ASSERT_EQ(0, race_against(stage, variant->row, stage->memory, true, &opponent, &tally));
	end_sharer();
	EXPECT_OWN_PAGES_ONLY(&tally, &opponent);
	EXPECT_EQ(tally.rounds, tally.given);
	EXPECT_EQ(0, tally.lost);
	evidence("pages_written=%u lost=%u", opponent.promised ? tally.given * PAGES : 0,
		 tally.lost);
}

/* Maps a file of an unmounted file system, which ends with the mapping. */
static int mount_and_lose(struct opponent *opponent, unsigned int number)
{
	int file = file_make_alone(number % 2 ? "tmpfs" : "ramfs");
	void *mapped;

	if (file < 0)
		return file;
	if (ftruncate(file, (off_t)opponent->bytes))
		return -errno;
	mapped = mmap(opponent->start, opponent->bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, file, 0);
	close(file);
	if (mapped == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < opponent->bytes; i += PAGE_BYTES)
		*(volatile uint64_t *)(opponent->start + i) = OWN;
	__atomic_store_n(&opponent->ready, true, __ATOMIC_SEQ_CST);
	sched_yield();
	mapped = mmap(opponent->start, opponent->bytes, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return mapped == MAP_FAILED ? -errno : use_freed_pages(opponent->bytes);
}

/* FILE, WHITELIST. The kernel does not free the mapping while GUP-fast inspects it. */
CASE(gup_race, file_system_gone_meanwhile, .rows = "B45")
{
	unsigned char *area = mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct opponent opponent = { .act = mount_and_lose, .start = area, .bytes = BYTES,
				     .announces = true };
	struct tally tally;

	ASSERT_NE(MAP_FAILED, (void *)area);
	ASSERT_EQ(0, race_against(&self->stage, variant->row, area, false, &opponent, &tally));
	EXPECT_OWN_PAGES_ONLY(&tally, &opponent);
	EXPECT_EQ(tally.rounds, tally.given + tally.refused);
	munmap(area, BYTES);
}

PINCHECK_TEST_MAIN
