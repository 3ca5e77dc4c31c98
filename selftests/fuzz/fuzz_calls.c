// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls. Each command is a row, which says how to make an argument that mostly works. Spoiling the
 * argument, placing it in memory and counting the outcome are the same for all commands.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/gup_test.h>
#include "../../tools/lib/array.h"
#include "fuzz.h"

#define ARGUMENT_BYTES		256

/* One SCAN of all memory takes as long as a thousand other calls: most scan this many pages. */
#define SCAN_PFNS		4096

/**
 * struct command - a row
 * @name: of the command
 * @number: of the ioctl
 * @size: of the argument
 * @weight: share of the calls, among the sum of all weights
 * @admin: the command always needs CAP_SYS_ADMIN
 * @never: no caller can succeed
 * @seldom: the command needs what other calls must have made just before, in the same session
 * @gup_test: of gup_test.ko, not of the device
 * @feature: PINCHECK_FEAT_* without which the command fails, or 0
 * @fill: fills in an argument that is zero except for its size
 * @tame: undoes what spoiling must not do to the argument; may be NULL
 * @done: called after success; may be NULL
 */
struct command {
	const char *name;
	unsigned long number;
	__u32 size;
	unsigned int weight;
	bool admin;
	bool never;
	bool seldom;
	bool gup_test;
	__u64 feature;
	void (*fill)(struct fuzz_worker *worker, const struct fuzz_session *session,
		     void *argument);
	void (*tame)(struct fuzz_worker *worker, void *argument);
	void (*done)(struct fuzz_worker *worker, struct fuzz_session *session,
		     const void *argument);
};

static __u32 some_hold(struct fuzz_worker *worker, const struct fuzz_session *session)
{
	__u32 id = 0;

	for (int tries = 0; !id && tries < 4; tries++)
		id = session->ids[prng_below(&worker->prng, FUZZ_IDS)];
	return id && !prng_one_in(&worker->prng, 16) ? id : 1 + prng_below(&worker->prng, 64);
}

static uint64_t some_pages(struct fuzz_worker *worker, size_t room)
{
	uint64_t most = room / PAGE_BYTES;

	if (most > 16 && !prng_one_in(&worker->prng, 32))
		most = 16;
	return 1 + prng_below(&worker->prng, most ?: 1);
}

/* A hold of kind memfd names a file and an offset. */
static void fill_memfd(struct fuzz_worker *worker, struct pincheck_hold *hold)
{
	const struct fuzz_shared *shared = worker->shared;
	bool huge = shared->huge >= 0 && prng_one_in(&worker->prng, 3);
	size_t bytes = huge ? PMD_BYTES : FUZZ_SHMEM_BYTES;
	uint64_t first = prng_below(&worker->prng, bytes / PAGE_BYTES);

	hold->kind = PINCHECK_KIND_MEMFD;
	hold->flags = prng_below(&worker->prng, 4) &
		      (PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM);
	hold->fd = huge ? shared->huge : shared->shmem;
	hold->offset = first * PAGE_BYTES;
	hold->len = some_pages(worker, bytes - hold->offset) * PAGE_BYTES;
}

/* A hold without references has no path. DIRTY_LATE exists for mirrors only. */
static void fill_without_reference(struct fuzz_worker *worker, struct pincheck_hold *hold)
{
	size_t room;

	hold->kind = PINCHECK_KIND_MIRROR;
	hold->path = PINCHECK_PATH_UNKNOWN;
	hold->flags &= PINCHECK_HOLD_WRITE | PINCHECK_HOLD_DIRTY_LATE;
	if (!(hold->flags & PINCHECK_HOLD_WRITE))
		hold->flags = 0;
	if (prng_one_in(&worker->prng, 3)) {
		hold->kind = PINCHECK_KIND_PFNMAP;
		hold->flags &= PINCHECK_HOLD_WRITE;
		hold->pid = 0;
		hold->addr = fuzz_device_address(worker, &room);
		hold->len = some_pages(worker, room) * PAGE_BYTES;
	}
}

static void fill_hold(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	struct pincheck_hold *hold = argument;
	size_t room;

	(void)session;
	if (prng_one_in(&worker->prng, 8)) {
		fill_memfd(worker, hold);
		return;
	}
	hold->kind = prng_one_in(&worker->prng, 3) ? PINCHECK_KIND_GET : PINCHECK_KIND_PIN;
	hold->path = prng_one_in(&worker->prng, 2) ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW;
	hold->flags = prng_below(&worker->prng, PINCHECK_HOLD_FLAGS + 1) & PINCHECK_HOLD_FLAGS;
	hold->flags &= hold->kind == PINCHECK_KIND_GET ?
		       PINCHECK_HOLD_WRITE | PINCHECK_HOLD_FORCE : ~PINCHECK_HOLD_DIRTY_LATE;
	if (prng_one_in(&worker->prng, 2))
		hold->flags &= ~PINCHECK_HOLD_FORCE;
	hold->addr = fuzz_address(worker, &room) & ~(PAGE_BYTES - 1);
	hold->len = some_pages(worker, room) * PAGE_BYTES;
	if (prng_one_in(&worker->prng, 12)) {
		hold->pid = worker->shared->pids[prng_below(&worker->prng, FUZZ_WORKERS)];
		hold->path = PINCHECK_PATH_SLOW;
		hold->flags &= ~PINCHECK_HOLD_WHITELIST;
	}
	if (prng_one_in(&worker->prng, 5))
		fill_without_reference(worker, hold);
}

static void remember_hold(struct fuzz_worker *worker, struct fuzz_session *session,
			  const void *argument)
{
	const struct pincheck_hold *hold = argument;

	session->ids[prng_below(&worker->prng, FUZZ_IDS)] = hold->hold;
}

/*
 * Without DIRTY_UNLOCKED: the harm that this flag does to a kernel is no fault of the module.
 * (Spoiling sets the flag by chance. That is harmless here, for only shmem can be held for
 * writing.)
 */
static void fill_release(struct fuzz_worker *worker, const struct fuzz_session *session,
			 void *argument)
{
	struct pincheck_release *release = argument;

	release->hold = some_hold(worker, session);
	release->flags = prng_one_in(&worker->prng, 4) ? PINCHECK_RELEASE_DIRTY : 0;
	if (prng_one_in(&worker->prng, 3)) {
		release->first = prng_below(&worker->prng, 8);
		release->count = prng_below(&worker->prng, 8);
		if (prng_one_in(&worker->prng, 4))
			release->flags = PINCHECK_RELEASE_STEAL;
	}
}

static void forget_hold(struct fuzz_worker *worker, struct fuzz_session *session,
			const void *argument)
{
	const struct pincheck_release *release = argument;

	(void)worker;
	for (size_t i = 0; i < FUZZ_IDS && !release->count; i++)
		if (session->ids[i] == release->hold)
			session->ids[i] = 0;
}

static void fill_io(struct fuzz_worker *worker, const struct fuzz_session *session,
		    void *argument)
{
	struct pincheck_io *io = argument;

	io->hold = some_hold(worker, session);
	io->flags = prng_one_in(&worker->prng, 2) ? PINCHECK_IO_WRITE : 0;
	io->offset = prng_below(&worker->prng, 2 * PAGE_BYTES);
	io->len = prng_below(&worker->prng, 2 * PAGE_BYTES);
	io->buffer = prng_one_in(&worker->prng, 4) ? fuzz_address(worker, &(size_t){ 0 }) :
						     (uintptr_t)worker->out_buffer;
}

static void fill_pages(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pincheck_pages *pages = argument;

	pages->hold = some_hold(worker, session);
	pages->first = prng_below(&worker->prng, 4);
	pages->count = prng_below(&worker->prng, 8);
	pages->pages = (uintptr_t)worker->out_buffer;
}

static void remember_pfns(struct fuzz_worker *worker, struct fuzz_session *session,
			  const void *argument)
{
	const struct pincheck_pages *pages = argument;
	const struct pincheck_page *answers = (void *)worker->out_buffer;

	(void)session;
	/* A spoilt argument may have named another buffer. */
	if (pages->pages != (uintptr_t)answers)
		return;
	for (size_t i = 0; i < pages->count && i < ARRAY_SIZE(worker->pfns); i++)
		worker->pfns[i] = answers[i].pfn;
}

#define REPORTS	12

static void fill_report(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_report_request *request = argument;
	__u64 *pfns = (void *)(worker->out_buffer + FUZZ_OUT_BYTES - REPORTS * sizeof(__u64));

	(void)session;
	request->flags = prng_one_in(&worker->prng, 3) ? PINCHECK_REQUEST_LEDGER : 0;
	request->report_size = sizeof(struct pincheck_report);
	request->count = prng_below(&worker->prng, REPORTS);
	request->pfns = (uintptr_t)pfns;
	request->reports = (uintptr_t)worker->out_buffer;
	for (size_t i = 0; i < REPORTS; i++)
		pfns[i] = prng_one_in(&worker->prng, 3) ? prng_below(&worker->prng, 1 << 20) :
			  worker->pfns[prng_below(&worker->prng, ARRAY_SIZE(worker->pfns))];
}

static void fill_scan(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	struct pincheck_scan *scan = argument;

	(void)session;
	scan->flags = 1 + prng_below(&worker->prng, PINCHECK_SCAN_FLAGS);
	scan->cursor = prng_below(&worker->prng, 1 << 20);
	scan->end = scan->cursor + prng_below(&worker->prng, SCAN_PFNS);
	scan->pfns = (uintptr_t)worker->out_buffer;
	scan->room = 1 + prng_below(&worker->prng, FUZZ_OUT_BYTES / sizeof(__u64));
}

static void tame_scan(struct fuzz_worker *worker, void *argument)
{
	struct pincheck_scan *scan = argument;

	if (scan->end - scan->cursor > SCAN_PFNS && !prng_one_in(&worker->prng, 32))
		scan->end = scan->cursor + SCAN_PFNS;
}

#define EVENTS	16

static void fill_events(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_events *events = argument;

	events->hold = some_hold(worker, session);
	events->event_size = sizeof(struct pincheck_event);
	events->events = (uintptr_t)worker->out_buffer;
	events->room = 1 + prng_below(&worker->prng, EVENTS);
}

/* Mostly an address of device memory: FOLLOW refuses all others. */
static void fill_follow(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_follow *follow = argument;
	size_t room;

	(void)session;
	follow->addr = prng_one_in(&worker->prng, 4) ? fuzz_address(worker, &room) :
						       fuzz_device_address(worker, &room);
	follow->flags = prng_below(&worker->prng, PINCHECK_FOLLOW_FLAGS + 1) &
			PINCHECK_FOLLOW_FLAGS;
	if (follow->flags & PINCHECK_FOLLOW_KEEP)
		follow->len = some_pages(worker, room) * PAGE_BYTES;
}

static void remember_followed(struct fuzz_worker *worker, struct fuzz_session *session,
			      const void *argument)
{
	const struct pincheck_follow *follow = argument;

	if (follow->hold)
		session->ids[prng_below(&worker->prng, FUZZ_IDS)] = follow->hold;
}

static void fill_revoke(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_revoke *revoke = argument;

	(void)session;
	revoke->flags = prng_one_in(&worker->prng, 3) ? 0 : PINCHECK_REVOKE_RESTORE;
}

static void fill_bench(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pincheck_bench *bench = argument;
	size_t room;

	(void)session;
	bench->kind = 1 + prng_below(&worker->prng, 2);
	bench->path = 1 + prng_below(&worker->prng, 2);
	bench->flags = prng_below(&worker->prng, 4) & PINCHECK_BENCH_FLAGS;
	if (bench->kind == PINCHECK_KIND_GET)
		bench->flags &= ~PINCHECK_HOLD_LONGTERM;
	bench->addr = fuzz_address(worker, &room) & ~(PAGE_BYTES - 1);
	bench->len = some_pages(worker, room) * PAGE_BYTES;
	bench->rounds = 1 + prng_below(&worker->prng, 4);
	bench->samples = (uintptr_t)worker->out_buffer;
}

/* One session at a time traces, and each begin and end patches the kernel: half of the calls end a trace. */
static void fill_trace(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pincheck_trace *trace = argument;

	(void)session;
	if (worker->shared->no_trace)
		return;
	if (prng_one_in(&worker->prng, 2)) {
		trace->flags = PINCHECK_TRACE_STOP;
		return;
	}
	trace->records = PINCHECK_TRACE_RECORDS_MIN << prng_below(&worker->prng, 6);
	trace->flags = prng_one_in(&worker->prng, 2) ? PINCHECK_TRACE_STACKS : 0;
	if (prng_one_in(&worker->prng, 2)) {
		trace->pid = worker->shared->pids[prng_below(&worker->prng, FUZZ_WORKERS)];
		trace->flags |= prng_below(&worker->prng, 4) &
				(PINCHECK_TRACE_TREE | PINCHECK_TRACE_OTHERS);
	}
}

/* Under emulation no worker may run what the kernel patches meanwhile: Documentation/emulation.md. */
static void tame_trace(struct fuzz_worker *worker, void *argument)
{
	struct pincheck_trace *trace = argument;

	if (!worker->shared->no_trace)
		return;
	trace->flags &= ~PINCHECK_TRACE_STOP;
	trace->records = 0;
}

static void fill_trace_read(struct fuzz_worker *worker, const struct fuzz_session *session,
			    void *argument)
{
	struct pincheck_trace_read *read = argument;

	(void)session;
	read->record_size = sizeof(struct pincheck_traced);
	read->records = prng_one_in(&worker->prng, 4) ? fuzz_address(worker, &(size_t){ 0 }) :
							 (uintptr_t)worker->out_buffer;
	read->room = 1 + prng_below(&worker->prng, FUZZ_OUT_BYTES / sizeof(struct pincheck_traced));
}

static void remember_stack(struct fuzz_worker *worker, struct fuzz_session *session,
			   const void *argument)
{
	const struct pincheck_trace_read *read = argument;
	const struct pincheck_traced *records = (void *)worker->out_buffer;

	(void)session;
	if (read->count && read->records == (uintptr_t)records &&
	    read->record_size == sizeof(*records) && records->type == PINCHECK_TRACED_CALL)
		worker->stack = records->stack;
}

static void fill_trace_stack(struct fuzz_worker *worker, const struct fuzz_session *session,
			     void *argument)
{
	struct pincheck_trace_stack *stack = argument;

	(void)session;
	stack->stack = prng_one_in(&worker->prng, 2) ? worker->stack :
						       prng_below(&worker->prng, 2049);
	stack->text = (uintptr_t)worker->out_buffer;
	stack->room = 1 + prng_below(&worker->prng, FUZZ_OUT_BYTES);
}

/* For a command without a useful argument, or one that does not exist. */
static void fill_nothing(struct fuzz_worker *worker, const struct fuzz_session *session,
			 void *argument)
{
	(void)worker;
	(void)session;
	(void)argument;
}

/* FOLL_* have other values on other kernels: mostly FOLL_WRITE, which is 1, and none. */
static void fill_gup_test(struct fuzz_worker *worker, const struct fuzz_session *session,
			  void *argument)
{
	struct gup_test *test = argument;
	size_t room;

	(void)session;
	test->addr = fuzz_address(worker, &room) & ~(PAGE_BYTES - 1);
	test->size = some_pages(worker, room) * PAGE_BYTES;
	test->nr_pages_per_call = prng_below(&worker->prng, 6);
	test->gup_flags = prng_one_in(&worker->prng, 8) ? 1U << prng_below(&worker->prng, 32) :
							   prng_below(&worker->prng, 2);
}

/* The log is for other things: few pages are dumped. */
static void fill_dump(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	struct gup_test *test = argument;

	fill_gup_test(worker, session, argument);
	test->test_flags = prng_below(&worker->prng, 2);
	test->which_pages[prng_below(&worker->prng, GUP_TEST_MAX_PAGES_TO_DUMP)] =
		prng_one_in(&worker->prng, 8);
}

static void fill_start(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pin_longterm_test *test = argument;
	size_t room;

	(void)session;
	test->addr = fuzz_address(worker, &room) & ~(PAGE_BYTES - 1);
	test->size = some_pages(worker, room) * PAGE_BYTES;
	test->flags = prng_below(&worker->prng, 4);
}

static void fill_read(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	__u64 to = prng_one_in(&worker->prng, 3) ? fuzz_address(worker, &(size_t){ 0 }) :
						   (uintptr_t)worker->out_buffer;

	(void)session;
	memcpy(argument, &to, sizeof(to));
}

#define OF_GUP_TEST(name_, weight_, type, fill_)						\
	{ .name = #name_, .number = name_, sizeof(type), weight_, .gup_test = true,		\
	  .feature = FUZZ_FEAT_GUP_TEST, .fill = fill_ }
#define COMMAND(name_)	.name = #name_, .number = PINCHECK_IOC_##name_

static const struct command commands[] = {
	{ COMMAND(INFO), sizeof(struct pincheck_info), 2, .fill = fill_nothing },
	{ COMMAND(HOLD), sizeof(struct pincheck_hold), 30, .fill = fill_hold,
	  .done = remember_hold },
	{ COMMAND(RELEASE), sizeof(struct pincheck_release), 25, .fill = fill_release,
	  .done = forget_hold },
	{ COMMAND(IO), sizeof(struct pincheck_io), 15, .fill = fill_io },
	{ COMMAND(PAGES), sizeof(struct pincheck_pages), 10, true, .fill = fill_pages,
	  .done = remember_pfns },
	{ COMMAND(REPORT), sizeof(struct pincheck_report_request), 10, true,
	  .fill = fill_report },
	{ COMMAND(SCAN), sizeof(struct pincheck_scan), 3, true, .fill = fill_scan,
	  .tame = tame_scan },
	{ COMMAND(EVENTS), sizeof(struct pincheck_events), 5, .feature = PINCHECK_FEAT_MIRROR,
	  .fill = fill_events },
	{ COMMAND(FOLLOW), sizeof(struct pincheck_follow), 4, true,
	  .feature = PINCHECK_FEAT_PFNMAP, .fill = fill_follow, .done = remember_followed },
	{ COMMAND(REVOKE), sizeof(struct pincheck_revoke), 2, .fill = fill_revoke },
	{ COMMAND(BENCH), sizeof(struct pincheck_bench), 2, true, .fill = fill_bench },
	{ COMMAND(TRACE), sizeof(struct pincheck_trace), 1, true, .seldom = true,
	  .feature = PINCHECK_FEAT_TRACE, .fill = fill_trace, .tame = tame_trace },
	{ COMMAND(TRACE_READ), sizeof(struct pincheck_trace_read), 5, true, .seldom = true,
	  .feature = PINCHECK_FEAT_TRACE, .fill = fill_trace_read, .done = remember_stack },
	{ COMMAND(TRACE_STACK), sizeof(struct pincheck_trace_stack), 2, true, .seldom = true,
	  .feature = PINCHECK_FEAT_TRACE, .fill = fill_trace_stack },
	OF_GUP_TEST(GUP_FAST_BENCHMARK, 2, struct gup_test, fill_gup_test),
	OF_GUP_TEST(PIN_FAST_BENCHMARK, 2, struct gup_test, fill_gup_test),
	OF_GUP_TEST(PIN_LONGTERM_BENCHMARK, 2, struct gup_test, fill_gup_test),
	OF_GUP_TEST(GUP_BASIC_TEST, 2, struct gup_test, fill_gup_test),
	OF_GUP_TEST(PIN_BASIC_TEST, 2, struct gup_test, fill_gup_test),
	OF_GUP_TEST(DUMP_USER_PAGES_TEST, 1, struct gup_test, fill_dump),
	OF_GUP_TEST(PIN_LONGTERM_TEST_START, 8, struct pin_longterm_test, fill_start),
	OF_GUP_TEST(PIN_LONGTERM_TEST_STOP, 4, __u64, fill_nothing),
	OF_GUP_TEST(PIN_LONGTERM_TEST_READ, 4, __u64, fill_read),
	{ .name = "unknown", .number = _IOWR(PINCHECK_IOC_MAGIC, 0x7f, struct pincheck_hold),
	  sizeof(struct pincheck_hold), 1, .never = true, .fill = fill_nothing },
};

_Static_assert(ARRAY_SIZE(commands) <= FUZZ_COMMANDS, "FUZZ_COMMANDS is too small");

const char *fuzz_command_name(unsigned int index)
{
	return index < ARRAY_SIZE(commands) ? commands[index].name : NULL;
}

bool fuzz_command_expected(unsigned int index, bool capabilities, __u64 features)
{
	const struct command *command = &commands[index];

	return !command->never && (capabilities || !command->admin) &&
	       (command->feature & features) == command->feature;
}

bool fuzz_command_seldom(unsigned int index)
{
	return commands[index].seldom;
}

static const struct command *some_command(struct fuzz_worker *worker)
{
	static unsigned int sum;
	uint64_t roll;
	size_t i;

	if (!sum)
		for (i = 0; i < ARRAY_SIZE(commands); i++)
			sum += commands[i].weight;
	roll = prng_below(&worker->prng, sum);
	for (i = 0; roll >= commands[i].weight; i++)
		roll -= commands[i].weight;
	return &commands[i];
}

/* An unexpected value. If the field is an address, nothing valuable is mapped there. */
static uint64_t odd_value(struct fuzz_worker *worker)
{
	const uint64_t page = PAGE_BYTES;
	const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 0xff, page - 1, page, page + 1, 0x7fffffff, 0x80000000,
		0xffffffff, 1ULL << 32, 1ULL << 47, (1ULL << 47) - page, 1ULL << 56, 1ULL << 63, ~0ULL,
		0 - page, 0xffff888000000000, 0xffffffff81000000, 0xffffffffff600000,
	};
	uint64_t roll = prng_below(&worker->prng, ARRAY_SIZE(values) + 6);
	size_t room;

	if (roll < ARRAY_SIZE(values))
		return values[roll];
	switch (roll - ARRAY_SIZE(values)) {
	case 0:
		return prng_next(&worker->prng);
	case 1:
		return 1ULL << prng_below(&worker->prng, 64);
	case 2:
		return (uintptr_t)worker->out_buffer + prng_below(&worker->prng, FUZZ_OUT_BYTES + 64);
	case 3:
		return 0 - fuzz_address(worker, &room);
	default:
		return fuzz_address(worker, &room);
	}
}

static void spoil_argument(struct fuzz_worker *worker, const struct command *command,
			   void *argument)
{
	unsigned int words = prng_below(&worker->prng, 8);

	if (words > 3)	/* half of the arguments stay as they are */
		return;
	while (words--) {
		size_t at = prng_below(&worker->prng, command->size / 4) * 4;
		uint64_t value = odd_value(worker);

		memcpy((char *)argument + at, &value, prng_one_in(&worker->prng, 2) ? 4 : 8);
	}
	if (command->tame)
		command->tame(worker, argument);
}

/*
 * Copies the argument to the begin of the in_buffer, to its very end, across its end, or where the
 * kernel cannot write; or gives an address where nothing is. Return: the address for the call;
 * *here: where the answer can be read, or NULL.
 */
static uintptr_t place_argument(struct fuzz_worker *worker, const void *argument, size_t bytes,
				void **here)
{
	unsigned char *end = worker->in_buffer + FUZZ_IN_BYTES;
	unsigned char *at = worker->in_buffer;

	*here = NULL;
	switch (prng_below(&worker->prng, 48)) {
	case 0:
		return odd_value(worker);
	case 1:
		at = end - 4 * (1 + prng_below(&worker->prng, bytes / 4));
		memcpy(at, argument, end - at);
		return (uintptr_t)at;
	case 2:
		memcpy(worker->in_buffer, argument, bytes);
		return (uintptr_t)worker->in_buffer_read_only;
	case 3:
		at++;
		break;
	case 4 ... 8:
		at = end - bytes;
		break;
	}
	memcpy(at, argument, bytes);
	*here = at;
	return (uintptr_t)at;
}

/* Sometimes the descriptor is of another file, or closed. */
static int some_descriptor(struct fuzz_worker *worker, const struct fuzz_session *session,
			   bool gup_test)
{
	const int of_gup_test = worker->gup_tests[prng_below(&worker->prng, FUZZ_GUP_TESTS)];
	const int others[] = { worker->shared->shmem, of_gup_test, session->fd, -1 };

	if (!prng_one_in(&worker->prng, 128))
		return gup_test ? of_gup_test : session->fd;
	return others[prng_below(&worker->prng, ARRAY_SIZE(others))];
}

void fuzz_call(struct fuzz_worker *worker)
{
	const struct command *command = some_command(worker);
	struct fuzz_session *session = fuzz_session(worker);
	unsigned char argument[ARGUMENT_BYTES] = { 0 };
	int fd = some_descriptor(worker, session, command->gup_test), error = 0;
	uintptr_t address;
	void *here;

	memcpy(argument, &command->size, sizeof(command->size));
	command->fill(worker, session, argument);
	spoil_argument(worker, command, argument);
	address = place_argument(worker, argument, command->size, &here);
	if (ioctl(fd, command->number, address) < 0)
		error = errno;
	else if (command->done && here)
		command->done(worker, session, here);
	if (error >= FUZZ_ERRNOS)
		error = FUZZ_ERRNOS - 1;
	__atomic_fetch_add(&worker->shared->outcomes[worker->privileged]
			   [command - commands][error], 1, __ATOMIC_RELAXED);
}
