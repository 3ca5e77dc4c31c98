// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of gup_test.ko, which the kernel's own tests take for the kernel's: each argument is
 * served or refused, the kernel does not warn of any, and nothing stays.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../../tools/lib/knob.h"
#include "../../tools/lib/vmstat.h"
#include "call32.h"
#include "gup_test_file.h"
#include "module_file.h"
#include "silent_file.h"
#include "stage.h"
#include "waiter.h"

#define FOLL_WRITE	1U	/* of every kernel */
#define FLAGS		32	/* bits of gup_flags */
#define PAGES_MAX	(1ULL << 22)
#define ALIASES		4096	/* mappings of one page */
#define FILES_MAX	600	/* each pins all of the aliases */

/**
 * struct way - a command that takes pages and gives them back
 * @pins: pins, not plain references
 * @flags: bits of gup_flags that it accepts
 */
static const struct way {
	const char *name;
	unsigned long command;
	__u32 test_flags;
	bool pins;
	int flags;
} ways[] = {
	{ "gup_fast", GUP_FAST_BENCHMARK, 0, false, 2 },
	{ "pin_fast", PIN_FAST_BENCHMARK, 0, true, 3 },
	{ "pin_longterm", PIN_LONGTERM_BENCHMARK, 0, true, 3 },
	{ "gup", GUP_BASIC_TEST, 0, false, 2 },
	{ "pin", PIN_BASIC_TEST, 0, true, 3 },
	{ "dump_gup", DUMP_USER_PAGES_TEST, 0, false, 2 },
	{ "dump_pin", DUMP_USER_PAGES_TEST, GUP_TEST_FLAG_DUMP_PAGES_USE_PIN, true, 3 },
};

FIXTURE(gup_test)
{
	struct stage stage;
	int file;
	struct silent_file silent;
	pid_t waiter;
	/* The waiter's call. */
	const struct way *way;
	void *where;
};

FIXTURE_SETUP(gup_test)
{
	self->file = -1;
	self->silent = (struct silent_file) { .file = -1, .reads = -1 };
	SUITE_NEEDS(NEEDS_GUP_TEST);
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, gup_test_load());
	self->file = gup_test_open();
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(gup_test)
{
	close(self->file);
	/* Unloading takes longer than most cases. */
	if (suite_current->ends_variant) {
		EXPECT_EQ(0, gup_test_unload());
	}
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int take(FIXTURE_DATA(gup_test) *self, const struct way *way, struct gup_test *test)
{
	test->test_flags |= way->test_flags;
	return gup_test_call(self->file, way->command, test);
}

/* The argument for @bytes from @start on. */
static struct gup_test request_of(void *start, size_t bytes, __u32 per_call)
{
	return (struct gup_test) {
		.addr = (uintptr_t)start, .size = bytes, .nr_pages_per_call = per_call,
		.gup_flags = FOLL_WRITE,
	};
}

static struct gup_test request_stage(FIXTURE_DATA(gup_test) *self)
{
	return request_of(self->stage.memory, self->stage.length, 1);
}

static int start(FIXTURE_DATA(gup_test) *self, __u64 addr, __u64 size, __u32 flags)
{
	struct pin_longterm_test test = { .addr = addr, .size = size, .flags = flags };

	return gup_test_call(self->file, PIN_LONGTERM_TEST_START, &test);
}

static int start_stage(FIXTURE_DATA(gup_test) *self)
{
	return start(self, (uintptr_t)self->stage.memory, self->stage.length, 0);
}

/* Pins acquired and released since boot, by all of the machine. */
static void read_pins(uint64_t *acquired, uint64_t *released)
{
	knob_set("/proc/sys/vm/stat_refresh", "1");
	if (vmstat_pins(acquired, released))
		*acquired = *released = 0;
}

/* The pages that come are those of the range: pins, or plain references, and none of them stays. */
CASE(gup_test, takes_what_it_says, .rows = "P37")
{
	static const __u32 per_call[] = { 1, 3, STAGE_PAGES, UINT_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		uint64_t pins = 0, acquired, released, acquired_then, released_then;

		for (size_t j = 0; j < ARRAY_SIZE(per_call); j++) {
			struct gup_test test = request_stage(self);

			test.nr_pages_per_call = per_call[j];
			read_pins(&acquired, &released);
			EXPECT_EQ(0, take(self, &ways[i], &test));
			read_pins(&acquired_then, &released_then);
			EXPECT_EQ(self->stage.length, test.size);
			EXPECT_EQ(ways[i].pins ? STAGE_PAGES : 0, acquired_then - acquired);
			EXPECT_EQ(acquired_then - acquired, released_then - released);
			pins += acquired_then - acquired;
		}
		evidence("way=%s pages=%d calls=%zu pins=%lu", ways[i].name, STAGE_PAGES,
			 ARRAY_SIZE(per_call), pins);
	}
}

/* The size says how many pages came, up to the first that does not. */
CASE(gup_test, says_what_came, .rows = "P37")
{
	size_t page = self->stage.page;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct gup_test beyond = request_of(self->stage.memory, self->stage.length + page, 3);
		struct gup_test unmapped = request_of(self->stage.memory - page, page, 1);
		struct gup_test empty = request_of(self->stage.memory, 0, 1);
		struct gup_test none_per_call = request_of(self->stage.memory, page, 0);

		EXPECT_EQ(0, take(self, &ways[i], &beyond));
		EXPECT_EQ(self->stage.length, beyond.size);
		EXPECT_EQ(0, take(self, &ways[i], &unmapped));
		EXPECT_EQ(0, unmapped.size);
		EXPECT_EQ(0, take(self, &ways[i], &empty));
		EXPECT_EQ(0, empty.size);
		EXPECT_EQ(0, take(self, &ways[i], &none_per_call));
		EXPECT_EQ(0, none_per_call.size);
	}
	evidence("ways=%zu wanted=%d came=%d", ARRAY_SIZE(ways), STAGE_PAGES + 1, STAGE_PAGES);
}

/*
 * A range that ends inside a page has only the whole pages before it. The kernel's own file then asks GUP-fast for 0
 * pages, and gets others, which it stores behind its array.
 */
CASE(gup_test, part_of_a_page, .rows = "P38 R84")
{
	static const __u32 per_call[] = { 0, 1, 3, STAGE_PAGES, UINT_MAX };
	const size_t page = self->stage.page;
	uint64_t acquired, released, acquired_then, released_then, came = 0, pins = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(per_call); j++) {
			const unsigned int whole = per_call[j] ? STAGE_PAGES - 2 : 0;
			struct gup_test test = request_of(self->stage.memory, (STAGE_PAGES - 2) * page + page / 2,
							  per_call[j]);
			struct gup_test below_one = request_of(self->stage.memory, page - 1, per_call[j]);

			read_pins(&acquired, &released);
			EXPECT_EQ(0, take(self, &ways[i], &test));
			EXPECT_EQ(0, take(self, &ways[i], &below_one));
			read_pins(&acquired_then, &released_then);
			EXPECT_EQ(whole * page, test.size);
			EXPECT_EQ(0, below_one.size);
			EXPECT_EQ(ways[i].pins ? whole : 0, acquired_then - acquired);
			EXPECT_EQ(acquired_then - acquired, released_then - released);
			came += test.size / page;
			pins += acquired_then - acquired;
		}
	}
	evidence("ways=%zu calls_of=%zu pages_of_memory=%d pages_wanted=%d.5 pages_came=%" PRIu64 " pins=%" PRIu64,
		 ARRAY_SIZE(ways), ARRAY_SIZE(per_call), STAGE_PAGES, STAGE_PAGES - 2, came, pins);
}

CASE(gup_test, dumps_pages_that_came, .rows = "P37")
{
	struct gup_test test = request_stage(self);
	const __u32 asked[] = { 1, STAGE_PAGES, STAGE_PAGES + 1, UINT_MAX, 0 };

	memcpy(test.which_pages, asked, sizeof(asked));
	EXPECT_EQ(0, gup_test_call(self->file, DUMP_USER_PAGES_TEST, &test));
	EXPECT_EQ(1, test.which_pages[0]);
	EXPECT_EQ(STAGE_PAGES, test.which_pages[1]);
	EXPECT_EQ(0, test.which_pages[2]);
	EXPECT_EQ(0, test.which_pages[3]);
	evidence("pages=%d asked=\"1 %d %d %u\" dumped=\"%u %u %u %u\"", STAGE_PAGES, STAGE_PAGES,
		 STAGE_PAGES + 1, UINT_MAX, test.which_pages[0], test.which_pages[1],
		 test.which_pages[2], test.which_pages[3]);
}

/* The kernel takes no pin on its zero page, and that is no pin that went wrong. */
CASE(gup_test, zero_page, .rows = "P37")
{
	size_t page = self->stage.page;
	void *zeros = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, zeros);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct gup_test test = request_of(zeros, page, 1);

		test.gup_flags = 0;
		EXPECT_EQ(0, take(self, &ways[i], &test));
		EXPECT_EQ(page, test.size);
	}
	munmap(zeros, page);
	evidence("ways=%zu", ARRAY_SIZE(ways));
}

/* WRITE, FORCE and, with pins, LONGTERM: GUP warns of other flags, and the module refuses them. */
CASE(gup_test, flags_refused, .rows = "P38")
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		unsigned int accepted = 0;

		for (unsigned int bit = 0; bit < FLAGS; bit++) {
			struct gup_test test = request_stage(self);
			int error;

			test.gup_flags = 1U << bit;
			error = take(self, &ways[i], &test);
			EXPECT_TRUE(!error || error == -EINVAL);
			accepted |= error ? 0 : test.gup_flags;
		}
		EXPECT_EQ(ways[i].flags, __builtin_popcount(accepted));
		EXPECT_EQ(FOLL_WRITE, accepted & FOLL_WRITE);
		evidence("way=%s accepted=0x%x", ways[i].name, accepted);
	}
}

CASE(gup_test, ranges_refused, .rows = "P38")
{
	size_t page = self->stage.page;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct gup_test wraps = request_of((void *)-page, 2 * page, 1);
		struct gup_test long_wrap = request_of(self->stage.memory, SIZE_MAX, 1);
		struct gup_test many = request_of(NULL, (PAGES_MAX + 1) * page, 1);
		struct gup_test most = request_of(NULL, (size_t)LONG_MAX & -page, UINT_MAX);
		struct gup_test allowed = request_of(NULL, PAGES_MAX * page, UINT_MAX);

		EXPECT_EQ(-EINVAL, take(self, &ways[i], &wraps));
		EXPECT_EQ(-EINVAL, take(self, &ways[i], &long_wrap));
		EXPECT_EQ(-ENOMEM, take(self, &ways[i], &many));
		EXPECT_EQ(-ENOMEM, take(self, &ways[i], &most));
		EXPECT_EQ(0, take(self, &ways[i], &allowed));
		EXPECT_EQ(0, allowed.size);
	}
	evidence("ways=%zu pages_max=%llu", ARRAY_SIZE(ways), PAGES_MAX);
}

/* The argument itself: nowhere, partly nowhere, and where the answer cannot be written. */
CASE(gup_test, pointers_refused, .rows = "P38")
{
	size_t page = self->stage.page;
	unsigned char *area = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *end = area + 2 * page;
	struct gup_test *read_only = (void *)area;

	ASSERT_NE(MAP_FAILED, (void *)area);
	*read_only = request_stage(self);
	ASSERT_EQ(0, mprotect(read_only, page, PROT_READ));
	ASSERT_EQ(0, mprotect(end, page, PROT_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		EXPECT_EQ(-EFAULT, gup_test_call(self->file, ways[i].command, NULL));
		EXPECT_EQ(-EFAULT, gup_test_call(self->file, ways[i].command, end - 8));
		EXPECT_EQ(-EFAULT, gup_test_call(self->file, ways[i].command, read_only));
	}
	EXPECT_EQ(-EFAULT, gup_test_call(self->file, PIN_LONGTERM_TEST_START, NULL));
	EXPECT_EQ(-EFAULT, gup_test_call(self->file, PIN_LONGTERM_TEST_START, end - 8));
	EXPECT_EQ(0, start_stage(self));
	EXPECT_EQ(-EFAULT, gup_test_call(self->file, PIN_LONGTERM_TEST_READ, NULL));
	EXPECT_EQ(-EFAULT, gup_test_call(self->file, PIN_LONGTERM_TEST_READ, end - 4));
	munmap(area, 3 * page);
}

CASE(gup_test, start_refused, .rows = "P38")
{
	const __u32 fast = PIN_LONGTERM_TEST_FLAG_USE_FAST;
	const __u64 page = self->stage.page, length = self->stage.length;
	const __u64 memory = (uintptr_t)self->stage.memory;

	EXPECT_EQ(-EINVAL, start(self, memory, length, 4));
	EXPECT_EQ(-EINVAL, start(self, memory, length, 1U << 31));
	EXPECT_EQ(-EINVAL, start(self, memory + 8, length, 0));
	EXPECT_EQ(-EINVAL, start(self, memory, length - 8, 0));
	EXPECT_EQ(-EINVAL, start(self, memory, 0, 0));
	EXPECT_EQ(-EINVAL, start(self, memory, -page, 0));
	EXPECT_EQ(-ENOMEM, start(self, memory, LONG_MAX & -page, 0));
	EXPECT_EQ(-ENOMEM, start(self, memory, (PAGES_MAX + 1) * page, fast));
	for (__u32 flags = 0; flags <= fast; flags += fast) {
		/* Nothing is kept of a range that does not come as a whole. */
		EXPECT_EQ(-EFAULT, start(self, memory, length + page, flags));
		EXPECT_EQ(-EFAULT, start(self, memory - page, page, flags));
		EXPECT_EQ(-EFAULT, start(self, 0xffff888000000000, page, flags));
		/* Some kernels answer 0 pages, for ever, others EOVERFLOW. */
		EXPECT_GT(0, start(self, -page, page, flags));
	}
	EXPECT_EQ(-EINVAL, gup_test_call(self->file, PIN_LONGTERM_TEST_READ, &self->where));
	EXPECT_EQ(0, gup_test_call(self->file, PIN_LONGTERM_TEST_STOP, NULL));
	EXPECT_EQ(0, start_stage(self));
	EXPECT_EQ(-EINVAL, start_stage(self));
	EXPECT_EQ(0, gup_test_call(self->file, PIN_LONGTERM_TEST_STOP, NULL));
	EXPECT_EQ(0, gup_test_call(self->file, PIN_LONGTERM_TEST_STOP, NULL));
}

CASE(gup_test, commands_refused, .rows = "P38")
{
	const unsigned long commands[] = {
		0, _IO('g', 0), _IO('g', 1), _IO('g', 10), _IOWR('g', 10, struct gup_test),
		_IOWR('g', 1, struct pin_longterm_test), _IOW('g', 7, __u64), _IO('p', 8), ULONG_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(-EINVAL, gup_test_call(self->file, commands[i], NULL));
	}
	evidence("commands=%zu errno=EINVAL", ARRAY_SIZE(commands));
}

/* The numbers are those of the kernel's mm/gup_test.h, whichever compiler built the header. */
CASE(gup_test, numbers, .rows = "P37")
{
	EXPECT_EQ(0xc0506701, GUP_FAST_BENCHMARK);
	EXPECT_EQ(0xc0506702, PIN_FAST_BENCHMARK);
	EXPECT_EQ(0xc0506703, PIN_LONGTERM_BENCHMARK);
	EXPECT_EQ(0xc0506704, GUP_BASIC_TEST);
	EXPECT_EQ(0xc0506705, PIN_BASIC_TEST);
	EXPECT_EQ(0xc0506706, DUMP_USER_PAGES_TEST);
	EXPECT_EQ(0x40186707, PIN_LONGTERM_TEST_START);
	EXPECT_EQ(0x6708, PIN_LONGTERM_TEST_STOP);
	EXPECT_EQ(0x40086709, PIN_LONGTERM_TEST_READ);
	EXPECT_EQ(32, offsetof(struct gup_test, nr_pages_per_call));
	EXPECT_EQ(44, offsetof(struct gup_test, which_pages));
	EXPECT_EQ(16, offsetof(struct pin_longterm_test, flags));
}

CASE(gup_test, call32, .rows = "P38")
{
	SUITE_NEEDS(NEEDS_CALL32);
	ASSERT_EQ(0, start_stage(self));
	EXPECT_EQ(0, call32(CALL32_IOCTL, self->file, PIN_LONGTERM_TEST_STOP, 0));
	EXPECT_EQ(0, start_stage(self));
}

CASE(gup_test, of_root, .rows = "P39")
{
	struct stat status;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, stat(GUP_TEST_FILE, &status));
	EXPECT_EQ(S_IFREG | 0600, status.st_mode);
	EXPECT_EQ(0, status.st_uid);
	EXPECT_EQ(0, module_file_refuses_nobody(gup_test_open));
	evidence("mode=0%o uid=%u", status.st_mode & 07777, status.st_uid);
}

/* An open file keeps the module; a module that is loaded again has a file that works. */
CASE(gup_test, unload_refused, .rows = "P39")
{
	int duplicate;

	ASSERT_EQ(0, start_stage(self));
	EXPECT_EQ(-EWOULDBLOCK, gup_test_unload_now());
	duplicate = dup(self->file);
	close(self->file);
	EXPECT_EQ(-EWOULDBLOCK, gup_test_unload_now());
	close(duplicate);
	EXPECT_EQ(0, gup_test_unload_now());
	EXPECT_EQ(-ENOENT, gup_test_open());
	ASSERT_EQ(0, gup_test_load());
	self->file = gup_test_open();
	ASSERT_LE(0, self->file);
	EXPECT_EQ(0, start_stage(self));
}

/*
 * Where there is such a file already, as in a kernel with CONFIG_GUP_TEST, it stays what it is. The
 * module loader of 7.x answers EBUSY where the init of a module answers EEXIST.
 */
CASE(gup_test, already_there, .rows = "P39")
{
	int error = gup_test_load_twin();

	EXPECT_TRUE(error == -EEXIST || error == -EBUSY);
	evidence("error=%d", error);
	EXPECT_EQ(0, start_stage(self));
	close(self->file);
	self->file = gup_test_open();
	ASSERT_LE(0, self->file);
	EXPECT_EQ(0, start_stage(self));
}

static int take_in_waiter(void *argument)
{
	FIXTURE_DATA(gup_test) *self = argument;
	struct gup_test test = request_of(self->where, self->stage.page, 1);

	return take(self, self->way, &test);
}

/* A page that never comes: the caller can be killed while it waits. */
CASE(gup_test, killable, .rows = "D10")
{
	SUITE_NEEDS(NEEDS_FUSE);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		bool dies;

		self->way = &ways[i];
		ASSERT_DONE(silent_file_open(&self->silent));
		self->where = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE, MAP_PRIVATE,
				   self->silent.file, 0);
		ASSERT_NE(MAP_FAILED, self->where);
		self->waiter = waiter_start(take_in_waiter, self);
		ASSERT_LT(0, self->waiter);
		EXPECT_EQ(0, silent_file_wait(&self->silent));
		dies = waiter_dies(&self->waiter);
		EXPECT_TRUE(dies);
		silent_file_close(&self->silent);
		waiter_end(&self->waiter);
		munmap(self->where, self->stage.page);
		evidence("way=%s killed=%d", ways[i].name, dies);
	}
}

/* @ALIASES adjacent mappings of one page of a memfd. */
static void *map_aliases(size_t page)
{
	int file = memfd_create("gup_test", MFD_CLOEXEC);
	char *aliases = mmap(NULL, ALIASES * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (file < 0 || aliases == MAP_FAILED || ftruncate(file, page))
		return MAP_FAILED;
	for (size_t i = 0; i < ALIASES; i++) {
		if (mmap(aliases + i * page, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 file, 0) == MAP_FAILED)
			return MAP_FAILED;
	}
	close(file);
	return aliases;
}

static int pin_aliases(int file, void *aliases, size_t bytes)
{
	struct pin_longterm_test test = {
		.addr = (uintptr_t)aliases, .size = bytes, .flags = PIN_LONGTERM_TEST_FLAG_USE_FAST,
	};

	return gup_test_call(file, PIN_LONGTERM_TEST_START, &test);
}

/* The kernel would WARN once the refcount of a page has wrapped: the module refuses before. */
CASE_TIMEOUT(gup_test, references_end, 120, .rows = "P38")
{
	size_t bytes = ALIASES * self->stage.page, count = 0;
	void *aliases = map_aliases(self->stage.page);
	static int files[FILES_MAX];
	int error = 0;

	ASSERT_NE(MAP_FAILED, aliases);
	while (count < FILES_MAX && !error) {
		files[count] = gup_test_open();
		ASSERT_LE(0, files[count]);
		error = pin_aliases(files[count++], aliases, bytes);
	}
	EXPECT_EQ(-EOVERFLOW, error);
	for (size_t i = 0; i < count; i++)
		close(files[i]);
	EXPECT_EQ(0, pin_aliases(self->file, aliases, bytes));
	munmap(aliases, bytes);
	evidence("files=%zu pins=%zu", count, count * ALIASES);
}

PINCHECK_TEST_MAIN
