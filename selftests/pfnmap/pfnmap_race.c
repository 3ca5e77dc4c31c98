// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: REVOKE against threads that are about to map the memory, by faults or by mmap(), or to
 * keep its page frame number. After REVOKE no thread reaches the memory until it is restored.
 * CVE-2022-39188 (b67fbebd4cf9) was munmap() against the zap. The rounds are bounded. One variant a
 * flavour.
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include "device_memory.h"
#include "stage.h"

#define ROUNDS		60
#define ROUNDS_MAX	6000	/* if one side never wins */
#define THREADS		3
#define MAPPINGS	20	/* new ones that the race must see, time permitting */
#define SEED		1

FIXTURE(pfnmap_race)
{
	struct stage stage;
	const struct flavour *flavour;
	unsigned char *device;
	size_t bytes;
	/* Odd while revoked: a read during one odd number breaks the promise. */
	unsigned int generation;
	bool stop;
	unsigned long reached, refused, broken;
	/* What broke the promise first: a step, and a signal, an errno, or 0 for what was read */
	const char *broken_by;
	int broken_number;
};

DEVICE_TOPIC(pfnmap_race)

SUITE_FACTS(pfnmap_race)
{
	facts->memory = name;
}

FIXTURE_SETUP(pfnmap_race)
{
	DEVICE_SETUP(NEEDS_THREADS);
	self->flavour = variant->flavour;
	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, SEED));
	stage_use_all_cpus();
}

static void count_up(unsigned long *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void count_broken(FIXTURE_DATA(pfnmap_race) *self, const char *step, int number)
{
	if (!__atomic_fetch_add(&self->broken, 1, __ATOMIC_RELAXED)) {
		self->broken_by = step;
		self->broken_number = number;
	}
}

static void touch_and_count(FIXTURE_DATA(pfnmap_race) *self, const unsigned char *memory,
			    size_t offset)
{
	unsigned int before = __atomic_load_n(&self->generation, __ATOMIC_SEQ_CST), after;
	uint64_t word = 0;
	int number = touch_read(memory + offset, &word);

	after = __atomic_load_n(&self->generation, __ATOMIC_SEQ_CST);
	if (number == SIGBUS)
		count_up(&self->refused);
	else if (number || word != device_word(SEED, offset) || (before == after && before % 2))
		count_broken(self, "touch", number);
	else
		count_up(&self->reached);
}

static bool race_stopped(FIXTURE_DATA(pfnmap_race) *self)
{
	return __atomic_load_n(&self->stop, __ATOMIC_RELAXED);
}

/* Touches a mapping that stays. */
static void *touch_mapping(void *argument)
{
	FIXTURE_DATA(pfnmap_race) *self = argument;

	for (size_t i = 0; !race_stopped(self); i += self->stage.page)
		touch_and_count(self, self->device, i % self->bytes);
	return NULL;
}

/* Creates mappings, touches and removes them. */
static void *map_and_touch(void *argument)
{
	FIXTURE_DATA(pfnmap_race) *self = argument;

	while (!race_stopped(self)) {
		unsigned char *memory = device_map(self->stage.session, self->flavour, PROT_READ);

		if (memory == MAP_FAILED) {
			if (errno == ENXIO)
				count_up(&self->refused);
			else
				count_broken(self, "mmap", errno);
			continue;
		}
		for (size_t i = 0; i < DEVICE_SMALL_BYTES; i += self->stage.page)
			touch_and_count(self, memory, i);
		munmap(memory, self->bytes);
	}
	return NULL;
}

/* Reads a kept page. Return: true if the read succeeded. */
static bool read_and_count(FIXTURE_DATA(pfnmap_race) *self, __u32 kept)
{
	unsigned int before = __atomic_load_n(&self->generation, __ATOMIC_SEQ_CST), after;
	uint64_t word = 0;
	ssize_t got = pincheck_read(self->stage.session, kept, 0, &word, sizeof(word));

	after = __atomic_load_n(&self->generation, __ATOMIC_SEQ_CST);
	if (got == -ESTALE)
		count_up(&self->refused);
	else if (got != sizeof(word) || word != device_word(SEED, 0) ||
		 (before == after && before % 2))
		count_broken(self, "read", got < 0 ? (int)-got : 0);
	else
		count_up(&self->reached);
	return got > 0;
}

/* Keeps a page frame number, as a device does, and uses it until the module refuses. */
static void *keep_and_read(void *argument)
{
	FIXTURE_DATA(pfnmap_race) *self = argument;

	while (!race_stopped(self)) {
		struct pincheck_follow follow = {
			.flags = PINCHECK_FOLLOW_KEEP, .addr = (uintptr_t)self->device,
			.len = self->stage.page,
		};
		int error = pincheck_follow(self->stage.session, &follow);

		if (error) {
			if (error == -EFAULT || error == -EAGAIN)
				count_up(&self->refused);
			else
				count_broken(self, "follow", -error);
			continue;
		}
		while (read_and_count(self, follow.hold) && !race_stopped(self))
			;
		pincheck_release(self->stage.session, follow.hold);
	}
	return NULL;
}

static void revoke_and_restore(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap_race) *self)
{
	uint64_t word;

	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	__atomic_fetch_add(&self->generation, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(SIGBUS, touch_read(self->device, &word));
	sched_yield();
	__atomic_fetch_add(&self->generation, 1, __ATOMIC_SEQ_CST);
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, NULL));
	sched_yield();
}

static void race_revoke(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap_race) *self,
			void *(*run)(void *), unsigned long reach)
{
	struct pincheck_revoke counts;
	pthread_t threads[THREADS];
	bool enough = false;
	int rounds;

	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run, self));
	for (rounds = 0; suite_goes_on(enough || rounds >= ROUNDS_MAX); rounds++) {
		revoke_and_restore(_metadata, self);
		enough = rounds + 1 >= ROUNDS && self->refused && self->reached >= reach;
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &counts));
	EXPECT_EQ(0, self->broken);
	EXPECT_NE(0, self->refused);
	if (reach)
		EXPECT_NE(0, self->reached);
	evidence("rounds=%d threads=%d reached=%lu refused=%lu small_faults=%llu huge_faults=%llu",
		 rounds, THREADS, self->reached, self->refused, counts.small_faults,
		 counts.huge_faults);
	if (self->broken)
		evidence("broken=%lu first_by=%s first_number=%d", self->broken, self->broken_by,
			 self->broken_number);
}

/* A revoked mapping comes back by faults, or not at all. */
CASE(pfnmap_race, touched, .rows = "R58 R60")
{
	race_revoke(_metadata, self, touch_mapping, variant->flavour->comes_back);
}

/* A kept page frame number is not used after REVOKE. */
CASE(pfnmap_race, kept, .rows = "R58 R60")
{
	SUITE_NEEDS(NEEDS_PFNMAP);
	race_revoke(_metadata, self, keep_and_read, variant->flavour->comes_back);
}

/* No thread maps the memory during REVOKE and keeps it. */
CASE(pfnmap_race, mapped, .rows = "R58 R60 R73")
{
	/* R73: a kernel that warned is tainted, and its later verdicts do not count. */
	if (self->flavour == &flavour_remap)
		SUITE_NEEDS(NEEDS_PAT_RECORDS);
	race_revoke(_metadata, self, map_and_touch,
		    MAPPINGS * (DEVICE_SMALL_BYTES / self->stage.page));
}

PINCHECK_TEST_MAIN
