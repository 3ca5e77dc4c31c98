// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN. However a session ends: the module gives back all its references when the last descriptor
 * is closed, not before and not twice. Each case compares the module's counters before and after,
 * and fails if nothing was held in between.
 */
#include "suite.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include "../../tools/lib/pagemap.h"
#include "fd_pass.h"
#include "mrelease.h"
#include "stage.h"

FIXTURE(lifetime)
{
	struct stage stage;
	/* A socket pair to a child; the parent uses [0]. */
	int wire[2];
};

STAGE_ROWS(lifetime)

/* Release does not depend on the path by which a page was found: one path is enough. */
FOR_EACH_FAST_HOLD_ROW(STAGE_VARIANT, lifetime)

FIXTURE_SETUP(lifetime)
{
	SUITE_NEEDS(NEEDS_UNIX);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->wire));
}

FIXTURE_TEARDOWN(lifetime)
{
	close(self->wire[0]);
	close(self->wire[1]);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static bool send_byte(int wire, char byte)
{
	return write(wire, &byte, 1) == 1;
}

/* Return: the byte that the other process sent, or -1 if that process is gone. */
static int receive_byte(int wire)
{
	unsigned char byte;

	return read(wire, &byte, 1) == 1 ? byte : -1;
}

/* The child closes the end of its parent, who so reads end-of-file when the child dies. */
static pid_t start_child(FIXTURE_DATA(lifetime) *self)
{
	pid_t child = fork();

	if (!child) {
		close(self->wire[0]);
		self->wire[0] = -1;
	} else {
		close(self->wire[1]);
		self->wire[1] = -1;
	}
	return child;
}

static int exit_status(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Return: references that the module has taken since the test began and not given back. */
static int64_t pages_out(const FIXTURE_DATA(lifetime) *self)
{
	struct pin_accounting now;
	int error = pin_accounting_read(&now);

	return error ? error : (int64_t)(now.references - self->stage.before.references);
}

static bool send_session(int wire, int session)
{
	return !fd_send(wire, session, "s", 1, 0);
}

static int receive_session(int wire)
{
	char byte;

	return fd_receive(wire, &byte, 1, 0);
}

/* True if the device reads @expected through the whole hold. */
static bool bytes_agree(int session, __u32 hold, const unsigned char *expected, size_t length)
{
	unsigned char *seen = malloc(length);
	bool agree = pincheck_read(session, hold, 0, seen, length) == (ssize_t)length &&
		     !memcmp(seen, expected, length);

	free(seen);
	return agree;
}

CASE(lifetime, close, .rows = "P19")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	close(stage->session);
	stage->session = -1;
	EXPECT_EQ(0, pages_out(self));
	evidence("pages=%d pages_after_close=0", STAGE_PAGES);
}

/* A duplicate of the descriptor is the same session: closing the last one ends it. */
CASE(lifetime, close_of_a_duplicate, .rows = "P19")
{
	struct stage *stage = &self->stage;
	int duplicate = dup(stage->session);

	ASSERT_LE(0, duplicate);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	close(stage->session);
	stage->session = -1;
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	EXPECT_TRUE(bytes_agree(duplicate, stage->hold.hold, stage->memory, stage->length));
	close(duplicate);
	EXPECT_EQ(0, pages_out(self));
	evidence("pages_after_first_close=%d pages_after_last_close=0", STAGE_PAGES);
}

CASE(lifetime, holds_of_the_same_pages, .rows = "P6")
{
	static const int order[] = { 2, 0, 3, 1 };
	struct stage *stage = &self->stage;
	__u32 ids[ARRAY_SIZE(order)];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		ASSERT_EQ(0, stage_hold_all(stage, variant->row));
		ids[i] = stage->hold.hold;
		EXPECT_EQ((int64_t)(i + 1) * STAGE_PAGES, pages_out(self));
	}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, ids[order[i]]));
		EXPECT_EQ((int64_t)(3 - i) * STAGE_PAGES, pages_out(self));
	}
	evidence("holds=4 note=\"of the same pages, released in another order\"");
}

/* The child takes a hold in a session of its own, sends a byte, and waits for one. */
static void hold_and_wait(FIXTURE_DATA(lifetime) *self, struct hold_row row)
{
	self->stage.session = pincheck_open();
	if (stage_hold_all(&self->stage, row))
		_exit(1);
	send_byte(self->wire[1], 'h');
	receive_byte(self->wire[1]);
}

/* The process ends and closes nothing. */
CASE(lifetime, exit, .rows = "P19")
{
	pid_t child = start_child(self);

	ASSERT_LE(0, child);
	if (!child) {
		hold_and_wait(self, variant->row);
		_exit(0);
	}
	ASSERT_EQ('h', receive_byte(self->wire[0]));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	send_byte(self->wire[0], 'x');
	EXPECT_EQ(0, exit_status(child));
	EXPECT_EQ(0, pages_out(self));
	evidence("child=exited child_pages=%d pages_after=0", STAGE_PAGES);
}

CASE(lifetime, sigkill, .rows = "P19")
{
	pid_t child = start_child(self);

	ASSERT_LE(0, child);
	if (!child) {
		hold_and_wait(self, variant->row);
		_exit(1);
	}
	ASSERT_EQ('h', receive_byte(self->wire[0]));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	kill(child, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, exit_status(child));
	EXPECT_EQ(0, pages_out(self));
	evidence("child=killed child_pages=%d pages_after=0", STAGE_PAGES);
}

/* Runs in a child: a hold on memory of its own in the session of its parent, and a wait that stays. */
static void hold_and_outlive(FIXTURE_DATA(lifetime) *self, struct hold_row row,
			     const struct silent_file *silent)
{
	struct stage *stage = &self->stage;

	memset(stage->memory, 0x5a, stage->length);
	if (usermem_drain_lru() || stage_hold_all(stage, row))
		_exit(1);
	if (write(self->wire[1], &stage->hold.hold, sizeof(__u32)) == sizeof(__u32))
		mrelease_outlive_kill(silent);
	_exit(1);
}

/* Return: the page frame number, or 0, and the report of the page that @child has at @address. */
static __u64 page_of_child(const struct stage *stage, int pagemap, struct pincheck_report *report)
{
	__u64 pfn = pagemap_pfn(pagemap_entry(pagemap, stage->memory));

	return pfn && !pincheck_report(stage->session, &pfn, 1, report) ? pfn : 0;
}

/*
 * The process is killed, cannot end yet, and process_mrelease() takes its memory. The device keeps the
 * pages that it holds, with their bytes, and nobody else has them.
 */
CASE(lifetime, memory_taken_from_killed, .rows = "B10 B14 P19")
{
	struct pincheck_report before, now = { 0 };
	struct stage *stage = &self->stage;
	struct silent_file silent;
	unsigned char bytes[64];
	int pagemap;
	pid_t child;
	__u32 hold;
	__u64 pfn;

	SUITE_NEEDS(NEEDS_FUSE | NEEDS_MRELEASE);
	ASSERT_EQ(0, silent_file_open(&silent));
	child = start_child(self);
	ASSERT_LE(0, child);
	if (!child)
		hold_and_outlive(self, variant->row, &silent);
	ASSERT_EQ((ssize_t)sizeof(hold), read(self->wire[0], &hold, sizeof(hold)));
	ASSERT_EQ(0, silent_file_wait(&silent));
	pagemap = pagemap_open(child);
	pfn = page_of_child(stage, pagemap, &before);
	ASSERT_NE(0, pfn);
	ASSERT_EQ(0, mrelease_killed(child));
	EXPECT_EQ(0, pagemap_pfn(pagemap_entry(pagemap, stage->memory)));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	memset(bytes, 0x5a, sizeof(bytes));
	EXPECT_TRUE(bytes_agree(stage->session, hold, bytes, sizeof(bytes)));
	ASSERT_EQ(0, pincheck_report(stage->session, &pfn, 1, &now));
	EXPECT_EQ(before.refcount - 1, now.refcount);
	EXPECT_EQ(0, now.page_mapcount);
	evidence("pfn=%llx refs_before=%d refs=%d mapcount=%d", pfn, before.refcount, now.refcount,
		 now.page_mapcount);
	silent_file_close(&silent);
	EXPECT_EQ(128 + SIGKILL, exit_status(child));
	EXPECT_TRUE(bytes_agree(stage->session, hold, bytes, sizeof(bytes)));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, hold));
	close(pagemap);
}

/* A session is close-on-exec: a new program must not inherit references unknowingly. */
CASE(lifetime, exec, .rows = "P19")
{
	pid_t child = start_child(self);
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		hold_and_wait(self, variant->row);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl("/proc/self/exe", "lifetime", "-h", NULL);
		_exit(2);
	}
	ASSERT_EQ('h', receive_byte(self->wire[0]));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	send_byte(self->wire[0], 'x');
	/* A traced exec stops before the first instruction of the new program. */
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	EXPECT_EQ(0, pages_out(self));
	kill(child, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, exit_status(child));
	evidence("pages=%d pages_after_exec=0", STAGE_PAGES);
}

/* A child inherits the session by fork: the session outlives the process that opened it. */
CASE(lifetime, fork_inherits, .rows = "P13 P19 P20")
{
	struct stage *stage = &self->stage;
	pid_t child;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	child = start_child(self);
	ASSERT_LE(0, child);
	if (!child) {
		struct pincheck_page page;
		bool agree;

		receive_byte(self->wire[1]);
		agree = bytes_agree(stage->session, stage->hold.hold, stage->memory, stage->length);
		/* The child cannot know what the owner of the memory has mapped there. */
		if (pincheck_pages(stage->session, stage->hold.hold, 0, 1, &page) ||
		    page.mapped != PINCHECK_MAPPED_UNKNOWN)
			agree = false;
		send_byte(self->wire[1], agree ? 'a' : 'd');
		receive_byte(self->wire[1]);
		_exit(0);
	}
	close(stage->session);
	stage->session = -1;
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	send_byte(self->wire[0], 'g');
	EXPECT_EQ('a', receive_byte(self->wire[0]));
	send_byte(self->wire[0], 'x');
	EXPECT_EQ(0, exit_status(child));
	EXPECT_EQ(0, pages_out(self));
	evidence("pages_after_parent_close=%d pages_after_child_exit=0", STAGE_PAGES);
}

/* The session goes on in the parent when a child closes its copy. */
CASE(lifetime, fork_child_closes, .rows = "P19 P20")
{
	struct stage *stage = &self->stage;
	pid_t child;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	child = start_child(self);
	ASSERT_LE(0, child);
	if (!child) {
		close(stage->session);
		_exit(0);
	}
	EXPECT_EQ(0, exit_status(child));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	EXPECT_TRUE(bytes_agree(stage->session, stage->hold.hold, stage->memory, stage->length));
	evidence("pages_after_child_close=%d", STAGE_PAGES);
}

/* SCM_RIGHTS passes the session, with its references, to a process that never had the memory. */
CASE(lifetime, passed_to_another_process, .rows = "P9 P19 P20")
{
	struct stage *stage = &self->stage;
	pid_t child = start_child(self);

	ASSERT_LE(0, child);
	if (!child) {
		unsigned char first = 0;
		int session;

		close(stage->session);
		session = receive_session(self->wire[1]);
		/* The parent sends the id of the hold. */
		if (pincheck_read(session, receive_byte(self->wire[1]), 0, &first, 1) != 1)
			_exit(1);
		send_byte(self->wire[1], first);
		receive_byte(self->wire[1]);
		_exit(0);
	}
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_TRUE(send_session(self->wire[0], stage->session));
	ASSERT_GT(256, stage->hold.hold);
	send_byte(self->wire[0], stage->hold.hold);
	EXPECT_EQ(stage->memory[0], receive_byte(self->wire[0]));
	close(stage->session);
	stage->session = -1;
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	/* The owner of the memory is charged, not the process that has the descriptor. */
	EXPECT_EQ((long)stage->length / 1024, vm_pin_kib());
	send_byte(self->wire[0], 'x');
	EXPECT_EQ(0, exit_status(child));
	EXPECT_EQ(0, pages_out(self));
	EXPECT_EQ(0, vm_pin_kib());
	evidence("pages_passed_on=%d pages_after_receiver_exit=0", STAGE_PAGES);
}

/* The owner of the memory exits, its held pages stay: bytes are unchanged, release works. */
CASE(lifetime, owner_exits, .rows = "P20")
{
	struct stage *stage = &self->stage;
	pid_t child = start_child(self);
	int session, id;

	ASSERT_LE(0, child);
	if (!child) {
		stage->session = pincheck_open();
		memset(stage->memory, 0x6b, stage->length);
		if (stage_hold_all(stage, variant->row))
			_exit(1);
		send_session(self->wire[1], stage->session);
		send_byte(self->wire[1], stage->hold.hold);
		_exit(0);
	}
	session = receive_session(self->wire[0]);
	id = receive_byte(self->wire[0]);
	ASSERT_LE(0, session);
	EXPECT_EQ(0, exit_status(child));
	EXPECT_EQ(STAGE_PAGES, pages_out(self));
	memset(stage->memory, 0x6b, stage->length);
	EXPECT_TRUE(bytes_agree(session, id, stage->memory, stage->length));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(session, id));
	EXPECT_EQ(0, pages_out(self));
	close(session);
	evidence("pages=%d owner=exited note=\"readable, and released by another process\"",
		 STAGE_PAGES);
}

/* No process maps the pages any more: device I/O works, PAGES answers NONE, release is clean. */
CASE(lifetime, munmap_while_held, .rows = "P13 P20")
{
	struct pincheck_page pages[STAGE_PAGES];
	struct stage *stage = &self->stage;
	unsigned char *copy = malloc(stage->length);

	memcpy(copy, stage->memory, stage->length);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, munmap(stage->memory, stage->length));
	EXPECT_TRUE(bytes_agree(stage->session, stage->hold.hold, copy, stage->length));
	ASSERT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_EQ(PINCHECK_MAPPED_NONE, pages[i].mapped);
	}
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	free(copy);
	evidence("held=%llx mapped=\"%s\" note=\"unmapped, the device still reads the page\"",
		 pages[0].pfn, pincheck_mapped_name(pages[0].mapped));
}

/* New memory at the same address is not the held page: PAGES answers OTHER. */
CASE(lifetime, replaced_while_held, .rows = "P13 P20")
{
	struct pincheck_page pages[STAGE_PAGES];
	struct stage *stage = &self->stage;
	unsigned char *copy = malloc(stage->length);

	memcpy(copy, stage->memory, stage->length);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, madvise(stage->memory, stage->length, MADV_DONTNEED));
	memset(stage->memory, 0x3c, stage->length);
	EXPECT_TRUE(bytes_agree(stage->session, stage->hold.hold, copy, stage->length));
	ASSERT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_EQ(PINCHECK_MAPPED_OTHER, pages[i].mapped);
		EXPECT_NE(stage_pfn(stage->memory + i * stage->page), pages[i].pfn);
	}
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	free(copy);
	evidence("held=%llx mapped=\"%s\"", pages[0].pfn, pincheck_mapped_name(pages[0].mapped));
}

PINCHECK_TEST_MAIN
