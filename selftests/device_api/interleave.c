// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of pincheck_interleave.ko: a thread waits at the place where it is told to, until
 * another one comes to its own, and nobody else ever waits; nothing stays behind.
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "capability.h"
#include "insn.h"
#include "interleave_file.h"
#include "module_file.h"
#include "places.h"
#include "stage.h"

#define CALLED		"ksys_mmap_pgoff"	/* of mmap() and nothing else */
#define OTHER_CALLED	"__x64_sys_getppid"
#define DELAY_US	PINCHECK_INTERLEAVE_DELAY_US
#define ROUNDS		10
#define BUSY_ROUNDS	500
#define RELOADS		20	/* rounds, and the probes are registered anew */
#define CALLS		2	/* one may have begun before */
#define LIVES		4	/* of a file that is closed or killed */
#define BYTES_TRIED	160	/* of a function: registering takes milliseconds */
#define KPROBES_LIST	"/sys/kernel/debug/kprobes/list"

FIXTURE(interleave)
{
	struct stage stage;
	int device;
	interleave_page *shared;
	struct places *places;
};

FIXTURE_SETUP(interleave)
{
	self->device = -1;
	SUITE_NEEDS(NEEDS_INTERLEAVE | NEEDS_THREADS);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, interleave_load_module());
	self->device = interleave_open();
	ASSERT_LE(0, self->device);
	self->shared = interleave_map(self->device);
	ASSERT_NE(NULL, (void *)self->shared);
	self->places = calloc(1, sizeof(*self->places));
	ASSERT_NE(NULL, self->places);
	stage_use_all_cpus();
}

static void close_device(FIXTURE_DATA(interleave) *self)
{
	if (self->shared)
		munmap((void *)self->shared, PAGE_BYTES);
	self->shared = NULL;
	close(self->device);
}

/* How many probes in @function are registered, by anybody. */
static int count_probes(const char *function)
{
	FILE *list = fopen(KPROBES_LIST, "re");
	char line[512];
	int count = 0;

	while (list && fgets(line, sizeof(line), list))
		count += !!strstr(line, function);
	if (list)
		fclose(list);
	return count;
}

FIXTURE_TEARDOWN(interleave)
{
	close_device(self);
	EXPECT_EQ(0, count_probes(CALLED));
	if (suite_current->ends_variant) {
		EXPECT_EQ(0, module_file_unload(INTERLEAVE_MODULE_NAME));
	}
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Makes the thread come by each place of CALLED that is on its way. */
static void call_it(void)
{
	mmap((void *)1, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static pid_t this_thread(void)
{
	return syscall(SYS_gettid);
}

static int load_places(FIXTURE_DATA(interleave) *self, enum places_choice choice)
{
	return places_load(self->places, self->device, 0, CALLED, choice, PINCHECK_INTERLEAVE_PLACES);
}

/* Loads CALLED, and finds the first place that the caller comes by. Return: its index or -errno */
static int first_place(FIXTURE_DATA(interleave) *self)
{
	int error = load_places(self, PLACES_BLOCKS), first;

	if (!error)
		error = interleave_count(self->device, 0, this_thread());
	if (error)
		return error;
	call_it();
	error = places_read(self->places, self->device);
	first = places_first(self->places, false);
	return error ?: first < 0 ? -ENODATA : first;
}

static void clear_page(interleave_page *shared)
{
	for (int i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++)
		shared->hit[i] = shared->go[i] = shared->late[i] = shared->waited_us[i] = 0;
}

/** struct helper - another thread of this process */
struct helper {
	pthread_t thread;
	interleave_page *shared;
	uint32_t tid;
	unsigned int calls;	/* that it made */
	unsigned int asked;	/* that call_once_asked() shall make */
	bool stop;
};

static bool helper_goes_on(struct helper *helper)
{
	return !__atomic_load_n(&helper->stop, __ATOMIC_ACQUIRE);
}

static int start_helper(struct helper *helper, void *(*run)(void *argument),
			interleave_page *shared)
{
	int error;

	*helper = (struct helper) { .shared = shared };
	error = -pthread_create(&helper->thread, NULL, run, helper);
	while (!error && !__atomic_load_n(&helper->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	return error;
}

static void end_helper(struct helper *helper)
{
	__atomic_store_n(&helper->stop, true, __ATOMIC_RELEASE);
	pthread_join(helper->thread, NULL);
}

static void *let_go(void *argument)
{
	struct helper *helper = argument;

	__atomic_store_n(&helper->tid, this_thread(), __ATOMIC_RELEASE);
	while (helper_goes_on(helper)) {
		if (helper->shared->hit[0])
			helper->shared->go[0] = 1;
		sched_yield();
	}
	return NULL;
}

static void *call_on(void *argument)
{
	struct helper *helper = argument;

	stage_use_one_cpu(1);
	__atomic_store_n(&helper->tid, this_thread(), __ATOMIC_RELEASE);
	while (helper_goes_on(helper)) {
		call_it();
		__atomic_fetch_add(&helper->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void wait_for_calls(struct helper *helper, unsigned int calls)
{
	unsigned int begin = __atomic_load_n(&helper->calls, __ATOMIC_RELAXED);

	while (__atomic_load_n(&helper->calls, __ATOMIC_RELAXED) - begin < calls)
		;
}

static void *call_once_asked(void *argument)
{
	struct helper *helper = argument;

	__atomic_store_n(&helper->tid, this_thread(), __ATOMIC_RELEASE);
	while (helper_goes_on(helper)) {
		if (__atomic_load_n(&helper->asked, __ATOMIC_ACQUIRE) == helper->calls) {
			sched_yield();
			continue;
		}
		call_it();
		__atomic_fetch_add(&helper->calls, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void *call_other(void *argument)
{
	struct helper *helper = argument;

	__atomic_store_n(&helper->tid, this_thread(), __ATOMIC_RELEASE);
	while (helper_goes_on(helper)) {
		if (helper->shared->hit[0])
			syscall(SYS_getppid);
		sched_yield();
	}
	return NULL;
}

CASE(interleave, info, .rows = "P41")
{
	struct pincheck_interleave_info info = { 0 };

	EXPECT_EQ(0, interleave_call(self->device, PINCHECK_INTERLEAVE_IOC_INFO, &info));
	EXPECT_EQ(PINCHECK_INTERLEAVE_ABI, info.abi);
	EXPECT_EQ(DELAY_US, info.delay_max_us);
	evidence("abi=%u delay_max_us=%u", info.abi, info.delay_max_us);
}

/*
 * The kernel's own decoder says where an instruction begins: it refuses all other offsets with EILSEQ,
 * and those of INT3 and UD2.
 */
CASE(interleave, boundaries, .rows = "P41")
{
	struct places *places = self->places;
	uint8_t text[4096], begins[sizeof(text)] = { 0 };
	long size = interleave_text(self->device, CALLED, text, sizeof(text));
	unsigned int probed = 0, refused = 0, inside = 0;
	int64_t began;
	struct insn insn;

	ASSERT_LT(BYTES_TRIED, size);
	ASSERT_GE((long)sizeof(text), size);
	for (long at = 0; at < size; at += insn.length) {
		ASSERT_EQ(0, insn_decode(&insn, text + at, size - at));
		begins[at] = insn.flow != INSN_TRAP;
	}
	size = BYTES_TRIED;
	began = nanoseconds();
	for (long at = 0; at < size; at++)
		places->place[at].offset = at;
	ASSERT_LE(0, interleave_load(self->device, 0, CALLED, places->place, size));
	for (long at = 0; at < size; at++) {
		int error = places->place[at].error;

		/* What the kernel reserves it refuses before it decodes: a jump label, an ftrace site. */
		EXPECT_FALSE(begins[at] ? error == -EILSEQ : !error);
		probed += !error;
		inside += error == -EILSEQ;
		refused += error && begins[at];
	}
	EXPECT_LT(0, probed);
	EXPECT_LT(0, inside);
	evidence("function=%s bytes=%ld probed=%u refused=%u inside=%u us_each=%lld", CALLED, size,
		 probed, refused, inside, (long long)(nanoseconds() - began) / 1000 / size);
}

/* The first @room bytes come, and the whole size. */
CASE(interleave, text_of_function, .rows = "P41")
{
	uint8_t whole[4096], part[64];
	long size = interleave_text(self->device, CALLED, whole, sizeof(whole));

	ASSERT_LT(32, size);
	memset(part, 0xa5, sizeof(part));
	EXPECT_EQ(size, interleave_text(self->device, CALLED, part, 32));
	EXPECT_EQ(0, memcmp(part, whole, 32));
	EXPECT_EQ(0xa5, part[32]);
	EXPECT_EQ(size, interleave_text(self->device, CALLED, NULL, 0));
	EXPECT_EQ(-EFAULT, interleave_text(self->device, CALLED, NULL, 8));
	evidence("function=%s bytes=%ld", CALLED, size);
}

/* Each place is counted once a call, the first is first, and calls of another thread do not count. */
CASE(interleave, counts, .rows = "P41")
{
	struct places *places = self->places;
	struct helper helper;
	uint32_t orders = 0;
	int first = first_place(self);

	ASSERT_LE(0, first);
	EXPECT_EQ(1, places->place[first].order);
	for (uint32_t i = 0; i < places->count; i++)
		orders += places->place[i].order;
	EXPECT_EQ(places->visited * (places->visited + 1) / 2, orders);
	EXPECT_EQ(1, places->place[first].hits);
	clear_page(self->shared);
	ASSERT_EQ(0, start_helper(&helper, call_on, self->shared));
	ASSERT_EQ(0, interleave_count(self->device, 0, this_thread()));
	while (__atomic_load_n(&helper.calls, __ATOMIC_RELAXED) < ROUNDS)
		sched_yield();
	EXPECT_EQ(0, places_read(places, self->device));
	EXPECT_EQ(0, places->visited);
	for (int i = 0; i < ROUNDS; i++)
		call_it();
	end_helper(&helper);
	EXPECT_EQ(0, places_read(places, self->device));
	EXPECT_EQ(ROUNDS, places->place[first].hits);
	evidence("function=%s places=%u good=%u visited=%u calls_of_other=%u", CALLED, places->count,
		 places->good, places->visited, helper.calls);
}

/* The thread waits until somebody lets it go, and only once. */
CASE(interleave, waits_for_go, .rows = "P41")
{
	int place = first_place(self);
	struct helper helper;
	unsigned int late = 0, rounds;

	ASSERT_LE(0, place);
	ASSERT_EQ(0, start_helper(&helper, let_go, self->shared));
	/* A busy machine may not run the other thread in time. */
	for (rounds = 0; (rounds < ROUNDS || late == rounds) && suite_has_time(); rounds++) {
		clear_page(self->shared);
		ASSERT_EQ(0, interleave_arm(self->device, 0, place, this_thread(), DELAY_US, 0));
		call_it();
		EXPECT_EQ(1, self->shared->hit[0]);
		late += self->shared->late[0];
		clear_page(self->shared);
		call_it();
		EXPECT_EQ(0, self->shared->hit[0]);
	}
	end_helper(&helper);
	EXPECT_GT(rounds, late);
	evidence("rounds=%u late=%u", rounds, late);
}

/* Nobody lets it go: the time ends the delay. Where @go is set before, there is none. */
CASE(interleave, time_is_over, .rows = "P41")
{
	int place = first_place(self);
	unsigned int waited;

	ASSERT_LE(0, place);
	clear_page(self->shared);
	ASSERT_EQ(0, interleave_arm(self->device, 0, place, this_thread(), DELAY_US, 0));
	call_it();
	EXPECT_EQ(1, self->shared->hit[0]);
	EXPECT_EQ(1, self->shared->late[0]);
	waited = self->shared->waited_us[0];
	EXPECT_LE(DELAY_US, waited);
	clear_page(self->shared);
	self->shared->go[0] = 1;
	ASSERT_EQ(0, interleave_arm(self->device, 0, place, this_thread(), DELAY_US, 0));
	call_it();
	EXPECT_EQ(1, self->shared->hit[0]);
	EXPECT_EQ(0, self->shared->late[0]);
	EXPECT_GT(DELAY_US, self->shared->waited_us[0]);
	evidence("limit_us=%d waited_us=%u", DELAY_US, waited);
}

CASE(interleave, nth_time, .rows = "P41")
{
	struct pincheck_interleave_arm arm = { .nth = 3, .tid = this_thread() };
	int place = first_place(self);

	ASSERT_LE(0, place);
	arm.place = place;
	for (int i = 0; i < 2; i++) {
		clear_page(self->shared);
		ASSERT_EQ(0, interleave_call(self->device, PINCHECK_INTERLEAVE_IOC_ARM, &arm));
		for (unsigned int call = 1; call <= 4; call++) {
			call_it();
			EXPECT_EQ(call >= arm.nth, self->shared->hit[0]);
		}
		EXPECT_EQ(0, self->shared->late[0]);
	}
	evidence("nth=%u", arm.nth);
}

/* One thread waits in one function until the other thread comes to another function. */
CASE(interleave, one_opens_the_other, .rows = "P41")
{
	int place = first_place(self), other = -1;
	static struct places others;
	unsigned int rounds = 0;
	struct helper helper;

	ASSERT_LE(0, place);
	ASSERT_EQ(0, places_load(&others, self->device, 1, OTHER_CALLED, PLACES_ALL, 64));
	for (uint32_t i = 0; i < others.count && other < 0; i++)
		other = others.place[i].error ? -1 : (int)i;
	ASSERT_LE(0, other);
	ASSERT_EQ(0, start_helper(&helper, call_other, self->shared));
	/* A busy machine may not run the other thread in time. */
	do {
		clear_page(self->shared);
		ASSERT_EQ(0, interleave_arm(self->device, 1, other, helper.tid, 0, 1));
		ASSERT_EQ(0, interleave_arm(self->device, 0, place, this_thread(), DELAY_US, 0));
		call_it();
		EXPECT_EQ(1, self->shared->hit[0]);
		rounds++;
	} while (self->shared->late[0] && suite_has_time());
	end_helper(&helper);
	EXPECT_EQ(0, self->shared->late[0]);
	EXPECT_EQ(1, self->shared->hit[1]);
	EXPECT_EQ(1, self->shared->go[0]);
	evidence("rounds=%u waited_us=%u", rounds, self->shared->waited_us[0]);
}

/* Places of what the module itself calls in a delay: kprobes passes over them, and counts that. */
CASE(interleave, handler_meets_probes, .rows = "P41")
{
	int place = first_place(self), missed = 0;
	static struct places others;

	ASSERT_LE(0, place);
	ASSERT_EQ(0, places_load(&others, self->device, 1, "ktime_get_mono_fast_ns", PLACES_ALL, 64));
	ASSERT_EQ(0, interleave_count(self->device, 1, this_thread()));
	clear_page(self->shared);
	ASSERT_EQ(0, interleave_arm(self->device, 0, place, this_thread(), DELAY_US, 0));
	call_it();
	EXPECT_EQ(1, self->shared->hit[0]);
	EXPECT_EQ(1, self->shared->late[0]);
	EXPECT_EQ(0, places_read(&others, self->device));
	for (uint32_t i = 0; i < others.count; i++)
		missed += others.place[i].missed;
	EXPECT_LT(0, missed);
	evidence("function=%s places=%u good=%u missed=%d", others.symbol, others.count, others.good, missed);
}

CASE(interleave, arm_refused, .rows = "P42")
{
	int place = first_place(self), device = self->device, none = -1;
	const struct pincheck_interleave_arm good = {
		.place = place, .tid = this_thread(), .nth = 1, .delay_us = 1,
	};
	struct pincheck_interleave_arm arm;

	ASSERT_LE(0, place);
#define EXPECT_ARM(error, field, value) do {							\
	arm = good;										\
	arm.field = value;									\
	EXPECT_EQ(error, interleave_call(device, PINCHECK_INTERLEAVE_IOC_ARM, &arm));		\
} while (0)
	for (uint32_t i = 0; i < self->places->count; i++)
		none = self->places->place[i].error ? (int)i : none;
	EXPECT_ARM(-EINVAL, slot, PINCHECK_INTERLEAVE_SLOTS);
	EXPECT_ARM(-EINVAL, slot, UINT32_MAX);
	EXPECT_ARM(-ENOENT, slot, 1);	/* is empty */
	EXPECT_ARM(-EINVAL, delay_us, DELAY_US + 1);
	EXPECT_ARM(-EINVAL, delay_us, UINT32_MAX);
	EXPECT_ARM(-EINVAL, nth, 0);
	EXPECT_ARM(-EINVAL, opens, 1U << PINCHECK_INTERLEAVE_SLOTS);
	EXPECT_ARM(-ENOENT, place, self->places->count);
	EXPECT_ARM(-EINVAL, place, PINCHECK_INTERLEAVE_ALL);	/* has a delay */
	if (none >= 0)
		EXPECT_ARM(-ENOENT, place, none);
	EXPECT_ARM(-ESRCH, tid, 0);
	EXPECT_ARM(-ESRCH, tid, INT32_MAX);
	EXPECT_ARM(0, slot, 0);
	EXPECT_EQ(-EFAULT, interleave_call(device, PINCHECK_INTERLEAVE_IOC_ARM, NULL));
	EXPECT_EQ(-EINVAL, interleave_disarm(device, PINCHECK_INTERLEAVE_SLOTS));
	EXPECT_EQ(-EINVAL, interleave_hits(device, PINCHECK_INTERLEAVE_SLOTS, NULL, 0));
	EXPECT_EQ(-EINVAL, interleave_hits(device, 0, NULL, self->places->count + 1));
	EXPECT_EQ(-EFAULT, interleave_hits(device, 0, NULL, self->places->count));
	EXPECT_EQ(0, interleave_disarm(device, 0));
	EXPECT_EQ(0, interleave_disarm(device, 0));
	evidence("refused_place=%d", none);
}

static int load_two(int device, uint32_t first, uint32_t second)
{
	struct pincheck_interleave_place two[] = { { .offset = first }, { .offset = second } };

	return interleave_load(device, 0, CALLED, two, ARRAY_SIZE(two));
}

CASE(interleave, load_refused, .rows = "P42")
{
	struct pincheck_interleave_place one = { 0 };
	struct pincheck_interleave_load load = { .count = 1, .places = (uintptr_t)&one };
	int device = self->device;
	long size = interleave_text(device, CALLED, NULL, 0);

	ASSERT_LT(0, size);
	EXPECT_EQ(-EINVAL, load_two(device, 8, 8));
	EXPECT_EQ(-EINVAL, load_two(device, 8, 4));
	EXPECT_EQ(-EINVAL, load_two(device, 0, size));
	EXPECT_EQ(-EINVAL, load_two(device, 0, UINT32_MAX));
	EXPECT_EQ(-EINVAL, interleave_load(device, PINCHECK_INTERLEAVE_SLOTS, CALLED, &one, 1));
	EXPECT_EQ(-EINVAL, interleave_load(device, 0, CALLED, self->places->place,
					   PINCHECK_INTERLEAVE_PLACES + 1));
	EXPECT_EQ(-EFAULT, interleave_load(device, 0, CALLED, NULL, 1));
	EXPECT_EQ(-EINVAL, interleave_load(device, 0, "", &one, 1));
	memset(load.symbol, 'a', sizeof(load.symbol));
	EXPECT_EQ(-EINVAL, interleave_call(device, PINCHECK_INTERLEAVE_IOC_LOAD, &load));
	EXPECT_EQ(-EFAULT, interleave_call(device, PINCHECK_INTERLEAVE_IOC_LOAD, NULL));
	EXPECT_EQ(-ENOTTY, interleave_call(device, _IO('I', 0xe6), NULL));
	EXPECT_EQ(-ENOTTY, interleave_call(device, 0, NULL));
	/* What was refused left nothing, and one function has one slot. */
	EXPECT_EQ(0, count_probes(CALLED));
	ASSERT_EQ(0, load_places(self, PLACES_BLOCKS));
	EXPECT_EQ(-EBUSY, interleave_load(device, 1, CALLED, &one, 1));
	EXPECT_EQ(0, interleave_empty(device, 0));
	EXPECT_LE(0, interleave_load(device, 1, CALLED, &one, 1));
	evidence("bytes=%ld", size);
}

/* No such function; one that kprobes itself needs; one of a module. */
CASE(interleave, functions_refused, .rows = "P42")
{
	EXPECT_EQ(-ENOENT, interleave_text(self->device, "no_such_function", NULL, 0));
	EXPECT_EQ(-EACCES, interleave_text(self->device, "kprobe_int3_handler", NULL, 0));
	EXPECT_EQ(-EACCES, interleave_text(self->device, "exc_int3", NULL, 0));
	EXPECT_EQ(-EXDEV, interleave_text(self->device, "interleave_ioctl", NULL, 0));
	EXPECT_EQ(-EACCES, interleave_text(self->device, "sys_call_table", NULL, 0));
}

/*
 * The call that ftrace writes into a function is never a place: at offset 0, or behind an ENDBR, and then
 * offset 0 means it, too.
 */
CASE(interleave, ftrace_sites_refused, .rows = "P42")
{
	struct pincheck_interleave_place entry[] = { { .offset = 0 }, { .offset = 4 } };
	bool has_tracer = !access(KNOB_FTRACE, F_OK);

	ASSERT_LE(0, interleave_load(self->device, 0, CALLED, entry, ARRAY_SIZE(entry)));
	if (has_tracer) {
		EXPECT_EQ(-EXDEV, entry[0].error);
		EXPECT_NE(0, entry[1].error);
	}
	evidence("tracer=%d errors=%d,%d", has_tracer, entry[0].error, entry[1].error);
}

CASE(interleave, of_root, .rows = "P43")
{
	struct stat status;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, stat(PINCHECK_INTERLEAVE_DEVICE, &status));
	EXPECT_EQ(S_IFCHR | 0600, status.st_mode);
	EXPECT_EQ(0, status.st_uid);
	EXPECT_EQ(0, module_file_refuses_nobody(interleave_open));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, interleave_open());
	ASSERT_EQ(0, capability_raise(CAP_SYS_ADMIN));
	EXPECT_EQ(-EBUSY, interleave_open());
	close_device(self);
	self->device = interleave_open();
	EXPECT_LE(0, self->device);
}

/* A child that inherited the descriptor can neither command nor map. */
static int use_by_proxy(FIXTURE_DATA(interleave) *self)
{
	struct pincheck_interleave_info info;
	pid_t child = fork();
	int status = -1;

	if (!child) {
		if (interleave_call(self->device, PINCHECK_INTERLEAVE_IOC_INFO, &info) != -EPERM)
			_exit(1);
		if (interleave_map(self->device))
			_exit(2);
		/* Not mapped here. */
		_exit(msync((void *)self->shared, PAGE_BYTES, MS_ASYNC) ? 0 : 3);
	}
	return waitpid(child, &status, 0) == child ? status : -errno;
}

CASE(interleave, by_proxy, .rows = "P43")
{
	EXPECT_EQ(0, use_by_proxy(self));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE, self->device, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE_BYTES, PROT_READ, MAP_SHARED, self->device, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, self->device, PAGE_BYTES));
}

static pid_t fork_pausing(void)
{
	pid_t child = fork();

	while (!child)
		pause();
	return child;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Threads of this process and of its descendants: not the suite, whose child this process is, nor init. */
CASE(interleave, threads_of_others, .rows = "P43")
{
	int place = first_place(self), device = self->device;
	pid_t child;

	ASSERT_LE(0, place);
	child = fork_pausing();
	ASSERT_LT(0, child);
	EXPECT_EQ(-EPERM, interleave_arm(device, 0, place, 1, 1, 0));
	EXPECT_EQ(-EPERM, interleave_arm(device, 0, place, getppid(), 1, 0));
	EXPECT_EQ(0, interleave_arm(device, 0, place, child, 1, 0));
	EXPECT_EQ(0, interleave_arm(device, 0, place, getpid(), 1, 0));
	end_child(child);
	EXPECT_EQ(-ESRCH, interleave_arm(device, 0, place, child, 1, 0));
}

/* The file goes while the thread is in its delay. */
CASE(interleave, closed_in_the_delay, .rows = "P43")
{
	int64_t begin = nanoseconds();
	int place = first_place(self), rounds;
	struct helper helper;

	ASSERT_LE(0, place);
	ASSERT_EQ(0, start_helper(&helper, call_once_asked, self->shared));
	for (rounds = 0; rounds < LIVES && suite_has_time(); rounds++) {
		clear_page(self->shared);
		ASSERT_EQ(0, interleave_arm(self->device, 0, place, helper.tid, DELAY_US, 0));
		__atomic_fetch_add(&helper.asked, 1, __ATOMIC_RELEASE);
		while (!self->shared->hit[0])
			sched_yield();
		close_device(self);
		EXPECT_EQ(0, count_probes(CALLED));
		while (__atomic_load_n(&helper.calls, __ATOMIC_ACQUIRE) != helper.asked)
			sched_yield();
		self->device = interleave_open();
		ASSERT_LE(0, self->device);
		self->shared = interleave_map(self->device);
		ASSERT_NE(NULL, (void *)self->shared);
		ASSERT_EQ(0, load_places(self, PLACES_BLOCKS));
	}
	end_helper(&helper);
	evidence("rounds=%d calls=%u ms=%lld", rounds, helper.calls,
		 (long long)(nanoseconds() - begin) / 1000000);
}

/*
 * A thread runs the function while breakpoints come and go. It comes by each that is armed, and by none that is
 * gone: the kernel would end there ("Oops: int3"). See text_renew() of the module.
 */
CASE(interleave, busy_function, .rows = "P43")
{
	unsigned int rounds, passed_by = 0;
	int place = first_place(self);
	struct helper helper;

	ASSERT_LE(0, place);
	ASSERT_EQ(0, start_helper(&helper, call_on, self->shared));
	stage_use_one_cpu(0);
	for (rounds = 0; rounds < BUSY_ROUNDS && suite_has_time(); rounds++) {
		ASSERT_EQ(0, interleave_arm(self->device, 0, place, helper.tid, 0, 0));
		wait_for_calls(&helper, CALLS);
		EXPECT_EQ(0, places_read(self->places, self->device));
		passed_by += !self->places->place[place].hits;
		ASSERT_EQ(0, interleave_disarm(self->device, 0));
		if (rounds % RELOADS == 0)
			ASSERT_EQ(0, load_places(self, PLACES_BLOCKS));
		wait_for_calls(&helper, CALLS);
	}
	end_helper(&helper);
	EXPECT_EQ(0, passed_by);
	evidence("rounds=%u calls=%u passed_by=%u", rounds, helper.calls, passed_by);
}

/* Opens the device, arms itself and calls for ever. @stays: a child of it keeps the descriptor. */
static void owner_process(bool stays, int ready)
{
	static struct places places;
	int device = interleave_open();

	if (device < 0 || places_load(&places, device, 0, CALLED, PLACES_BLOCKS, 64))
		_exit(1);
	if (stays)
		fork_pausing();
	if (interleave_count(device, 0, getpid()) || write(ready, "", 1) != 1)
		_exit(2);
	for (;;)
		call_it();
}

static pid_t start_owner(bool stays)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		return -errno;
	child = fork();
	if (!child)
		owner_process(stays, ready[1]);
	close(ready[1]);
	if (child > 0 && read(ready[0], &byte, 1) != 1) {
		end_child(child);
		child = -EIO;
	}
	close(ready[0]);
	return child;
}

CASE(interleave, killed_while_armed, .rows = "P43")
{
	int rounds;

	close_device(self);
	for (rounds = 0; rounds < LIVES && suite_has_time(); rounds++) {
		pid_t child = start_owner(false);

		ASSERT_LT(0, child);
		EXPECT_LT(0, count_probes(CALLED));
		end_child(child);
		EXPECT_EQ(0, count_probes(CALLED));
	}
	self->device = interleave_open();
	EXPECT_LE(0, self->device);
	evidence("rounds=%d", rounds);
}

/* A child that still has the descriptor keeps others out, and keeps no probe. */
CASE(interleave, owner_is_gone, .rows = "P43")
{
	int64_t end;
	pid_t child;

	close_device(self);
	child = start_owner(true);
	ASSERT_LT(0, child);
	EXPECT_LT(0, count_probes(CALLED));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(0, count_probes(CALLED));
	EXPECT_EQ(-EBUSY, interleave_open());
	/* The orphan is of the process group of this case. */
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	end = moment_end();
	do {
		self->device = interleave_open();
	} while (self->device == -EBUSY && moment_goes_on(end));
	EXPECT_LE(0, self->device);
}

CASE(interleave, unload_refused, .rows = "P43")
{
	ASSERT_LE(0, first_place(self));
	EXPECT_EQ(-EWOULDBLOCK, module_file_unload_now(INTERLEAVE_MODULE_NAME));
	close_device(self);
	EXPECT_EQ(0, module_file_unload(INTERLEAVE_MODULE_NAME));
	EXPECT_EQ(0, count_probes(CALLED));
	EXPECT_EQ(-ENOENT, interleave_open());
	ASSERT_EQ(0, interleave_load_module());
	self->device = interleave_open();
	EXPECT_LE(0, self->device);
}

PINCHECK_TEST_MAIN
