// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that never comes, and who waits for it: he can be killed, whatever kind of hold he asked
 * for, by whichever path, and whose ever the memory is (row 10 of issue 9). A hostile process could
 * otherwise have root's `pincheck hold --pid` wait for ever. The memory is a private mapping of a file
 * of FUSE whose server does not answer, or lies under a userfaultfd that nobody handles. Where the
 * kernel cannot be left the server is ended, so that the run goes on. Invariant: CLEAN.
 */
#include "suite.h"
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "silent_file.h"
#include "stage.h"
#include "trap.h"

#define ENDS_WITHIN	10000	/* ms */

FIXTURE(killable)
{
	struct stage stage;
	struct silent_file silent;
	/* One page that never comes. */
	unsigned char *memory;
	/* The process that waits; 0 when there is none. */
	pid_t waiter;
};

FIXTURE_VARIANT(killable)
{
	struct hold_row row;
};

#define KILLABLE_VARIANT(name, kind, path, flags)						\
	FIXTURE_VARIANT_ADD(killable, name)							\
	{											\
		.row = { PINCHECK_KIND_##kind, PINCHECK_PATH_##path, flags },			\
	};
FOR_EACH_HOLD_ROW(KILLABLE_VARIANT)
KILLABLE_VARIANT(mirror_ro, MIRROR, UNKNOWN, 0)
KILLABLE_VARIANT(mirror_rw, MIRROR, UNKNOWN, PINCHECK_HOLD_WRITE)

FIXTURE_SETUP(killable)
{
	char why[WHY];

	self->silent = (struct silent_file) { .file = -1, .reads = -1 };
	SUITE_NEEDS(NEEDS_FUSE | (variant->row.kind == PINCHECK_KIND_MIRROR ? NEEDS_MIRROR : 0));
	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	ASSERT_EQ(0, silent_file_open(&self->silent));
	self->memory = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			    self->silent.file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->memory);
}

/* Whoever could not be killed can be once the server is gone. */
FIXTURE_TEARDOWN(killable)
{
	silent_file_close(&self->silent);
	if (self->waiter > 0) {
		kill(self->waiter, SIGKILL);
		waitpid(self->waiter, NULL, 0);
	}
	munmap(self->memory, self->stage.page);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* A process that does @call and should never come back from it. Return: its pid. */
static pid_t start_waiter(FIXTURE_DATA(killable) *self, int (*call)(FIXTURE_DATA(killable) *,
				struct hold_row), struct hold_row row)
{
	pid_t pid = fork();
	int error;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	error = call(self, row);
	evidence("the call came back: %s, reason %s", strerror(-error),
		 pincheck_reason_name(self->stage.hold.reason));
	_exit(1);
}

/* Kills the waiter. Return: he ended in time. */
static bool waiter_dies(FIXTURE_DATA(killable) *self)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, self->waiter, 0), .events = POLLIN };
	int status = 0;
	bool ended;

	kill(self->waiter, SIGKILL);
	ended = poll(&end, 1, ENDS_WITHIN) == 1;
	close(end.fd);
	if (!ended)
		return false;
	waitpid(self->waiter, &status, 0);
	self->waiter = 0;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int hold_own(FIXTURE_DATA(killable) *self, struct hold_row row)
{
	return stage_hold(&self->stage, row, self->memory, self->stage.page);
}

/* Of the process that made the fixture. */
static int hold_parents(FIXTURE_DATA(killable) *self, struct hold_row row)
{
	self->stage.hold = (struct pincheck_hold) {
		.kind = row.kind, .path = row.path, .flags = row.flags, .pid = getppid(),
		.addr = (uintptr_t)self->memory, .len = self->stage.page,
	};
	return pincheck_hold(self->stage.session, &self->stage.hold);
}

/* HOLD of memory of one's own. */
TEST_F(killable, own_file)
{
	bool dies;

	self->waiter = start_waiter(self, hold_own, variant->row);
	ASSERT_LT(0, self->waiter);
	ASSERT_EQ(0, silent_file_wait(&self->silent));
	dies = waiter_dies(self);
	evidence("the server was asked for the page; killed, HOLD %s", dies ? "ended" : "went on");
	EXPECT_TRUE(dies);
}

/* HOLD of the memory of another process, who has a file that never comes. */
TEST_F(killable, others_file)
{
	bool dies;

	if (variant->row.path == PINCHECK_PATH_FAST)
		return;
	self->waiter = start_waiter(self, hold_parents, variant->row);
	ASSERT_LT(0, self->waiter);
	ASSERT_EQ(0, silent_file_wait(&self->silent));
	dies = waiter_dies(self);
	evidence("the server was asked for the page; killed, HOLD %s", dies ? "ended" : "went on");
	EXPECT_TRUE(dies);
}

/* The same, where the memory of the other process is under a userfaultfd that nobody handles. */
TEST_F(killable, others_userfaultfd)
{
	size_t page = self->stage.page;
	uintptr_t where;
	bool dies;
	int trap;

	SUITE_NEEDS(NEEDS_UFFD_WP);
	if (variant->row.path == PINCHECK_PATH_FAST)
		return;
	munmap(self->memory, page);
	self->memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->memory);
	trap = trap_set(self->memory, page, UFFDIO_REGISTER_MODE_MISSING);
	ASSERT_LE(0, trap);
	self->waiter = start_waiter(self, hold_parents, variant->row);
	ASSERT_LT(0, self->waiter);
	EXPECT_EQ(0, trap_wait(trap, &where)) TH_LOG("HOLD did not wait for the handler");
	dies = waiter_dies(self);
	evidence("the handler was asked for the page; killed, HOLD %s", dies ? "ended" : "went on");
	EXPECT_TRUE(dies);
	close(trap);
}

PINCHECK_TEST_MAIN
