// SPDX-License-Identifier: GPL-2.0-only
/*
 * The long-term pins of gup_test.ko. ACCURACY: they are the pins that a hold of /dev/pincheck is,
 * on the same pages. CLEAN: an open file has a set of its own, and loses it when it is closed.
 */
#include "suite.h"
#include <signal.h>
#include <sys/mman.h>
#include "gup_test_file.h"
#include "silent_file.h"
#include "stage.h"
#include "waiter.h"

#define WRITE	PIN_LONGTERM_TEST_FLAG_USE_WRITE
#define FAST	PIN_LONGTERM_TEST_FLAG_USE_FAST

FIXTURE(gup_test_pins)
{
	struct stage stage;
	int file;
	struct silent_file silent;
	pid_t waiter;
	/* The waiter's START. */
	struct pin_longterm_test test;
};

FIXTURE_VARIANT(gup_test_pins)
{
	__u32 flags;
	struct hold_row row;
};

FIXTURE_VARIANT_ADD(gup_test_pins, ro_slow)
{
	0, STAGE_ROW(PIN, SLOW, PINCHECK_HOLD_LONGTERM),
};
FIXTURE_VARIANT_ADD(gup_test_pins, ro_fast)
{
	FAST, STAGE_ROW(PIN, FAST, PINCHECK_HOLD_LONGTERM),
};
FIXTURE_VARIANT_ADD(gup_test_pins, rw_slow)
{
	WRITE, STAGE_ROW(PIN, SLOW, PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE),
};
FIXTURE_VARIANT_ADD(gup_test_pins, rw_fast)
{
	WRITE | FAST, STAGE_ROW(PIN, FAST, PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE),
};

SUITE_FACTS(gup_test_pins)
{
	facts->hold = name;
}

FIXTURE_SETUP(gup_test_pins)
{
	self->file = -1;
	self->silent = (struct silent_file) { .file = -1, .reads = -1 };
	SUITE_NEEDS(NEEDS_GUP_TEST);
	ASSERT_STAGE_OPEN(&self->stage);
	self->test = (struct pin_longterm_test) {
		.addr = (uintptr_t)self->stage.memory, .size = self->stage.length,
		.flags = variant->flags,
	};
	ASSERT_EQ(0, gup_test_load());
	self->file = gup_test_open();
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(gup_test_pins)
{
	close(self->file);
	/* Unloading takes longer than most cases. */
	if (suite_current->ends_variant) {
		EXPECT_EQ(0, gup_test_unload());
	}
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int start_pins(FIXTURE_DATA(gup_test_pins) *self, int file)
{
	return gup_test_call(file, PIN_LONGTERM_TEST_START, &self->test);
}

static int stop_pins(int file)
{
	return gup_test_call(file, PIN_LONGTERM_TEST_STOP, NULL);
}

static int read_pinned(int file, void *to)
{
	__u64 address = (uintptr_t)to;

	return gup_test_call(file, PIN_LONGTERM_TEST_READ, &address);
}

static int report_pages(FIXTURE_DATA(gup_test_pins) *self, struct pincheck_report *reports)
{
	int error = 0;

	for (size_t i = 0; i < STAGE_PAGES && !error; i++)
		error = stage_report(&self->stage, self->stage.memory + i * self->stage.page,
				     &reports[i]);
	return error;
}

static bool same_counts(const struct pincheck_report *one, const struct pincheck_report *other)
{
	return one->pfn == other->pfn && one->refcount == other->refcount &&
	       one->pins == other->pins && one->flags == other->flags &&
	       one->page_mapcount == other->page_mapcount;
}

/* Return: number of pages, of STAGE_PAGES, with the same counts in both reports. */
static int count_same(const struct pincheck_report *one, const struct pincheck_report *other)
{
	int same = 0;

	for (size_t i = 0; i < STAGE_PAGES; i++)
		same += same_counts(&one[i], &other[i]);
	return same;
}

CASE(gup_test_pins, as_a_hold, .rows = "P37")
{
	struct pincheck_report before[STAGE_PAGES], hold[STAGE_PAGES], pins[STAGE_PAGES];
	struct pincheck_report after[STAGE_PAGES];

	ASSERT_DONE(report_pages(self, before));
	ASSERT_DONE(stage_hold_all(&self->stage, variant->row));
	ASSERT_DONE(report_pages(self, hold));
	ASSERT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	ASSERT_EQ(0, start_pins(self, self->file));
	ASSERT_DONE(report_pages(self, pins));
	EXPECT_EQ(0, stop_pins(self->file));
	ASSERT_DONE(report_pages(self, after));
	EXPECT_EQ(STAGE_PAGES, count_same(hold, pins));
	EXPECT_EQ(STAGE_PAGES, count_same(before, after));
	EXPECT_EQ(1, pins->pins);
	EXPECT_TRUE(pins->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	evidence("pfn=%llx refcount_before=%d refcount_of_hold=%d refcount_of_pin=%d refcount_after=%d pins=%d",
		 pins->pfn, before->refcount, hold->refcount, pins->refcount, after->refcount,
		 pins->pins);
}

/* The bytes are those that the process writes while the page is pinned. */
CASE(gup_test_pins, reads_what_is_pinned, .rows = "P37")
{
	const struct stage *stage = &self->stage;
	unsigned char *to = mmap(NULL, stage->length + stage->page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)to);
	ASSERT_EQ(0, munmap(to + stage->length, stage->page));
	ASSERT_EQ(0, start_pins(self, self->file));
	memset(stage->memory, 0x5a, stage->length - 1);
	EXPECT_EQ(0, read_pinned(self->file, to));
	EXPECT_EQ(0, memcmp(to, stage->memory, stage->length));
	EXPECT_EQ(-EFAULT, read_pinned(self->file, to + stage->page));
	EXPECT_EQ(-EFAULT, read_pinned(self->file, NULL));
	EXPECT_EQ(0, stop_pins(self->file));
	EXPECT_EQ(-EINVAL, read_pinned(self->file, to));
	munmap(to, stage->length);
	evidence("pages=%d note=\"read to memory that no process had touched\"", STAGE_PAGES);
}

/* A pin for writing needs memory that the process may write; a pin for reading does not. */
CASE(gup_test_pins, write_as_asked, .rows = "P37")
{
	const int expected = variant->flags & WRITE ? -EFAULT : 0;
	int error;

	ASSERT_EQ(0, mprotect(self->stage.memory, self->stage.length, PROT_READ));
	error = start_pins(self, self->file);
	EXPECT_EQ(expected, error);
	evidence("memory=\"read-only\" error=%d", error);
}

CASE(gup_test_pins, end_with_the_file, .rows = "P39")
{
	struct pincheck_report before[STAGE_PAGES], pinned[STAGE_PAGES], after[STAGE_PAGES];
	int duplicate = dup(self->file);

	ASSERT_LE(0, duplicate);
	ASSERT_DONE(report_pages(self, before));
	ASSERT_EQ(0, start_pins(self, self->file));
	close(self->file);
	self->file = -1;
	ASSERT_DONE(report_pages(self, pinned));
	close(duplicate);
	ASSERT_DONE(report_pages(self, after));
	EXPECT_EQ(1, pinned->pins);
	EXPECT_EQ(STAGE_PAGES, count_same(before, after));
	evidence("pfn=%llx pins_after_first_close=%d pins_after_last_close=%d", after->pfn,
		 pinned->pins, after->pins);
}

CASE(gup_test_pins, of_each_file, .rows = "P39")
{
	struct pincheck_report both[STAGE_PAGES], one[STAGE_PAGES], none[STAGE_PAGES];
	int other = gup_test_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, start_pins(self, self->file));
	ASSERT_EQ(0, start_pins(self, other));
	ASSERT_DONE(report_pages(self, both));
	EXPECT_EQ(0, stop_pins(self->file));
	EXPECT_EQ(-EINVAL, start_pins(self, other));
	ASSERT_DONE(report_pages(self, one));
	close(other);
	ASSERT_DONE(report_pages(self, none));
	EXPECT_EQ(2, both->pins);
	EXPECT_EQ(1, one->pins);
	EXPECT_EQ(0, none->pins);
	evidence("pfn=%llx pins_of_two=%d pins_of_one=%d pins_of_none=%d", none->pfn, both->pins,
		 one->pins, none->pins);
}

static int start_and_wait(void *argument)
{
	FIXTURE_DATA(gup_test_pins) *self = argument;
	int error = start_pins(self, self->file);

	return error ?: stop_pins(self->file);
}

/* The pins of a process that was killed are gone: the machine has as many as before. */
CASE(gup_test_pins, end_with_the_process, .rows = "P39")
{
	int wire[2], status = 0;
	char why[WHY], byte = 0;
	int64_t pinned = 0;
	pid_t child;

	ASSERT_EQ(0, pipe(wire));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int file = gup_test_open();

		if (file < 0 || madvise(self->stage.memory, self->stage.length, MADV_DONTNEED))
			_exit(1);
		memset(self->stage.memory, 1, self->stage.length);
		byte = start_pins(self, file) ? 'e' : 's';
		if (write(wire[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	EXPECT_EQ(1, read(wire[0], &byte, 1));
	EXPECT_EQ('s', byte);
	ASSERT_DONE(pins_surplus(&pinned));
	EXPECT_EQ(STAGE_PAGES, pinned);
	kill(child, SIGKILL);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(SIGKILL, status);
	EXPECT_TRUE(pins_agree(why, sizeof(why))) TH_LOG("CLEAN: %s", why);
	evidence("child=killed pins_of_child=%ld pins_after=0", pinned);
}

/* A page that never comes: START can be killed while it waits. */
CASE(gup_test_pins, killable, .rows = "D10")
{
	void *memory;
	bool dies;

	SUITE_NEEDS(NEEDS_FUSE);
	ASSERT_DONE(silent_file_open(&self->silent));
	memory = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		      self->silent.file, 0);
	ASSERT_NE(MAP_FAILED, memory);
	self->test.addr = (uintptr_t)memory;
	self->test.size = self->stage.page;
	self->waiter = waiter_start(start_and_wait, self);
	ASSERT_LT(0, self->waiter);
	EXPECT_EQ(0, silent_file_wait(&self->silent));
	dies = waiter_dies(&self->waiter);
	EXPECT_TRUE(dies);
	silent_file_close(&self->silent);
	waiter_end(&self->waiter);
	munmap(memory, self->stage.page);
	evidence("killed=%d", dies);
}

PINCHECK_TEST_MAIN
