// SPDX-License-Identifier: GPL-2.0-only
/*
 * Use of a hold meets memory that never comes: device I/O can be killed while it waits, and calls
 * that only look do not wait at all. Invariant: CLEAN.
 */
#include "suite.h"
#include <sys/mman.h>
#include <unistd.h>
#include "silent_file.h"
#include "stage.h"
#include "waiter.h"

static const struct hold_row mirror_row = STAGE_ROW(MIRROR, UNKNOWN, HOLD_RW);
static const struct hold_row pin_row = STAGE_ROW(PIN, FAST, 0);

FIXTURE(killable_use)
{
	struct stage stage;
	struct silent_file silent;
	pid_t waiter;
	/* For the waiter's device I/O. */
	void *buffer;
	bool write;
};

FIXTURE_SETUP(killable_use)
{

	self->silent = (struct silent_file) { .file = -1, .reads = -1 };
	SUITE_NEEDS(NEEDS_FUSE);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, silent_file_open(&self->silent));
}

FIXTURE_TEARDOWN(killable_use)
{
	silent_file_close(&self->silent);
	waiter_end(&self->waiter);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Maps one page of the file, whose pages never come, at @address (NULL: anywhere). */
static void *map_silent(FIXTURE_DATA(killable_use) *self, void *address)
{
	return mmap(address, self->stage.page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | (address ? MAP_FIXED : 0), self->silent.file, 0);
}

static int use_in_waiter(void *argument)
{
	FIXTURE_DATA(killable_use) *self = argument;
	int session = self->stage.session;
	ssize_t done;

	if (self->write)
		done = pincheck_write(session, self->stage.hold.hold, 0, self->buffer, 8);
	else
		done = pincheck_read(session, self->stage.hold.hold, 0, self->buffer, 8);
	return done < 0 ? done : 0;
}

static void expect_io_dies(struct __test_metadata *_metadata, FIXTURE_DATA(killable_use) *self)
{
	bool dies;

	self->waiter = waiter_start(use_in_waiter, self);
	ASSERT_LT(0, self->waiter);
	ASSERT_EQ(0, silent_file_wait(&self->silent)) TH_LOG("I/O does not wait for the page");
	dies = waiter_dies(&self->waiter);
	evidence("silent=server io_killed=%d", dies);
	EXPECT_TRUE(dies);
}

/* A mirror that lost its page has to fault the new mapping in. */
CASE(killable_use, mirror_reads, .rows = "D10")
{
	uint64_t word;

	SUITE_NEEDS(NEEDS_MIRROR);
	ASSERT_EQ(0, stage_hold(&self->stage, mirror_row, self->stage.memory, self->stage.page));
	ASSERT_NE(MAP_FAILED, map_silent(self, self->stage.memory));
	self->buffer = &word;
	expect_io_dies(_metadata, self);
}

CASE(killable_use, mirror_writes, .rows = "D10")
{
	uint64_t word = 1;

	SUITE_NEEDS(NEEDS_MIRROR);
	ASSERT_EQ(0, stage_hold(&self->stage, mirror_row, self->stage.memory, self->stage.page));
	ASSERT_NE(MAP_FAILED, map_silent(self, self->stage.memory));
	self->buffer = &word;
	self->write = true;
	expect_io_dies(_metadata, self);
}

/* The caller's buffer never comes. */
CASE(killable_use, buffer, .rows = "D10")
{
	ASSERT_EQ(0, stage_hold(&self->stage, pin_row, self->stage.memory, self->stage.page));
	self->buffer = map_silent(self, NULL);
	ASSERT_NE(MAP_FAILED, self->buffer);
	expect_io_dies(_metadata, self);
}

static int read_trace_in_waiter(void *argument)
{
	FIXTURE_DATA(killable_use) *self = argument;
	struct pincheck_trace_read read;

	return pincheck_trace_read(self->stage.session, self->buffer, 1, &read);
}

/* The reader of a trace waits for its buffer: it can be killed, and other sessions end meanwhile. */
CASE(killable_use, trace_read, .rows = "D10 P45")
{
	struct pincheck_trace trace = {
		.records = PINCHECK_TRACE_RECORDS_MIN, .pid = getpid(),
	};
	int other;
	bool dies;

	SUITE_NEEDS(NEEDS_TRACE);
	ASSERT_EQ(0, pincheck_trace(self->stage.session, &trace));
	ASSERT_EQ(0, stage_hold(&self->stage, pin_row, self->stage.memory, self->stage.page));
	self->buffer = map_silent(self, NULL);
	ASSERT_NE(MAP_FAILED, self->buffer);
	self->waiter = waiter_start(read_trace_in_waiter, self);
	ASSERT_LT(0, self->waiter);
	ASSERT_EQ(0, silent_file_wait(&self->silent)) TH_LOG("TRACE_READ does not wait for the page");
	other = pincheck_open();
	ASSERT_LE(0, other);
	EXPECT_EQ(0, close(other));
	dies = waiter_dies(&self->waiter);
	evidence("silent=server read_killed=%d", dies);
	EXPECT_TRUE(dies);
	EXPECT_EQ(0, pincheck_trace_end(self->stage.session));
}

/* PAGES faults no page in: it answers, and the server gets no request. */
CASE(killable_use, pages_do_not_wait, .rows = "D10")
{
	struct pincheck_page page;

	ASSERT_EQ(0, stage_hold(&self->stage, pin_row, self->stage.memory, self->stage.page));
	ASSERT_NE(MAP_FAILED, map_silent(self, self->stage.memory));
	ASSERT_EQ(0, pincheck_pages(self->stage.session, self->stage.hold.hold, 0, 1, &page));
	evidence("mapped=\"%s\"", pincheck_mapped_name(page.mapped));
	EXPECT_EQ(PINCHECK_MAPPED_NONE, page.mapped);
	EXPECT_FALSE(silent_file_asked(&self->silent));
}

/* FOLLOW refuses memory with pages before it looks at the page. */
CASE(killable_use, follow_does_not_wait, .rows = "D10")
{
	struct pincheck_follow follow = { .addr = (uintptr_t)map_silent(self, NULL) };

	SUITE_NEEDS(NEEDS_PFNMAP);
	EXPECT_EQ(-EINVAL, pincheck_follow(self->stage.session, &follow));
	evidence("reason=%s", pincheck_reason_name(follow.reason));
	EXPECT_EQ(PINCHECK_REASON_PAGES, follow.reason);
	EXPECT_FALSE(silent_file_asked(&self->silent));
}

PINCHECK_TEST_MAIN
