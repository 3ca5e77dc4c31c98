// SPDX-License-Identifier: GPL-2.0-only
/*
 * remote_pidfd: holds by pidfd, as libpincheck takes them, are on the memory of that process or on
 * none, even if another process has the same number by now. Invariants: SYNC, CLEAN.
 */
#include "suite.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "../../tools/lib/knob.h"
#include "stage.h"
#include "trap.h"

FIXTURE(remote_pidfd)
{
	struct stage stage;
	pid_t other;
	int pidfd;
};

STAGE_ROWS(remote_pidfd)

STAGE_VARIANT(remote_pidfd, pin_rw_lt, PIN, SLOW, HOLD_RW | HOLD_LT)
STAGE_VARIANT(remote_pidfd, get_ro, GET, SLOW, 0)

/* Starts a process that fills the stage's memory with @byte and lives until it is killed. */
static pid_t start_other(struct stage *stage, unsigned char byte)
{
	int ready[2];
	pid_t child;
	char go;

	if (pipe(ready))
		return -errno;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(stage->session);
		memset(stage->memory, byte, stage->length);
		(void)!write(ready[1], "g", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (child > 0 && read(ready[0], &go, 1) != 1)
		child = -EPIPE;
	close(ready[0]);
	return child;
}

FIXTURE_SETUP(remote_pidfd)
{
	ASSERT_STAGE_OPEN(&self->stage);
	self->other = start_other(&self->stage, 0x31);
	ASSERT_LT(0, self->other);
	self->pidfd = syscall(SYS_pidfd_open, self->other, 0);
	ASSERT_LE(0, self->pidfd);
}

static void end_other(FIXTURE_DATA(remote_pidfd) *self, bool reap)
{
	struct pollfd exits = { .fd = self->pidfd, .events = POLLIN };

	if (self->other <= 0)
		return;
	kill(self->other, SIGKILL);
	poll(&exits, 1, -1);
	if (!reap)
		return;
	waitpid(self->other, NULL, 0);
	self->other = 0;
}

FIXTURE_TEARDOWN(remote_pidfd)
{
	end_other(self, true);
	close(self->pidfd);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_pidfd(FIXTURE_DATA(remote_pidfd) *self, struct hold_row row, int pidfd)
{
	self->stage.hold = (struct pincheck_hold) {
		.flags = row.flags, .kind = row.kind, .path = row.path,
		.addr = (uintptr_t)self->stage.memory, .len = self->stage.length,
	};
	return pincheck_hold_pidfd(self->stage.session, &self->stage.hold, pidfd);
}

static int device_byte(FIXTURE_DATA(remote_pidfd) *self)
{
	unsigned char byte;

	if (pincheck_read(self->stage.session, self->stage.hold.hold, 0, &byte, 1) != 1)
		return -1;
	return byte;
}

CASE(remote_pidfd, their_memory, .rows = "P20 P28")
{
	ASSERT_EQ(0, hold_pidfd(self, variant->row, self->pidfd));
	EXPECT_EQ(self->other, self->stage.hold.pid);
	EXPECT_EQ(STAGE_PAGES, self->stage.hold.pages);
	EXPECT_EQ(0x31, device_byte(self));
	EXPECT_NE(0x31, self->stage.memory[0]);
	end_other(self, true);
	EXPECT_EQ(0x31, device_byte(self));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	evidence("pid=%d note=\"its bytes, not the caller's; also once the process ended\"",
		 self->stage.hold.pid);
}

/* Before reaping, the process still has its number but no memory; afterwards it has neither. */
CASE(remote_pidfd, process_gone, .rows = "P28")
{
	end_other(self, false);
	EXPECT_EQ(-ESRCH, hold_pidfd(self, variant->row, self->pidfd));
	end_other(self, true);
	EXPECT_EQ(-ESRCH, hold_pidfd(self, variant->row, self->pidfd));
	EXPECT_EQ(0, self->stage.hold.hold);
	evidence("zombie=ESRCH reaped=ESRCH");
}

#define WISHES	50

/* Starts a process that gets number @pid. On a busy machine another process may take the number. */
static pid_t start_as(struct stage *stage, pid_t number, unsigned char byte)
{
	pid_t child = -EAGAIN;

	for (int i = 0; i < WISHES && child != number; i++) {
		int error;

		if (child > 0) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
		}
		error = knob_set_number("/proc/sys/kernel/ns_last_pid", number - 1);
		if (error)
			return error;
		child = start_other(stage, byte);
	}
	return child;
}

/* Two pages for a request that begins in the first and has its process number in the second. */
struct straddling {
	unsigned char *pages;
	struct pincheck_hold *request;
	int trap;
};

static int straddle_pages(FIXTURE_DATA(remote_pidfd) *self, struct straddling *room)
{
	size_t page = self->stage.page;

	room->pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (room->pages == MAP_FAILED)
		return -errno;
	madvise(room->pages, 2 * page, MADV_NOHUGEPAGE);
	memset(room->pages, 0, 2 * page);
	room->request = (void *)(room->pages + page - offsetof(struct pincheck_hold, fd));
	room->trap = trap_set(room->pages, 2 * page, UFFDIO_REGISTER_MODE_WP);
	return room->trap < 0 ? room->trap : 0;
}

struct call {
	int session, pidfd;
	struct pincheck_hold *request;
	int answer;
};

static void *call_pidfd(void *argument)
{
	struct call *call = argument;

	call->answer = pincheck_hold_pidfd(call->session, call->request, call->pidfd);
	return NULL;
}

/*
 * The library writes the number of the process, then the size, which lies in another page: that
 * write stops it. The test then makes the page of the number trap, too, so HOLD stops when it
 * answers. At that moment the test reaps the process: the pages that are held belong to no process.
 */
CASE(remote_pidfd, reaped_meanwhile, .rows = "P28")
{
	struct call call = { self->stage.session, self->pidfd, NULL, 1 };
	size_t page = self->stage.page;
	struct pincheck_info info;
	struct straddling room;
	uintptr_t where;
	pthread_t thread;

	SUITE_NEEDS(NEEDS_UFFD_WP | NEEDS_THREADS);
	ASSERT_EQ(0, straddle_pages(self, &room));
	call.request = room.request;
	*room.request = (struct pincheck_hold) {
		.flags = variant->row.flags, .kind = variant->row.kind, .path = variant->row.path,
		.addr = (uintptr_t)self->stage.memory, .len = self->stage.length,
	};
	ASSERT_EQ(0, trap_protect(room.trap, room.pages, page, true));
	ASSERT_EQ(0, pthread_create(&thread, NULL, call_pidfd, &call));
	ASSERT_EQ(0, trap_wait(room.trap, &where));
	EXPECT_EQ((uintptr_t)room.pages, where & -page);
	EXPECT_EQ(self->other, room.request->pid);
	ASSERT_EQ(0, trap_protect(room.trap, room.pages + page, page, true));
	ASSERT_EQ(0, trap_protect(room.trap, room.pages, page, false));
	ASSERT_EQ(0, trap_wait(room.trap, &where));
	EXPECT_EQ((uintptr_t)room.pages + page, where & -page);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(STAGE_PAGES, info.session_pages);
	end_other(self, true);
	ASSERT_EQ(0, trap_protect(room.trap, room.pages + page, page, false));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-ESRCH, call.answer);
	EXPECT_EQ(0, room.request->hold);
	EXPECT_EQ(0, room.request->reason);
	evidence("pages=%llu pid=%d reaped=ESRCH", info.session_pages, room.request->pid);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(0, info.session_pages);
	close(room.trap);
	munmap(room.pages, 2 * page);
}

/*
 * Another process gets the number and has memory at the same address: a hold by number is on that
 * process, a hold by the old pidfd fails.
 */
CASE(remote_pidfd, number_used_again, .rows = "P27 P28")
{
	pid_t number = self->other, again;

	SUITE_NEEDS(NEEDS_PID_NS);
	end_other(self, true);
	again = start_as(&self->stage, number, 0x41);
	ASSERT_EQ(number, again);
	EXPECT_EQ(-ESRCH, hold_pidfd(self, variant->row, self->pidfd));
	self->stage.hold.pid = number;
	EXPECT_EQ(0, pincheck_hold(self->stage.session, &self->stage.hold));
	EXPECT_EQ(0x41, device_byte(self));
	kill(again, SIGKILL);
	waitpid(again, NULL, 0);
	evidence("pid=%d by_number=held by_pidfd=ESRCH note=\"the number is used again\"", number);
}

/* A descriptor that is not a pidfd, open or closed, is refused; nothing is held. */
CASE(remote_pidfd, other_descriptors, .rows = "P28")
{
	int ends[2], process = open("/proc/self", O_RDONLY | O_DIRECTORY);
	const int bad[] = { -1, 1000, self->stage.session, 0, process };

	ASSERT_EQ(0, pipe(ends));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EBADF, hold_pidfd(self, variant->row, bad[i])) {
			TH_LOG("%d", bad[i]);
		}
	}
	EXPECT_EQ(-EBADF, hold_pidfd(self, variant->row, ends[0]));
	close(ends[0]);
	close(ends[1]);
	close(process);
	evidence("closed=EBADF device=EBADF proc_directory=EBADF pipe=EBADF");
}

/* Holds from a child PID namespace, with the /proc of the parent namespace or with its own. */
static int from_below(FIXTURE_DATA(remote_pidfd) *self, struct hold_row row, bool own_proc)
{
	int status, error;
	pid_t child;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		return -errno;
	child = fork();
	if (!child) {
		if (own_proc && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
				 mount("proc", "/proc", "proc", 0, NULL)))
			_exit(255);
		error = hold_pidfd(self, row, self->pidfd);
		_exit(-error);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

/* The process has no number in the child namespace: the hold fails and hits no other process. */
CASE(remote_pidfd, from_another_namespace, .rows = "P28")
{
	pid_t tester;
	int status;

	SUITE_NEEDS(NEEDS_PID_NS);
	tester = fork();
	ASSERT_LE(0, tester);
	if (!tester)
		_exit(-from_below(self, variant->row, false));
	waitpid(tester, &status, 0);
	EXPECT_EQ(EXDEV, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	tester = fork();
	ASSERT_LE(0, tester);
	if (!tester)
		_exit(-from_below(self, variant->row, true));
	waitpid(tester, &status, 0);
	EXPECT_EQ(ESRCH, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	evidence("proc_of_above=EXDEV own_proc=ESRCH note=\"from a namespace below\"");
}

PINCHECK_TEST_MAIN
