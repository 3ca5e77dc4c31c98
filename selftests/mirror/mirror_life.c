// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a mirror: which process's memory it shows when processes exit, execute, and pass the
 * session on; what it costs; what it keeps to mark pages late. Invariants: SYNC, ACCURACY, CLEAN.
 */
#include "suite.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "capability.h"
#include "mrelease.h"
#include "stage.h"

/* Rounds of device I/O: at least ROUNDS, then until MEETINGS invalidations or ROUNDS_MAX. */
#define MEETINGS	50
#define ROUNDS		300
#define ROUNDS_MAX	1000000

static const struct hold_row write_row = STAGE_ROW(MIRROR, UNKNOWN, HOLD_RW);

FIXTURE(mirror_life)
{
	struct stage stage;
	/* A child, which exits when let_go is closed. */
	pid_t child;
	int let_go;
};

FIXTURE_SETUP(mirror_life)
{

	self->let_go = -1;
	SUITE_NEEDS(NEEDS_MIRROR);
	ASSERT_STAGE_OPEN(&self->stage);
}

static int child_ended(FIXTURE_DATA(mirror_life) *self)
{
	int status = -1;

	close(self->let_go);
	if (waitpid(self->child, &status, 0) != self->child)
		return -1;
	self->child = 0;
	return status;
}

FIXTURE_TEARDOWN(mirror_life)
{
	if (self->child)
		child_ended(self);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/*
 * Starts a child with the stage's memory at the same address, but with pages of its own, full of
 * @byte. It takes a mirror through the shared session and its id goes to *@hold, unless @hold is
 * NULL. The child then waits until let_go is closed, and ends by @ending.
 */
static int start_mirror_child(FIXTURE_DATA(mirror_life) *self, unsigned char byte, __u32 *hold,
			      void (*ending)(void))
{
	int go[2], ready[2];
	__u32 id = 0;
	char end;

	if (pipe2(go, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return -errno;
	self->child = fork();
	if (self->child < 0)
		return -errno;
	if (!self->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		memset(self->stage.memory, byte, self->stage.length);
		if (hold && stage_hold_all(&self->stage, write_row))
			_exit(1);
		id = self->stage.hold.hold;
		if (write(ready[1], &id, sizeof(id)) != sizeof(id))
			_exit(1);
		(void)!read(go[0], &end, 1);
		ending();
	}
	close(go[0]);
	close(ready[1]);
	self->let_go = go[1];
	if (read(ready[0], &id, sizeof(id)) != sizeof(id))
		return -EPIPE;
	close(ready[0]);
	if (hold)
		*hold = id;
	return 0;
}

static void just_exit(void)
{
	_exit(0);
}

static void execute_self(void)
{
	char *const arguments[] = { "/proc/self/exe", "-l", NULL };
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	execv(arguments[0], arguments);
	_exit(1);
}

static void be_killed(void)
{
	raise(SIGKILL);
}

/* Return: how many events have @reason, or -1. */
static int count_events(const struct stage *stage, __u32 hold, __u32 reason)
{
	struct pincheck_event events[64];
	__u64 count = ARRAY_SIZE(events), lost;
	int found = 0;

	if (pincheck_events(stage->session, hold, events, &count, &lost))
		return -1;
	for (__u64 i = 0; i < count; i++)
		found += events[i].reason == reason;
	return found;
}

/*
 * The mirror shows the memory of the process that took it, to any caller. When that process is gone
 * it shows nothing, and not the caller's memory.
 */
static void owner_ends(struct __test_metadata *_metadata, FIXTURE_DATA(mirror_life) *self,
		       void (*ending)(void), int status)
{
	struct stage *stage = &self->stage;
	unsigned char byte = 0;
	__u32 hold;

	ASSERT_EQ(0, start_mirror_child(self, 0x5a, &hold, ending));
	ASSERT_EQ(1, pincheck_read(stage->session, hold, 0, &byte, 1));
	EXPECT_EQ(0x5a, byte);
	ASSERT_EQ(1, pincheck_write(stage->session, hold, 1, "x", 1));
	EXPECT_NE('x', stage->memory[1]);
	EXPECT_EQ(0, count_events(stage, hold, PINCHECK_EVENT_EXIT));
	EXPECT_EQ(status, child_ended(self));
	EXPECT_EQ(1, count_events(stage, hold, PINCHECK_EVENT_EXIT));
	EXPECT_EQ(-EFAULT, pincheck_read(stage->session, hold, 0, &byte, 1));
	EXPECT_EQ(-EFAULT, pincheck_write(stage->session, hold, 1, "x", 1));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, hold));
	evidence("reason=exit events=1 after=EFAULT");
}

CASE(mirror_life, owner_exits, .rows = "P29")
{
	owner_ends(_metadata, self, just_exit, 0);
}

CASE(mirror_life, owner_executes, .rows = "P29")
{
	owner_ends(_metadata, self, execute_self, 0);
}

CASE(mirror_life, owner_is_killed, .rows = "P29")
{
	owner_ends(_metadata, self, be_killed, SIGKILL);
}

/* For be_stuck(), which the child calls. */
static struct silent_file silent_file;

static void be_stuck(void)
{
	mrelease_outlive_kill(&silent_file);
}

/*
 * The owner is killed, cannot end yet, and process_mrelease() takes its memory, as the OOM killer would.
 * The device sees neither the pages that went, nor pages of zeroes in their place.
 */
CASE(mirror_life, owner_loses_memory, .rows = "P29")
{
	struct stage *stage = &self->stage;
	unsigned char byte = 0;
	__u32 hold;

	SUITE_NEEDS(NEEDS_FUSE | NEEDS_MRELEASE);
	ASSERT_EQ(0, silent_file_open(&silent_file));
	ASSERT_EQ(0, start_mirror_child(self, 0x5a, &hold, be_stuck));
	close(self->let_go);
	ASSERT_EQ(0, silent_file_wait(&silent_file));
	ASSERT_EQ(1, pincheck_read(stage->session, hold, 0, &byte, 1));
	EXPECT_EQ(0x5a, byte);
	ASSERT_EQ(0, mrelease_killed(self->child));
	EXPECT_EQ(-EFAULT, pincheck_read(stage->session, hold, 0, &byte, 1));
	EXPECT_EQ(-EFAULT, pincheck_write(stage->session, hold, 1, "x", 1));
	EXPECT_EQ(0, count_events(stage, hold, PINCHECK_EVENT_EXIT));
	silent_file_close(&silent_file);
	self->let_go = -1;
	EXPECT_EQ(SIGKILL, child_ended(self));
	EXPECT_EQ(-EFAULT, pincheck_read(stage->session, hold, 0, &byte, 1));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, hold));
	evidence("reads=EFAULT writes=EFAULT");
}

/* The hold is not released: the session closes after the mirror's process has exited. */
CASE(mirror_life, session_outlives_owner, .rows = "P19")
{
	__u32 hold;

	ASSERT_EQ(0, start_mirror_child(self, 0x5b, &hold, just_exit));
	ASSERT_EQ(0, child_ended(self));
	evidence("hold=%u note=\"left to the session\"", hold);
}

/* The reverse: the process that took the mirror closes the session, and a child closes it last. */
CASE(mirror_life, closed_by_another, .rows = "P19")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, write_row));
	ASSERT_EQ(0, start_mirror_child(self, 0x5c, NULL, just_exit));
	close(stage->session);
	stage->session = -1;
	stage->memory[0] = 0x11;
	EXPECT_EQ(0, child_ended(self));
	EXPECT_EQ(0x11, stage->memory[0]);
	evidence("note=\"the child's exit closed the session\"");
}

/* A mirror of another process shows that process's memory, and takes CAP_SYS_PTRACE. */
CASE(mirror_life, remote, .rows = "P5 P27 P29")
{
	struct stage *stage = &self->stage;
	struct pincheck_hold request = {
		.kind = PINCHECK_KIND_MIRROR, .flags = PINCHECK_HOLD_WRITE,
		.addr = (uintptr_t)stage->memory, .len = stage->length,
	};
	unsigned char byte = 0;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, start_mirror_child(self, 0x5d, NULL, just_exit));
	request.pid = self->child;
	ASSERT_EQ(0, pincheck_hold(stage->session, &request));
	ASSERT_EQ(1, pincheck_read(stage->session, request.hold, 0, &byte, 1));
	EXPECT_EQ(0x5d, byte);
	ASSERT_EQ(1, pincheck_write(stage->session, request.hold, 0, "y", 1));
	EXPECT_NE('y', stage->memory[0]);
	ASSERT_EQ(1, pincheck_read(stage->session, request.hold, 0, &byte, 1));
	EXPECT_EQ('y', byte);
	ASSERT_EQ(0, child_ended(self));
	EXPECT_EQ(-EFAULT, pincheck_read(stage->session, request.hold, 0, &byte, 1));
	EXPECT_EQ(-ESRCH, pincheck_hold(stage->session, &request));
	request.pid = getpid();
	ASSERT_EQ(0, capability_drop(CAP_SYS_PTRACE));
	EXPECT_EQ(-EPERM, pincheck_hold(stage->session, &request));
	evidence("after_its_end=EFAULT without_cap_sys_ptrace=EPERM");
}

/* A mirror pins nothing, so VmPin stays. Topic memlock checks the charge for its own memory. */
CASE(mirror_life, costs_no_memlock, .rows = "P9")
{
	const struct hold_row pin = STAGE_ROW(PIN, FAST, 0);
	struct stage *stage = &self->stage;
	const struct rlimit less = { stage->length - stage->page, stage->length - stage->page };
	long before = vm_pin_kib();

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &less));
	ASSERT_EQ(0, capability_drop(CAP_IPC_LOCK));
	EXPECT_EQ(-ENOMEM, stage_hold_all(stage, pin));
	EXPECT_EQ(0, stage_hold_all(stage, write_row));
	EXPECT_EQ(before, vm_pin_kib());
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(before, vm_pin_kib());
	evidence("limit_pages_below=%d pin=ENOMEM mirror=held vm_pin_kib=%ld", STAGE_PAGES, before);
}

/* Least CPU time, in ns, of @rounds invalidations of @bytes where nothing is mapped. */
static uint64_t invalidations_cost(unsigned char *memory, size_t bytes, int rounds)
{
	uint64_t least = UINT64_MAX;

	for (int try = 0; try < 5; try++) {
		struct timespec start, end;
		uint64_t cost;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
		for (int i = 0; i < rounds; i++)
			madvise(memory, bytes, MADV_DONTNEED);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
		cost = (end.tv_sec - start.tv_sec) * 1000000000ULL + end.tv_nsec - start.tv_nsec;
		least = cost < least ? cost : least;
	}
	return least;
}

/*
 * An invalidation, which the OOM reaper makes, too, does not visit each page of a mirror that has
 * no valid page. 1 GiB was half a million bits and pointers each time. The kernel itself has next
 * to nothing to do there without page tables, and so has the mirror now.
 */
CASE(mirror_life, nothing_valid_costs_nothing, .rows = "D3")
{
	const int rounds = 50, factor = 10;
	const uint64_t ticks = 20000000;	/* 2 of HZ=100: the unit of some kernels' CPU time */
	const size_t bytes = 1UL << 30;
	struct stage *stage = &self->stage;
	struct pincheck_hold request = { .kind = PINCHECK_KIND_MIRROR, .len = bytes };
	struct pincheck_event event;
	__u64 count = 1, lost;
	uint64_t few, many;
	unsigned char *memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
				     MAP_NORESERVE, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)memory);
	request.addr = (uintptr_t)memory;
	ASSERT_EQ(0, stage_no_huge_pages(memory, bytes));
	ASSERT_EQ(0, pincheck_hold(stage->session, &request));
	/* This frees the page tables, too. */
	ASSERT_EQ(0, munmap(memory, bytes));
	ASSERT_EQ(0, pincheck_events(stage->session, request.hold, &event, &count, &lost));
	EXPECT_EQ(1, count);
	EXPECT_EQ(request.pages, event.pages);
	ASSERT_EQ(memory, mmap(memory, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			       MAP_NORESERVE, -1, 0));
	many = invalidations_cost(memory, bytes, rounds);
	EXPECT_LE(1, pincheck_release(stage->session, request.hold));
	request.len = stage->page;
	ASSERT_EQ(0, pincheck_hold(stage->session, &request));
	few = invalidations_cost(memory, bytes, rounds);
	EXPECT_LE(1, pincheck_release(stage->session, request.hold));
	EXPECT_GT(factor * few + ticks, many);
	evidence("invalidations=%d many_us=%llu mirror_mib=%zu few_us=%llu", rounds,
		 (unsigned long long)many / 1000, bytes >> 20, (unsigned long long)few / 1000);
	munmap(memory, bytes);
}

/*
 * A page that a mirror keeps to mark it late is a reference, and the event, the counters and the
 * ledger say so; the release gives it back. (Anonymous memory: this does no harm.)
 */
CASE(mirror_life, late_is_told, .rows = "P31")
{
	struct hold_row row = write_row;
	struct stage *stage = &self->stage;
	struct pincheck_event event;
	struct pincheck_report report;
	struct pincheck_info info;
	__u64 pfn = stage_pfn(stage->memory), count = 1, lost;

	row.flags |= PINCHECK_HOLD_DIRTY_LATE;
	ASSERT_EQ(0, stage_hold_all(stage, row));
	ASSERT_EQ(1, pincheck_write(stage->session, stage->hold.hold, 0, "z", 1));
	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_READ));
	ASSERT_EQ(0, pincheck_events(stage->session, stage->hold.hold, &event, &count, &lost));
	ASSERT_EQ(1, count);
	EXPECT_EQ(STAGE_PAGES, event.pages);
	EXPECT_EQ(0, event.dirtied);
	EXPECT_EQ(1, event.late);
	ASSERT_EQ(0, pincheck_report_ledger(stage->session, &pfn, 1, &report));
	EXPECT_EQ(1, report.gets);
	EXPECT_EQ(1, report.folio_gets);
	EXPECT_EQ(0, report.mirrors);
	EXPECT_FALSE(report.flags & PINCHECK_PAGE_DIRTY);
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(1, info.session_pages);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	ASSERT_EQ(0, pincheck_report_ledger(stage->session, &pfn, 1, &report));
	EXPECT_EQ(0, report.gets);
	EXPECT_TRUE(report.flags & PINCHECK_PAGE_DIRTY);
	evidence("pages=%u kept=1 note=\"dirty when given back\"", event.pages);
}

/* In time: the page is dirty before its entry goes, and the mirror keeps nothing. */
CASE(mirror_life, in_time_is_told, .rows = "P31")
{
	struct stage *stage = &self->stage;
	struct pincheck_event event;
	struct pincheck_report report;
	__u64 pfn = stage_pfn(stage->memory), count = 1, lost;

	ASSERT_EQ(0, stage_hold_all(stage, write_row));
	ASSERT_EQ(1, pincheck_write(stage->session, stage->hold.hold, 0, "z", 1));
	ASSERT_EQ(0, pincheck_report_ledger(stage->session, &pfn, 1, &report));
	EXPECT_EQ(1, report.mirrors);
	EXPECT_FALSE(report.flags & PINCHECK_PAGE_DIRTY);
	ASSERT_EQ(0, mprotect(stage->memory, stage->length, PROT_READ));
	ASSERT_EQ(0, pincheck_events(stage->session, stage->hold.hold, &event, &count, &lost));
	EXPECT_EQ(1, event.dirtied);
	EXPECT_EQ(0, event.late);
	ASSERT_EQ(0, pincheck_report_ledger(stage->session, &pfn, 1, &report));
	EXPECT_EQ(0, report.gets + report.mirrors);
	EXPECT_TRUE(report.flags & PINCHECK_PAGE_DIRTY);
	evidence("pages=%u dirty=1 note=\"marked in time\"", event.pages);
}

struct shaker {
	struct stage *stage;
	atomic_bool stop;
	atomic_uint shakes;
};

/* Takes permissions and pages away and gives them back: each change notifies the mirror. */
static void *invalidate_pages(void *argument)
{
	struct shaker *shaker = argument;
	struct stage *stage = shaker->stage;

	for (; !shaker->stop; shaker->shakes++) {
		mprotect(stage->memory, stage->length, PROT_READ);
		mprotect(stage->memory, stage->length, PROT_READ | PROT_WRITE);
		madvise(stage->memory, stage->page, MADV_DONTNEED);
	}
	return NULL;
}

static bool io_goes_on(const struct shaker *shaker, unsigned int round)
{
	bool enough = round >= ROUNDS && (shaker->shakes >= MEETINGS || round >= ROUNDS_MAX);

	return suite_goes_on(enough);
}

/*
 * SYNC. Device I/O beside invalidations succeeds or fails with an errno, and never reaches another
 * page; when the thread has stopped, CPU and device see the same.
 */
CASE(mirror_life, invalidated_under_load, .rows = "B11")
{
	struct shaker shaker = { .stage = &self->stage };
	struct stage *stage = &self->stage;
	unsigned int done = 0, refused = 0, round;
	unsigned char byte;
	pthread_t thread;

	SUITE_NEEDS(NEEDS_THREADS);
	stage_use_all_cpus();
	ASSERT_EQ(0, stage_hold_all(stage, write_row));
	ASSERT_EQ(0, pthread_create(&thread, NULL, invalidate_pages, &shaker));
	for (round = 0; io_goes_on(&shaker, round); round++) {
		__u64 at = (round % STAGE_PAGES) * stage->page;
		ssize_t got = pincheck_write(stage->session, stage->hold.hold, at, "w", 1);

		done += got == 1;
		refused += got == -EPERM || got == -EAGAIN;
		got = pincheck_read(stage->session, stage->hold.hold, at, &byte, 1);
		EXPECT_TRUE(got == 1 || got == -EAGAIN) TH_LOG("read: %zd", got);
	}
	shaker.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(round, done + refused);
	EXPECT_OFTEN(MEETINGS, atomic_load(&shaker.shakes));
	EXPECT_OFTEN(ROUNDS, round);
	EXPECT_LT(0, count_events(stage, stage->hold.hold, PINCHECK_EVENT_PROTECTION_VMA));
	memset(stage->memory, 0x77, stage->length);
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		ASSERT_EQ(1, pincheck_read(stage->session, stage->hold.hold, i * stage->page, &byte,
					   1));
		EXPECT_EQ(0x77, byte);
		ASSERT_EQ(1, pincheck_write(stage->session, stage->hold.hold, i * stage->page, "q",
					    1));
		EXPECT_EQ('q', stage->memory[i * stage->page]);
	}
	evidence("rounds=%u writes=%u refused=%u shakes=%u", round, done, refused, shaker.shakes);
}

PINCHECK_TEST_MAIN
