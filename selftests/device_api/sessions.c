// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on different holds do not wait for each other. A userfaultfd that does not answer a page
 * fault stops one thread in the middle of a command; the thread keeps all its locks. Meanwhile
 * others work with other holds for ROUNDS rounds. If they needed one of these locks, the case would
 * not end, and the time limit would turn it red. Invariant: CLEAN.
 */
#include "suite.h"
#include <pthread.h>
#include <sys/mman.h>
#include "stage.h"
#include "trap.h"

#define ROUNDS		1000
#define SLOW_ROUNDS	50	/* of what looks at every session */
#define OTHER_PAGES	4	/* of the stage, the first; the stopped thread has the others */
#define NO_ANSWER	INT64_MIN

/* The command in which the thread is stopped. */
enum stop {
	/* HOLD, in the slow path of GUP: it has an id and a part of its pages. */
	STOP_HOLD,
	/* IO, in the copy to the buffer: it uses a hold. */
	STOP_IO,
	/* REPORT, in the copy of the reports. */
	STOP_REPORT,
};

FIXTURE(sessions)
{
	struct stage stage;
	int uffd;
	/* Two pages: the first is present, an access to the second stops. */
	unsigned char *trap;
	__u32 hold;
	pthread_t thread;
	int64_t result;
};

FIXTURE_VARIANT(sessions)
{
	enum stop stop;
};

FIXTURE_VARIANT_ADD(sessions, stopped_in_hold) { STOP_HOLD };
FIXTURE_VARIANT_ADD(sessions, stopped_in_io) { STOP_IO };
FIXTURE_VARIANT_ADD(sessions, stopped_in_report) { STOP_REPORT };

static const struct hold_row pin_rw = STAGE_ROW(PIN, FAST, HOLD_RW);

static int set_trap(FIXTURE_DATA(sessions) *self)
{
	size_t page = self->stage.page;

	self->trap = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	if (self->trap == MAP_FAILED)
		return -errno;
	madvise(self->trap, 2 * page, MADV_NOHUGEPAGE);
	self->trap[0] = 1;
	self->uffd = trap_set(self->trap + page, page, UFFDIO_REGISTER_MODE_MISSING);
	return self->uffd < 0 ? self->uffd : 0;
}

FIXTURE_SETUP(sessions)
{
	SUITE_NEEDS(NEEDS_UFFD_WP | NEEDS_THREADS);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, set_trap(self));
	ASSERT_EQ(0, stage_hold(&self->stage, pin_rw,
				self->stage.memory + OTHER_PAGES * self->stage.page,
				(STAGE_PAGES - OTHER_PAGES) * self->stage.page));
	self->hold = self->stage.hold.hold;
	self->result = NO_ANSWER;
}

FIXTURE_TEARDOWN(sessions)
{
	close(self->uffd);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int64_t stopped_hold(FIXTURE_DATA(sessions) *self)
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.flags = PINCHECK_HOLD_WRITE, .addr = (uintptr_t)self->trap,
		.len = 2 * self->stage.page,
	};
	int error = pincheck_hold(self->stage.session, &hold);

	return error ? error : pincheck_release(self->stage.session, hold.hold);
}

static int64_t stopped_io(FIXTURE_DATA(sessions) *self)
{
	ssize_t done = pincheck_read(self->stage.session, self->hold, 0, self->trap,
				     2 * self->stage.page);

	return done < 0 ? done : done / (ssize_t)self->stage.page;
}

static int64_t stopped_report(FIXTURE_DATA(sessions) *self)
{
	const __u64 pfns[] = { stage_pfn(self->stage.memory), stage_pfn(self->trap) };
	struct pincheck_report *reports = (void *)(self->trap + self->stage.page) - sizeof(*reports);

	return pincheck_report_ledger(self->stage.session, pfns, ARRAY_SIZE(pfns), reports);
}

/* The answer of each command once it goes on: pages, or 0. */
static const struct {
	int64_t (*run)(FIXTURE_DATA(sessions) *self);
	int64_t result;
} stops[] = {
	[STOP_HOLD] = { stopped_hold, 2 },
	[STOP_IO] = { stopped_io, 2 },
	[STOP_REPORT] = { stopped_report, 0 },
};

struct stopping {
	FIXTURE_DATA(sessions) *self;
	enum stop stop;
};

static void *run_stopped(void *argument)
{
	struct stopping *stopping = argument;
	int64_t result = stops[stopping->stop].run(stopping->self);

	__atomic_store_n(&stopping->self->result, result, __ATOMIC_SEQ_CST);
	return NULL;
}

static bool is_stopped(FIXTURE_DATA(sessions) *self)
{
	return __atomic_load_n(&self->result, __ATOMIC_SEQ_CST) == NO_ANSWER;
}

static int let_go(FIXTURE_DATA(sessions) *self)
{
	int error = trap_fill(self->uffd, self->trap + self->stage.page);

	return error ? error : pthread_join(self->thread, NULL);
}

/* Takes, uses and gives back a hold on another part of the stage. Return: 0 or -errno */
static int take_and_release(int session, const struct stage *stage, unsigned int rounds)
{
	struct pincheck_page pages[OTHER_PAGES];
	int error = 0;

	for (unsigned int i = 0; i < rounds && !error; i++) {
		struct pincheck_hold hold = {
			.kind = PINCHECK_KIND_PIN, .flags = PINCHECK_HOLD_WRITE,
			.path = i % 2 ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW,
			.addr = (uintptr_t)stage->memory, .len = OTHER_PAGES * stage->page,
		};

		error = pincheck_hold(session, &hold);
		if (!error)
			error = pincheck_pages(session, hold.hold, 0, OTHER_PAGES, pages);
		if (!error && pincheck_release(session, hold.hold) != OTHER_PAGES)
			error = -EIO;
	}
	return error;
}

/* Commands that walk all sessions, too: open, close, INFO, and REPORT with the ledger. */
static int look_at_all(const struct stage *stage, unsigned int rounds)
{
	struct pincheck_report report;
	struct pincheck_info info;
	__u64 pfn = stage_pfn(stage->memory);
	int error = 0;

	for (unsigned int i = 0; i < rounds && !error; i++) {
		int session = pincheck_open();

		error = session < 0 ? session : pincheck_info(session, &info);
		if (!error)
			error = pincheck_report_ledger(session, &pfn, 1, &report);
		if (session >= 0)
			close(session);
	}
	return error;
}

static int work_with_holds(int session, const struct stage *stage)
{
	int error = take_and_release(session, stage, ROUNDS);

	return error ? error : look_at_all(stage, SLOW_ROUNDS);
}

static int work_in_own_session(const struct stage *stage)
{
	int session = pincheck_open();
	int error = session < 0 ? session : work_with_holds(session, stage);

	close(session);
	return error;
}

static int work_in_own_process(const struct stage *stage)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(-work_in_own_session(stage));
	if (waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int work_in_its_session(const struct stage *stage)
{
	return work_with_holds(stage->session, stage);
}

/* One thread is stopped until the others have done their work. */
static void others_go_on(struct __test_metadata *_metadata, FIXTURE_DATA(sessions) *self,
			 const FIXTURE_VARIANT(sessions) *variant,
			 int (*others)(const struct stage *stage))
{
	struct stopping stopping = { self, variant->stop };
	uintptr_t where;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_stopped, &stopping));
	ASSERT_EQ(0, trap_wait(self->uffd, &where));
	EXPECT_EQ(0, others(&self->stage));
	EXPECT_TRUE(is_stopped(self));
	ASSERT_EQ(0, let_go(self));
	EXPECT_EQ(stops[variant->stop].result, self->result);
	evidence("stopped=1 holds=%d looks=%d", ROUNDS, SLOW_ROUNDS);
	evidence("answer=%lld", (long long)self->result);
}

/* Two sessions of one process. */
CASE(sessions, other_session, .rows = "P21")
{
	others_go_on(_metadata, self, variant, work_in_own_session);
}

/* Two processes. */
CASE(sessions, other_process, .rows = "P21")
{
	others_go_on(_metadata, self, variant, work_in_own_process);
}

/* Two holds of one session. */
CASE(sessions, same_session, .rows = "P21")
{
	others_go_on(_metadata, self, variant, work_in_its_session);
}

PINCHECK_TEST_MAIN
