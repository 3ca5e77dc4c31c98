// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random arguments, a bounded number of calls: CLEAN after any of them, and ACCURACY as compared
 * with a model that runs beside the module. Each run prints its seed; PINCHECK_SEED= repeats a run.
 */
#include "suite.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include "prng.h"
#include "stage.h"

#define SESSIONS	3
#define HOLDS		24	/* of the model, over all its sessions */
#define CHILDREN	12
#define BUFFER_PAGES	4

FIXTURE(ioctl_fuzz)
{
	struct stage stage;
	/* For answers; an unmapped page follows and stops answers that are too long. */
	unsigned char *buffer;
	size_t buffer_bytes;
	int session[SESSIONS];
	uint64_t seed;
	struct prng prng;
	unsigned int accepted;
	unsigned int refused;
};

FIXTURE_VARIANT(ioctl_fuzz)
{
	unsigned int calls;
};

FIXTURE_VARIANT_ADD(ioctl_fuzz, seeded) { 3000 };

static uint64_t random_number(FIXTURE_DATA(ioctl_fuzz) *self)
{
	return prng_next(&self->prng);
}

static uint64_t random_below(FIXTURE_DATA(ioctl_fuzz) *self, uint64_t end)
{
	return prng_below(&self->prng, end);
}

static uint64_t choose_seed(void)
{
	uint64_t seed = prng_given_seed();

	while (!seed)
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = getpid();
	return seed;
}

FIXTURE_SETUP(ioctl_fuzz)
{
	ASSERT_STAGE_OPEN(&self->stage);
	self->buffer_bytes = BUFFER_PAGES * self->stage.page;
	self->buffer = mmap(NULL, self->buffer_bytes + self->stage.page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->buffer);
	munmap(self->buffer + self->buffer_bytes, self->stage.page);
	for (size_t i = 0; i < SESSIONS; i++) {
		self->session[i] = pincheck_open();
		ASSERT_LE(0, self->session[i]);
	}
	self->seed = self->prng.state = choose_seed();
}

FIXTURE_TEARDOWN(ioctl_fuzz)
{
	for (size_t i = 0; i < SESSIONS; i++)
		close(self->session[i]);
	munmap(self->buffer, self->buffer_bytes);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* An unexpected value. The only mapped addresses among them belong to the test's own memory. */
static uint64_t odd_value(FIXTURE_DATA(ioctl_fuzz) *self)
{
	const struct stage *stage = &self->stage;
	const uint64_t page = stage->page;
	const uint64_t values[] = {
		0, 1, 2, 3, 7, 0xff, page - 1, page, page + 1, stage->length, stage->length + 1,
		0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 32, 1ULL << 47, 1ULL << 56,
		1ULL << 63, ~0ULL, 0 - page, 0 - (uint64_t)stage->memory,
		0xffff888000000000, 0xffffffff81000000, (uintptr_t)stage->memory,
		(uintptr_t)stage->memory + page, (uintptr_t)stage->memory - page,
		(uintptr_t)self->buffer, (uintptr_t)self->buffer + self->buffer_bytes,
		stage->hold.hold,
	};
	uint64_t which = random_below(self, ARRAY_SIZE(values) + 2);

	if (which == ARRAY_SIZE(values))
		return random_number(self);
	if (which > ARRAY_SIZE(values))
		return 1ULL << random_below(self, 64);
	return values[which];
}

/* Makes a good argument, which can hold only the test's own memory. Return: the command */
static unsigned long good_argument(FIXTURE_DATA(ioctl_fuzz) *self, __u64 words[16])
{
	static const struct {
		unsigned long number;
		__u32 size;
	} commands[] = {
		{ PINCHECK_IOC_INFO, sizeof(struct pincheck_info) },
		{ PINCHECK_IOC_HOLD, sizeof(struct pincheck_hold) },
		{ PINCHECK_IOC_HOLD, sizeof(struct pincheck_hold) },
		{ PINCHECK_IOC_RELEASE, sizeof(struct pincheck_release) },
		{ PINCHECK_IOC_IO, sizeof(struct pincheck_io) },
		{ PINCHECK_IOC_PAGES, sizeof(struct pincheck_pages) },
		{ PINCHECK_IOC_REPORT, sizeof(struct pincheck_report_request) },
	};
	size_t which = random_below(self, ARRAY_SIZE(commands)), page = self->stage.page;
	struct pincheck_hold *hold = (void *)words;

	memset(words, 0, 16 * sizeof(*words));
	switch (commands[which].number) {
	case PINCHECK_IOC_HOLD:
		hold->flags = random_below(self, PINCHECK_HOLD_FLAGS + 1);
		hold->kind = 1 + random_below(self, 2);
		hold->path = 1 + random_below(self, 2);
		hold->addr = (uintptr_t)self->stage.memory + random_below(self, STAGE_PAGES) * page;
		hold->len = (1 + random_below(self, STAGE_PAGES)) * page;
		break;
	case PINCHECK_IOC_REPORT:
		words[1] = sizeof(struct pincheck_report);
		words[2] = random_below(self, 20);
		words[3] = (uintptr_t)self->buffer + self->buffer_bytes - 20 * 8;
		words[4] = (uintptr_t)self->buffer;
		break;
	default:
		/* RELEASE, IO and PAGES begin with a hold and three words. */
		words[1] = self->stage.hold.hold;
		words[2] = random_below(self, STAGE_PAGES);
		words[3] = random_below(self, STAGE_PAGES);
		words[4] = (uintptr_t)self->buffer;
	}
	hold->size = commands[which].size;
	return commands[which].number;
}

/* Makes one call; up to three words of its argument are spoilt. */
static void call_spoilt(FIXTURE_DATA(ioctl_fuzz) *self)
{
	__u64 words[16];
	unsigned long number = good_argument(self, words);
	int session = self->session[random_below(self, SESSIONS)];

	for (uint64_t spoil = random_below(self, 4); spoil; spoil--) {
		size_t byte = random_below(self, 24) * 4;
		uint64_t value = odd_value(self);

		memcpy((char *)words + byte, &value, random_below(self, 2) ? 4 : 8);
	}
	if (ioctl(session, number, words) < 0) {
		self->refused++;
		return;
	}
	self->accepted++;
	if (number == PINCHECK_IOC_HOLD)
		self->stage.hold.hold = ((struct pincheck_hold *)words)->hold;
}

/* Return: references that the module counts beyond those of all sessions of this test. */
static int64_t unaccounted_pages(FIXTURE_DATA(ioctl_fuzz) *self)
{
	struct pincheck_info info;
	struct pin_accounting now;
	uint64_t pages = 0;

	for (size_t i = 0; i < SESSIONS; i++) {
		if (pincheck_info(self->session[i], &info))
			return -EIO;
		pages += info.session_pages;
	}
	if (pin_accounting_read(&now))
		return -EIO;
	return (int64_t)(now.references - self->stage.before.references - pages);
}

/* Any command, in any session, with spoilt arguments. */
CASE(ioctl_fuzz, spoilt_arguments, .rows = "P24")
{
	unsigned int calls;

	for (calls = 0; calls < variant->calls && suite_has_time(); calls++)
		call_spoilt(self);
	EXPECT_EQ(0, unaccounted_pages(self));
	EXPECT_OFTEN(variant->calls, calls);
	EXPECT_LT(calls / 20, self->accepted) TH_LOG("hardly a call was accepted");
	EXPECT_LT(calls / 20, self->refused) TH_LOG("hardly a call was refused");
	evidence("seed=%#lx calls=%u accepted=%u refused=%u", self->seed, calls, self->accepted,
		 self->refused);
}

/* The same while the memory under the holds is unmapped, protected, replaced and forked. */
CASE(ioctl_fuzz, spoilt_arguments_moving_memory, .rows = "P24")
{
	static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	struct stage *stage = &self->stage;
	unsigned int calls;

	for (calls = 0; calls < variant->calls && suite_has_time(); calls++) {
		unsigned char *at = stage->memory + random_below(self, STAGE_PAGES) * stage->page;
		pid_t child;

		switch (random_below(self, 64)) {
		case 0:
			munmap(at, stage->page);
			break;
		case 1 ... 4:
			mmap(at, stage->page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 5 ... 6:
			mprotect(at, stage->page, protections[random_below(self, 3)]);
			break;
		case 7:
			madvise(at, stage->page, MADV_DONTNEED);
			break;
		case 8:
			child = fork();
			if (!child)
				_exit(0);
			waitpid(child, NULL, 0);
			break;
		default:
			call_spoilt(self);
		}
	}
	EXPECT_EQ(0, unaccounted_pages(self));
	EXPECT_OFTEN(variant->calls, calls);
	EXPECT_LT(calls / 20, self->accepted) TH_LOG("hardly a call was accepted");
	evidence("seed=%#lx calls=%u accepted=%u refused=%u", self->seed, calls, self->accepted,
		 self->refused);
}

/* Children are killed at any point of a call: the module gives back all that they held. */
CASE(ioctl_fuzz, dying_children, .rows = "P23 P24")
{
	unsigned int i;

	for (i = 0; i < CHILDREN && suite_has_time(); i++) {
		unsigned int alive = random_below(self, 40);
		int progress[2], status;
		pid_t child;
		char byte;

		ASSERT_EQ(0, pipe(progress));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			close(progress[0]);
			self->prng.state += i;
			for (size_t session = 0; session < SESSIONS; session++) {
				close(self->session[session]);
				self->session[session] = pincheck_open();
			}
			while (write(progress[1], "b", 1) == 1)
				for (int calls = 0; calls < 8; calls++)
					call_spoilt(self);
			_exit(1);
		}
		close(progress[1]);
		while (alive-- && read(progress[0], &byte, 1) == 1)
			;
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			TH_LOG("child ended by itself, status %#x, seed %#lx", status, self->seed);
		EXPECT_EQ(0, unaccounted_pages(self)) TH_LOG("seed %#lx", self->seed);
		close(progress[0]);
	}
	EXPECT_OFTEN(CHILDREN, i);
	evidence("seed=%#lx killed=%u left=0", self->seed, i);
}

/* A hold in the model. */
struct model_hold {
	__u32 id;
	size_t session;
	size_t first;
	size_t pages;
	bool writes;
};

static bool model_take(FIXTURE_DATA(ioctl_fuzz) *self, struct model_hold *hold)
{
	struct stage *stage = &self->stage;
	struct pincheck_hold request = {
		.flags = random_below(self, 2) ? PINCHECK_HOLD_WRITE : 0,
		.kind = random_below(self, 2) ? PINCHECK_KIND_PIN : PINCHECK_KIND_GET,
		.path = random_below(self, 2) ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW,
	};

	*hold = (struct model_hold) { .session = random_below(self, SESSIONS) };
	hold->first = random_below(self, STAGE_PAGES);
	hold->pages = 1 + random_below(self, STAGE_PAGES - hold->first);
	hold->writes = request.flags & PINCHECK_HOLD_WRITE;
	request.addr = (uintptr_t)stage->memory + hold->first * stage->page;
	request.len = hold->pages * stage->page;
	if (pincheck_hold(self->session[hold->session], &request))
		return false;
	hold->id = request.hold;
	return request.pages == hold->pages;
}

static bool model_give_back(FIXTURE_DATA(ioctl_fuzz) *self, struct model_hold *hold)
{
	__u32 id = hold->id;

	hold->id = 0;
	return pincheck_release(self->session[hold->session], id) == (long)hold->pages &&
	       pincheck_release(self->session[hold->session], id) == -ENOENT;
}

/* Reads or writes a byte in or behind the hold. Return: true if the answer is as predicted */
static bool model_touch(FIXTURE_DATA(ioctl_fuzz) *self, const struct model_hold *hold)
{
	size_t bytes = hold->pages * self->stage.page, offset = random_below(self, bytes + 64);
	unsigned char *at = self->stage.memory + hold->first * self->stage.page + offset;
	int session = self->session[hold->session];
	unsigned char byte = random_number(self) >> 32, seen = 0;
	ssize_t expected = offset < bytes ? 1 : -EINVAL;

	if (random_below(self, 2))
		return pincheck_read(session, hold->id, offset, &seen, 1) == expected &&
		       (expected < 0 || seen == *at);
	if (!hold->writes)
		return pincheck_write(session, hold->id, offset, &byte, 1) == -EPERM;
	return pincheck_write(session, hold->id, offset, &byte, 1) == expected &&
	       (expected < 0 || *at == byte);
}

/* Good calls in any order, in several sessions; a model predicts every answer. */
CASE(ioctl_fuzz, model, .rows = "P24")
{
	struct model_hold holds[HOLDS] = { 0 };
	uint64_t taken = 0;
	unsigned int step;

	for (step = 0; step < variant->calls && suite_has_time(); step++) {
		struct model_hold *hold = &holds[random_below(self, HOLDS)];
		bool right;

		if (!hold->id)
			right = model_take(self, hold), taken++;
		else if (random_below(self, 3))
			right = model_touch(self, hold);
		else
			right = model_give_back(self, hold);
		ASSERT_TRUE(right) TH_LOG("seed %#lx, step %u", self->seed, step);
	}
	for (size_t session = 0; session < SESSIONS; session++) {
		struct pincheck_info info;
		uint64_t pages = 0, count = 0;

		for (size_t i = 0; i < HOLDS; i++) {
			bool counts = holds[i].id && holds[i].session == session;

			pages += counts ? holds[i].pages : 0;
			count += counts;
		}
		ASSERT_EQ(0, pincheck_info(self->session[session], &info));
		EXPECT_EQ(pages, info.session_pages) TH_LOG("seed %#lx", self->seed);
		EXPECT_EQ(count, info.session_holds) TH_LOG("seed %#lx", self->seed);
	}
	EXPECT_OFTEN(variant->calls, step);
	evidence("seed=%#lx steps=%u holds=%lu note=\"each step went as the model predicts\"",
		 self->seed, step, taken);
}

PINCHECK_TEST_MAIN
