// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP, CLEAN: a process that is killed while the module works on its device memory ends soon,
 * and other processes see no change.
 */
#include "suite.h"
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "device_memory.h"
#include "file.h"
#include "stage.h"

#define SPINS		10000000L	/* looks at another process, at most */
#define MAPPINGS	512UL		/* of PINCHECK_DEVICE_BYTES: the most pages of a hold */
#define TRIES		3
#define HOLD_SECONDS	120		/* a debug kernel looks at each of many pages */

FIXTURE(pfnmap_killed)
{
	struct stage stage;
	struct shared *shared;
	pid_t thawer, mapper;
	int thaw, orders, answers;
};

/* Shared by the processes and threads of a case. */
struct shared {
	pid_t writer, unmapper;		/* threads of the mapper */
	char order;			/* which thread goes on: 'w', then 'u' */
	int64_t before_ns;		/* CPU time of a child until HOLD */
	int error;
};

FIXTURE_SETUP(pfnmap_killed)
{

	self->thaw = self->orders = self->answers = -1;
	SUITE_NEEDS(NEEDS_PFNMAP);
	ASSERT_STAGE_OPEN(&self->stage);
	self->shared = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->shared);
}

static void close_and_reap(int *end, pid_t *pid)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
	if (*pid > 0)
		waitpid(*pid, NULL, 0);
	*pid = 0;
}

FIXTURE_TEARDOWN(pfnmap_killed)
{
	close_and_reap(&self->thaw, &self->thawer);
	close_and_reap(&self->orders, &self->mapper);
	munmap(self->shared, self->stage.page);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Freezes the file system. Whatever happens, thawer thaws it: all later tests would stop. */
static int freeze_file_system(FIXTURE_DATA(pfnmap_killed) *self, int file)
{
	int ends[2];

	if (pipe(ends))
		return -errno;
	self->thaw = ends[1];
	self->thawer = fork();
	if (!self->thawer) {
		char byte;

		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		ioctl(file, FITHAW, 0);
		_exit(0);
	}
	close(ends[0]);
	if (self->thawer < 0 || ioctl(file, FIFREEZE, 0))
		return -errno;
	return 0;
}

/* Return: the state of a thread, from /proc: 'D' waits for a lock, or for a frozen file system. */
static char thread_state(pid_t process, pid_t thread)
{
	char path[64], line[256] = "", *end;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", process, thread);
	stat = fopen(path, "re");
	if (!stat)
		return '?';
	if (!fgets(line, sizeof(line), stat))
		line[0] = '\0';
	fclose(stat);
	end = strrchr(line, ')');
	return end && end[1] ? end[2] : '?';
}

static int wait_until_stuck(pid_t process, const pid_t *thread)
{
	for (long i = 0; i < SPINS; i++) {
		pid_t id = __atomic_load_n(thread, __ATOMIC_ACQUIRE);

		if (id && thread_state(process, id) == 'D')
			return 0;
		sched_yield();
	}
	return -ETIME;
}

struct mapper {
	FIXTURE_DATA(pfnmap_killed) *self;
	unsigned char *file_pages;	/* two */
};

/* A new thread needs mmap_lock for its stack, so both exist before the lock is taken. */
static void wait_for_order(struct shared *shared, char order, pid_t *thread)
{
	while (__atomic_load_n(&shared->order, __ATOMIC_ACQUIRE) != order)
		sched_yield();
	__atomic_store_n(thread, syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void *write_to_frozen(void *data)
{
	struct mapper *mapper = data;

	wait_for_order(mapper->self->shared, 'w', &mapper->self->shared->writer);
	*(volatile unsigned char *)mapper->file_pages = 1;
	return NULL;
}

/* Waits for the writer's fault, or for its mmap_lock: readers of the lock wait either way. */
static void *unmap_frozen(void *data)
{
	struct mapper *mapper = data;

	wait_for_order(mapper->self->shared, 'u', &mapper->self->shared->unmapper);
	munmap(mapper->file_pages + mapper->self->stage.page, mapper->self->stage.page);
	return NULL;
}

/* Touches a new mapping by faults, which revoked memory refuses, too. Return: signal, or 0. */
static int touch_new(int session)
{
	void *memory = device_map(session, &flavour_fault, PROT_READ);
	uint64_t word;

	return memory == MAP_FAILED ? SIGKILL : touch_read(memory, &word);
}

/* The mapper: maps device memory at once, and has threads that take and keep mmap_lock on order. */
static void __attribute__((noreturn)) run_mapper(FIXTURE_DATA(pfnmap_killed) *self, int file,
						 int orders, int answers)
{
	struct mapper mapper = { .self = self };
	unsigned char *device;
	pthread_t threads[2];
	uint64_t word;
	char byte;
	int number;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	device = device_map(self->stage.session, &flavour_remap, PROT_READ | PROT_WRITE);
	mapper.file_pages = mmap(NULL, 2 * self->stage.page, PROT_READ | PROT_WRITE, MAP_SHARED,
				 file, 0);
	if (device == MAP_FAILED || mapper.file_pages == MAP_FAILED ||
	    touch_read(mapper.file_pages, &word))
		_exit(1);
	pthread_create(&threads[0], NULL, write_to_frozen, &mapper);
	pthread_create(&threads[1], NULL, unmap_frozen, &mapper);
	(void)!write(answers, "m", 1);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	number = touch_read(device, &word);
	if (!number)
		number = touch_new(self->stage.session);
	(void)!write(answers, &number, sizeof(number));
	(void)!read(orders, &byte, 1);
	_exit(0);
}

static int start_mapper(FIXTURE_DATA(pfnmap_killed) *self, int file)
{
	int orders[2], answers[2];
	char byte;

	if (pipe(orders) || pipe(answers))
		return -errno;
	self->mapper = fork();
	if (!self->mapper) {
		close(orders[1]);
		close(answers[0]);
		run_mapper(self, file, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	self->orders = orders[1];
	self->answers = answers[0];
	return read(self->answers, &byte, 1) == 1 ? 0 : -EPIPE;
}

static int send_order(FIXTURE_DATA(pfnmap_killed) *self, char what, const pid_t *thread)
{
	__atomic_store_n(&self->shared->order, what, __ATOMIC_RELEASE);
	return wait_until_stuck(self->mapper, thread);
}

/* Starts a child that revokes and waits. Return: its pid, or -errno. */
static pid_t start_revoker(FIXTURE_DATA(pfnmap_killed) *self)
{
	pid_t child = fork();
	int error;

	if (!child) {
		pincheck_revoke(self->stage.session, 0, NULL);
		_exit(0);
	}
	error = child < 0 ? -errno : wait_until_stuck(child, &child);
	return error ? error : child;
}

/*
 * REVOKE waits for a process that maps device memory at once, and is killed meanwhile. Then nothing
 * may be revoked; once the memory was revoked all the same.
 */
CASE(pfnmap_killed, revoke, .rows = "D14")
{
	int file, number = -1, status;
	pid_t revoker;
	uint64_t word = 0;
	ssize_t done;

	SUITE_NEEDS(NEEDS_EXT4 | NEEDS_THREADS);
	file = file_open(&file_ext4);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, 2 * self->stage.page));
	done = pwrite(file, &word, sizeof(word), 0);
	ASSERT_EQ(sizeof(word), done);
	ASSERT_DONE(start_mapper(self, file));
	ASSERT_DONE(freeze_file_system(self, file));
	ASSERT_DONE(send_order(self, 'w', &self->shared->writer));
	ASSERT_DONE(send_order(self, 'u', &self->shared->unmapper));
	revoker = start_revoker(self);
	ASSERT_DONE(revoker);
	kill(revoker, SIGKILL);
	ASSERT_EQ(revoker, waitpid(revoker, &status, 0));
	EXPECT_EQ(SIGKILL, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	close_and_reap(&self->thaw, &self->thawer);
	done = read(self->answers, &number, sizeof(number));
	ASSERT_EQ(sizeof(number), done);
	EXPECT_EQ(0, number);
	evidence("killed_in=REVOKE memory=\"%s\"", number ? strsignal(number) : "there");
	/* The next REVOKE works. */
	EXPECT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	close(file);
}

/* Maps device memory MAPPINGS times, side by side. */
static void *map_device_often(int session)
{
	const size_t bytes = MAPPINGS * PINCHECK_DEVICE_BYTES;
	unsigned char *area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
				   MAP_NORESERVE, -1, 0);

	for (unsigned long i = 0; i < MAPPINGS && area != MAP_FAILED; i++) {
		if (mmap(area + i * PINCHECK_DEVICE_BYTES, PINCHECK_DEVICE_BYTES, PROT_READ,
			 MAP_SHARED | MAP_FIXED, session, PINCHECK_MMAP_REMAP) == MAP_FAILED)
			return MAP_FAILED;
	}
	return area;
}

static int64_t read_clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void __attribute__((noreturn)) hold_many(FIXTURE_DATA(pfnmap_killed) *self, int session)
{
	struct pincheck_hold request = { .kind = PINCHECK_KIND_PFNMAP };
	void *memory = map_device_often(session);
	struct pincheck_info info;

	if (memory == MAP_FAILED || pincheck_info(session, &info)) {
		self->shared->error = -errno;
		_exit(1);
	}
	request.addr = (uintptr_t)memory;
	request.len = MAPPINGS * PINCHECK_DEVICE_BYTES;
	if (request.len > info.max_hold_pages * self->stage.page)
		request.len = info.max_hold_pages * self->stage.page;
	__atomic_store_n(&self->shared->before_ns, read_clock_ns(CLOCK_PROCESS_CPUTIME_ID),
			 __ATOMIC_RELEASE);
	self->shared->error = pincheck_hold(session, &request);
	if (!self->shared->error)
		pincheck_release(session, request.hold);
	_exit(0);
}

/* Waits until the child has worked on HOLD for @ns. */
static int wait_for_work(FIXTURE_DATA(pfnmap_killed) *self, pid_t child, int64_t ns)
{
	clockid_t clock;

	if (clock_getcpuclockid(child, &clock))
		return -ESRCH;
	for (long i = 0; i < SPINS; i++) {
		int64_t before = __atomic_load_n(&self->shared->before_ns, __ATOMIC_ACQUIRE);

		if (before && read_clock_ns(clock) - before >= ns)
			return 0;
		sched_yield();
	}
	return -ETIME;
}

/* CPU time from HOLD to the end of a process that is killed @after ns (0: never); or -errno. */
static int64_t hold_cost_of(FIXTURE_DATA(pfnmap_killed) *self, int session, int64_t after)
{
	pid_t child;
	struct rusage usage;
	int64_t spent;
	int error = 0;

	self->shared->before_ns = 0;
	child = fork();
	if (!child)
		hold_many(self, session);
	if (child < 0)
		return -errno;
	if (after) {
		error = wait_for_work(self, child, after);
		kill(child, SIGKILL);
	}
	if (wait4(child, NULL, 0, &usage) != child)
		return -errno;
	if (!error && !after)
		error = self->shared->error;
	spent = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
	return error ? error : spent - self->shared->before_ns;
}

/* Each try has a session of its own, which ends a hold that succeeded in spite of the signal. */
static int hold_cost(FIXTURE_DATA(pfnmap_killed) *self, int64_t after, int64_t *cost)
{
	int session = pincheck_open();

	if (session < 0)
		return session;
	*cost = hold_cost_of(self, session, after);
	close(session);
	return *cost < 0 ? -ESRCH : 0;
}

/*
 * A hold of the most pages takes a while. When its process is killed, HOLD neither goes on to the
 * last page, nor starts again whenever the memory changes.
 */
CASE_TIMEOUT(pfnmap_killed, hold, HOLD_SECONDS, .rows = "D17")
{
	int64_t whole, killed, least = INT64_MAX;

	ASSERT_DONE(hold_cost(self, 0, &whole));
	for (int i = 0; i < TRIES && (!i || suite_has_time()); i++) {
		ASSERT_DONE(hold_cost(self, whole / 8, &killed));
		least = killed < least ? killed : least;
	}
	EXPECT_GT(whole / 4 * 3, least);
	evidence("killed_in=HOLD whole_us=%lld least_us=%lld note=\"killed after an eighth; the end of the process is part of it\"",
		 (long long)whole / 1000, (long long)least / 1000);
}

PINCHECK_TEST_MAIN
