// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that nobody thought of, a bounded number of them: CLEAN whatever was asked, and
 * ACCURACY of a model that runs beside it. The seed of a run is printed; PINCHECK_SEED= repeats it.
 */
#include "suite.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include "dice.h"
#include "stage.h"

#define SESSIONS	3
#define HOLDS		24	/* of the model, over all its sessions */
#define CHILDREN	12
#define BUFFER_PAGES	4

FIXTURE(ioctl_fuzz)
{
	struct stage stage;
	/* Where answers go: ends at a hole, so that no count can make them go further. */
	unsigned char *buffer;
	size_t buffer_bytes;
	int session[SESSIONS];
	uint64_t seed;
	struct dice dice;
	unsigned int accepted;
	unsigned int refused;
};

FIXTURE_VARIANT(ioctl_fuzz)
{
	unsigned int calls;
};

FIXTURE_VARIANT_ADD(ioctl_fuzz, seeded) { 3000 };

static uint64_t roll(FIXTURE_DATA(ioctl_fuzz) *self)
{
	return dice_roll(&self->dice);
}

static uint64_t below(FIXTURE_DATA(ioctl_fuzz) *self, uint64_t end)
{
	return dice_below(&self->dice, end);
}

static uint64_t choose_seed(void)
{
	uint64_t seed = dice_given_seed();

	while (!seed)
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = getpid();
	return seed;
}

FIXTURE_SETUP(ioctl_fuzz)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	self->buffer_bytes = BUFFER_PAGES * self->stage.page;
	self->buffer = mmap(NULL, self->buffer_bytes + self->stage.page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->buffer);
	munmap(self->buffer + self->buffer_bytes, self->stage.page);
	for (size_t i = 0; i < SESSIONS; i++) {
		self->session[i] = pincheck_open();
		ASSERT_LE(0, self->session[i]);
	}
	self->seed = self->dice.state = choose_seed();
}

FIXTURE_TEARDOWN(ioctl_fuzz)
{
	for (size_t i = 0; i < SESSIONS; i++)
		close(self->session[i]);
	munmap(self->buffer, self->buffer_bytes);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* A value that a field may not expect; none is a mapped address that is not the test's own. */
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
	uint64_t which = below(self, ARRAY_SIZE(values) + 2);

	if (which == ARRAY_SIZE(values))
		return roll(self);
	if (which > ARRAY_SIZE(values))
		return 1ULL << below(self, 64);
	return values[which];
}

/* A good argument for the command in words; what it holds is only ever the test's own memory. */
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
	size_t which = below(self, ARRAY_SIZE(commands)), page = self->stage.page;
	struct pincheck_hold *hold = (void *)words;

	memset(words, 0, 16 * sizeof(*words));
	switch (commands[which].number) {
	case PINCHECK_IOC_HOLD:
		hold->flags = below(self, PINCHECK_HOLD_FLAGS + 1);
		hold->kind = 1 + below(self, 2);
		hold->path = 1 + below(self, 2);
		hold->addr = (uintptr_t)self->stage.memory + below(self, STAGE_PAGES) * page;
		hold->len = (1 + below(self, STAGE_PAGES)) * page;
		break;
	case PINCHECK_IOC_REPORT:
		words[1] = sizeof(struct pincheck_report);
		words[2] = below(self, 20);
		words[3] = (uintptr_t)self->buffer + self->buffer_bytes - 20 * 8;
		words[4] = (uintptr_t)self->buffer;
		break;
	default:
		/* RELEASE, IO and PAGES begin alike: a hold, then three words. */
		words[1] = self->stage.hold.hold;
		words[2] = below(self, STAGE_PAGES);
		words[3] = below(self, STAGE_PAGES);
		words[4] = (uintptr_t)self->buffer;
	}
	hold->size = commands[which].size;
	return commands[which].number;
}

/* One call with up to three words of its argument spoilt. */
static void call_spoilt(FIXTURE_DATA(ioctl_fuzz) *self)
{
	__u64 words[16];
	unsigned long number = good_argument(self, words);
	int session = self->session[below(self, SESSIONS)];

	for (uint64_t spoil = below(self, 4); spoil; spoil--) {
		size_t byte = below(self, 24) * 4;
		uint64_t value = odd_value(self);

		memcpy((char *)words + byte, &value, below(self, 2) ? 4 : 8);
	}
	if (ioctl(session, number, words) < 0) {
		self->refused++;
		return;
	}
	self->accepted++;
	if (number == PINCHECK_IOC_HOLD)
		self->stage.hold.hold = ((struct pincheck_hold *)words)->hold;
}

/* Do the sessions' own counts add up to what the module says is out? */
static int64_t unaccounted(FIXTURE_DATA(ioctl_fuzz) *self)
{
	struct pincheck_info info;
	struct books now;
	uint64_t pages = 0;

	for (size_t i = 0; i < SESSIONS; i++) {
		if (pincheck_info(self->session[i], &info))
			return -EIO;
		pages += info.session_pages;
	}
	if (books_read(&now))
		return -EIO;
	return (int64_t)(now.out - self->stage.before.out - pages);
}

/* Any command, any session, spoilt arguments. */
TEST_F(ioctl_fuzz, spoilt_arguments)
{
	unsigned int calls;

	for (calls = 0; calls < variant->calls && suite_has_time(); calls++)
		call_spoilt(self);
	EXPECT_EQ(0, unaccounted(self));
	EXPECT_OFTEN(variant->calls, calls);
	EXPECT_LT(calls / 20, self->accepted) TH_LOG("hardly a call was accepted");
	EXPECT_LT(calls / 20, self->refused) TH_LOG("hardly a call was refused");
	evidence("seed %#lx: %u calls, %u accepted, %u refused", self->seed, calls, self->accepted,
		 self->refused);
}

/* The same while the memory under the holds is unmapped, protected, replaced and forked. */
TEST_F(ioctl_fuzz, spoilt_arguments_moving_memory)
{
	static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	struct stage *stage = &self->stage;
	unsigned int calls;

	for (calls = 0; calls < variant->calls && suite_has_time(); calls++) {
		unsigned char *at = stage->memory + below(self, STAGE_PAGES) * stage->page;
		pid_t child;

		switch (below(self, 64)) {
		case 0:
			munmap(at, stage->page);
			break;
		case 1 ... 4:
			mmap(at, stage->page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 5 ... 6:
			mprotect(at, stage->page, protections[below(self, 3)]);
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
	EXPECT_EQ(0, unaccounted(self));
	EXPECT_OFTEN(variant->calls, calls);
	EXPECT_LT(calls / 20, self->accepted) TH_LOG("hardly a call was accepted");
	evidence("seed %#lx: %u steps, %u accepted, %u refused", self->seed, calls, self->accepted,
		 self->refused);
}

/* Children that are killed wherever they are: nothing of theirs stays. */
TEST_F(ioctl_fuzz, dying_children)
{
	unsigned int i;

	for (i = 0; i < CHILDREN && suite_has_time(); i++) {
		unsigned int alive = below(self, 40);
		int beat[2], status;
		pid_t child;
		char byte;

		ASSERT_EQ(0, pipe(beat));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			close(beat[0]);
			self->dice.state += i;
			for (size_t session = 0; session < SESSIONS; session++) {
				close(self->session[session]);
				self->session[session] = pincheck_open();
			}
			while (write(beat[1], "b", 1) == 1)
				for (int calls = 0; calls < 8; calls++)
					call_spoilt(self);
			_exit(1);
		}
		close(beat[1]);
		while (alive-- && read(beat[0], &byte, 1) == 1)
			;
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			TH_LOG("child ended by itself, status %#x, seed %#lx", status, self->seed);
		EXPECT_EQ(0, unaccounted(self)) TH_LOG("seed %#lx", self->seed);
		close(beat[0]);
	}
	EXPECT_OFTEN(CHILDREN, i);
	evidence("seed %#lx: %u children killed, nothing of theirs stayed", self->seed, i);
}

/* What the model knows of one hold. */
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
		.flags = below(self, 2) ? PINCHECK_HOLD_WRITE : 0,
		.kind = below(self, 2) ? PINCHECK_KIND_PIN : PINCHECK_KIND_GET,
		.path = below(self, 2) ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW,
	};

	*hold = (struct model_hold) { .session = below(self, SESSIONS) };
	hold->first = below(self, STAGE_PAGES);
	hold->pages = 1 + below(self, STAGE_PAGES - hold->first);
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

/* Read or write a byte somewhere around the hold; predict what comes of it. */
static bool model_touch(FIXTURE_DATA(ioctl_fuzz) *self, const struct model_hold *hold)
{
	size_t bytes = hold->pages * self->stage.page, offset = below(self, bytes + 64);
	unsigned char *at = self->stage.memory + hold->first * self->stage.page + offset;
	int session = self->session[hold->session];
	unsigned char byte = roll(self) >> 32, seen = 0;
	ssize_t expected = offset < bytes ? 1 : -EINVAL;

	if (below(self, 2))
		return pincheck_read(session, hold->id, offset, &seen, 1) == expected &&
		       (expected < 0 || seen == *at);
	if (!hold->writes)
		return pincheck_write(session, hold->id, offset, &byte, 1) == -EPERM;
	return pincheck_write(session, hold->id, offset, &byte, 1) == expected &&
	       (expected < 0 || *at == byte);
}

/* Good calls in any order, over several sessions, beside a model that foretells every answer. */
TEST_F(ioctl_fuzz, model)
{
	struct model_hold holds[HOLDS] = { 0 };
	uint64_t taken = 0;
	unsigned int step;

	for (step = 0; step < variant->calls && suite_has_time(); step++) {
		struct model_hold *hold = &holds[below(self, HOLDS)];
		bool right;

		if (!hold->id)
			right = model_take(self, hold), taken++;
		else if (below(self, 3))
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
	evidence("seed %#lx: %u steps, %lu holds, all as foretold", self->seed, step, taken);
}

PINCHECK_TEST_MAIN
