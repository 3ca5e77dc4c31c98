// SPDX-License-Identifier: GPL-2.0-only
/*
 * HOLD can be killed while it waits for memory that never comes, for every kind of hold and path,
 * and for memory of any process. Otherwise a hostile process could make root's `pincheck hold
 * --pid` wait for ever. The memory is a private mapping of a FUSE file whose server does not
 * answer, or lies under a userfaultfd without a handler. If the waiter cannot be killed the case
 * ends the server, so that the run goes on. Invariant: CLEAN.
 */
#include "suite.h"
#include <sys/mman.h>
#include <unistd.h>
#include "silent_file.h"
#include "stage.h"
#include "trap.h"
#include "waiter.h"

FIXTURE(killable)
{
	struct stage stage;
	struct silent_file silent;
	int trap;
	/* One page that never comes. */
	unsigned char *memory;
	pid_t waiter;
	/* The waiter's HOLD. */
	struct pincheck_hold request;
};

FIXTURE_VARIANT(killable)
{
	struct hold_row row;
	bool others;	/* the memory is the test's, and the waiter is a child */
	bool trap;	/* a userfaultfd, not a file */
};

#define OWN_FILE(name, kind, path, flags)							\
	FIXTURE_VARIANT_ADD(killable, name##_own)						\
	{											\
		STAGE_ROW(kind, path, flags), false, false						\
	};
#define OTHERS_FILE(name, kind, path, flags)							\
	FIXTURE_VARIANT_ADD(killable, name##_others)						\
	{											\
		STAGE_ROW(kind, path, flags), true, false						\
	};
#define OTHERS_TRAP(name, kind, path, flags)							\
	FIXTURE_VARIANT_ADD(killable, name##_others_uffd)					\
	{											\
		STAGE_ROW(kind, path, flags), true, true						\
	};

/* GUP-fast reads the page tables of the caller only. */
#define FOR_EACH_HOLD_OF_OTHERS(X)								\
	PIN_ACCESSES(HOLD_BY_PATH_SLOW, X)							\
	GET_ACCESSES(HOLD_BY_PATH_SLOW, X)							\
	FOR_EACH_OTHER_HOLD_ROW(X)

FOR_EACH_HOLD_ROW(OWN_FILE)
FOR_EACH_OTHER_HOLD_ROW(OWN_FILE)
FOR_EACH_HOLD_OF_OTHERS(OTHERS_FILE)
FOR_EACH_HOLD_OF_OTHERS(OTHERS_TRAP)

/* Maps one page of the silent file, or of anonymous memory under a userfaultfd. */
static int map_memory(FIXTURE_DATA(killable) *self, bool trap)
{
	size_t page = self->stage.page;
	int error = trap ? 0 : silent_file_open(&self->silent);

	if (error)
		return error;
	self->memory = mmap(NULL, page, PROT_READ | PROT_WRITE,
			    trap ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, self->silent.file, 0);
	if (self->memory == MAP_FAILED)
		return -errno;
	if (trap)
		self->trap = trap_set(self->memory, page, UFFDIO_REGISTER_MODE_MISSING);
	return self->trap < 0 ? self->trap : 0;
}

SUITE_FACTS(killable)
{
	facts->hold = pincheck_kind_name(variant->row.kind);
}

FIXTURE_SETUP(killable)
{
	const struct hold_row *row = &variant->row;

	self->silent = (struct silent_file) { .file = -1, .reads = -1 };
	SUITE_NEEDS((variant->trap ? NEEDS_UFFD_WP : NEEDS_FUSE) |
		    (row->kind == PINCHECK_KIND_MIRROR ? NEEDS_MIRROR : 0));
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, map_memory(self, variant->trap));
	self->request = (struct pincheck_hold) {
		.kind = row->kind, .path = row->path, .flags = row->flags,
		.addr = (uintptr_t)self->memory, .len = self->stage.page,
		.pid = variant->others ? getpid() : 0,
	};
}

/* A waiter that survived SIGKILL dies once the server is gone. */
FIXTURE_TEARDOWN(killable)
{
	silent_file_close(&self->silent);
	if (self->trap > 0)
		close(self->trap);
	waiter_end(&self->waiter);
	munmap(self->memory, self->stage.page);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_in_waiter(void *argument)
{
	FIXTURE_DATA(killable) *self = argument;

	return pincheck_hold(self->stage.session, &self->request);
}

/*
 * Waits until the page is requested from the server, or from the userfaultfd. Return: 0 or -errno
 */
static int wait_for_fault(const FIXTURE_DATA(killable) *self)
{
	uintptr_t where;

	return self->trap ? trap_wait(self->trap, &where) : silent_file_wait(&self->silent);
}

CASE(killable, hold_ends, .rows = "D10")
{
	bool dies;

	self->waiter = waiter_start(hold_in_waiter, self);
	ASSERT_LT(0, self->waiter);
	ASSERT_EQ(0, wait_for_fault(self)) TH_LOG("HOLD does not wait for the page");
	dies = waiter_dies(&self->waiter);
	evidence("silent=%s hold_killed=%d", self->trap ? "handler" : "server", dies);
	EXPECT_TRUE(dies);
}

PINCHECK_TEST_MAIN
