// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: a row a command, which says how to make an argument that mostly works. What spoils it,
 * where it lies, and who hears of the outcome is the same for all.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "../../tools/lib/array.h"
#include "fuzz.h"

#define ARGUMENT_BYTES		256

/* One SCAN of all memory takes as long as a thousand other calls: most look at so many pages. */
#define SCAN_PFNS		4096

/**
 * struct command - a row
 * @weight: how often it is chosen, among the sum of all
 * @admin: needs CAP_SYS_ADMIN, always
 * @never: succeeds for nobody
 * @feature: that the module must have for it to succeed, or 0
 * @fill: the argument, which is zero but for its size
 * @tame: what spoiling must not do to it; may be NULL
 * @done: it succeeded; may be NULL
 */
struct command {
	const char *name;
	unsigned long number;
	__u32 size;
	unsigned int weight;
	bool admin;
	bool never;
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
		id = session->ids[dice_below(&worker->dice, FUZZ_IDS)];
	return id && !dice_chance(&worker->dice, 16) ? id : 1 + dice_below(&worker->dice, 64);
}

static uint64_t some_pages(struct fuzz_worker *worker, size_t room)
{
	uint64_t most = room / FUZZ_PAGE;

	if (most > 16 && !dice_chance(&worker->dice, 32))
		most = 16;
	return 1 + dice_below(&worker->dice, most ?: 1);
}

/* Kind memfd goes by file and offset. */
static void fill_memfd(struct fuzz_worker *worker, struct pincheck_hold *hold)
{
	const struct fuzz_board *board = worker->board;
	bool huge = board->huge >= 0 && dice_chance(&worker->dice, 3);
	size_t bytes = huge ? FUZZ_HUGE_BYTES : FUZZ_SHMEM_BYTES;
	uint64_t first = dice_below(&worker->dice, bytes / FUZZ_PAGE);

	hold->kind = PINCHECK_KIND_MEMFD;
	hold->flags = dice_below(&worker->dice, 4) &
		      (PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM);
	hold->fd = huge ? board->huge : board->shmem;
	hold->offset = first * FUZZ_PAGE;
	hold->len = some_pages(worker, bytes - hold->offset) * FUZZ_PAGE;
}

/* Without a reference there is no path; and a mirror alone can be late. */
static void fill_without_reference(struct fuzz_worker *worker, struct pincheck_hold *hold)
{
	size_t room;

	hold->kind = PINCHECK_KIND_MIRROR;
	hold->path = PINCHECK_PATH_UNKNOWN;
	hold->flags &= PINCHECK_HOLD_WRITE | PINCHECK_HOLD_DIRTY_LATE;
	if (!(hold->flags & PINCHECK_HOLD_WRITE))
		hold->flags = 0;
	if (dice_chance(&worker->dice, 3)) {
		hold->kind = PINCHECK_KIND_PFNMAP;
		hold->flags &= PINCHECK_HOLD_WRITE;
		hold->pid = 0;
		hold->addr = fuzz_device_address(worker, &room);
		hold->len = some_pages(worker, room) * FUZZ_PAGE;
	}
}

static void fill_hold(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	struct pincheck_hold *hold = argument;
	size_t room;

	(void)session;
	if (dice_chance(&worker->dice, 8)) {
		fill_memfd(worker, hold);
		return;
	}
	hold->kind = dice_chance(&worker->dice, 3) ? PINCHECK_KIND_GET : PINCHECK_KIND_PIN;
	hold->path = dice_chance(&worker->dice, 2) ? PINCHECK_PATH_FAST : PINCHECK_PATH_SLOW;
	hold->flags = dice_below(&worker->dice, PINCHECK_HOLD_FLAGS + 1) & PINCHECK_HOLD_FLAGS;
	hold->flags &= hold->kind == PINCHECK_KIND_GET ?
		       PINCHECK_HOLD_WRITE | PINCHECK_HOLD_FORCE : ~PINCHECK_HOLD_DIRTY_LATE;
	if (dice_chance(&worker->dice, 2))
		hold->flags &= ~PINCHECK_HOLD_FORCE;
	hold->addr = fuzz_address(worker, &room) & ~(FUZZ_PAGE - 1);
	hold->len = some_pages(worker, room) * FUZZ_PAGE;
	if (dice_chance(&worker->dice, 12)) {
		hold->pid = worker->board->pids[dice_below(&worker->dice, FUZZ_WORKERS)];
		hold->path = PINCHECK_PATH_SLOW;
		hold->flags &= ~PINCHECK_HOLD_WHITELIST;
	}
	if (dice_chance(&worker->dice, 5))
		fill_without_reference(worker, hold);
}

static void remember_hold(struct fuzz_worker *worker, struct fuzz_session *session,
			  const void *argument)
{
	const struct pincheck_hold *hold = argument;

	session->ids[dice_below(&worker->dice, FUZZ_IDS)] = hold->hold;
}

/*
 * Not DIRTY_UNLOCKED: what it does to a kernel is no fault of the module. (Spoiling comes across
 * it, and that is why no file but those of shmem can be held for writing here.)
 */
static void fill_release(struct fuzz_worker *worker, const struct fuzz_session *session,
			 void *argument)
{
	struct pincheck_release *release = argument;

	release->hold = some_hold(worker, session);
	release->flags = dice_chance(&worker->dice, 4) ? PINCHECK_RELEASE_DIRTY : 0;
	if (dice_chance(&worker->dice, 3)) {
		release->first = dice_below(&worker->dice, 8);
		release->count = dice_below(&worker->dice, 8);
		if (dice_chance(&worker->dice, 4))
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
	io->flags = dice_chance(&worker->dice, 2) ? PINCHECK_IO_WRITE : 0;
	io->offset = dice_below(&worker->dice, 2 * FUZZ_PAGE);
	io->len = dice_below(&worker->dice, 2 * FUZZ_PAGE);
	io->buffer = dice_chance(&worker->dice, 4) ? fuzz_address(worker, &(size_t){ 0 }) :
						     (uintptr_t)worker->tray;
}

static void fill_pages(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pincheck_pages *pages = argument;

	pages->hold = some_hold(worker, session);
	pages->first = dice_below(&worker->dice, 4);
	pages->count = dice_below(&worker->dice, 8);
	pages->pages = (uintptr_t)worker->tray;
}

static void remember_pfns(struct fuzz_worker *worker, struct fuzz_session *session,
			  const void *argument)
{
	const struct pincheck_pages *pages = argument;
	const struct pincheck_page *told = (void *)worker->tray;

	(void)session;
	/* Spoilt, it may have been told elsewhere. */
	if (pages->pages != (uintptr_t)told)
		return;
	for (size_t i = 0; i < pages->count && i < ARRAY_SIZE(worker->pfns); i++)
		worker->pfns[i] = told[i].pfn;
}

#define REPORTS	12

static void fill_report(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_report_request *request = argument;
	__u64 *pfns = (void *)(worker->tray + FUZZ_TRAY_BYTES - REPORTS * sizeof(__u64));

	(void)session;
	request->flags = dice_chance(&worker->dice, 3) ? PINCHECK_REQUEST_LEDGER : 0;
	request->report_size = sizeof(struct pincheck_report);
	request->count = dice_below(&worker->dice, REPORTS);
	request->pfns = (uintptr_t)pfns;
	request->reports = (uintptr_t)worker->tray;
	for (size_t i = 0; i < REPORTS; i++)
		pfns[i] = dice_chance(&worker->dice, 3) ? dice_below(&worker->dice, 1 << 20) :
			  worker->pfns[dice_below(&worker->dice, ARRAY_SIZE(worker->pfns))];
}

static void fill_scan(struct fuzz_worker *worker, const struct fuzz_session *session,
		      void *argument)
{
	struct pincheck_scan *scan = argument;

	(void)session;
	scan->flags = 1 + dice_below(&worker->dice, PINCHECK_SCAN_FLAGS);
	scan->cursor = dice_below(&worker->dice, 1 << 20);
	scan->end = scan->cursor + dice_below(&worker->dice, SCAN_PFNS);
	scan->pfns = (uintptr_t)worker->tray;
	scan->room = 1 + dice_below(&worker->dice, FUZZ_TRAY_BYTES / sizeof(__u64));
}

static void tame_scan(struct fuzz_worker *worker, void *argument)
{
	struct pincheck_scan *scan = argument;

	if (scan->end - scan->cursor > SCAN_PFNS && !dice_chance(&worker->dice, 32))
		scan->end = scan->cursor + SCAN_PFNS;
}

#define EVENTS	16

static void fill_events(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_events *events = argument;

	events->hold = some_hold(worker, session);
	events->event_size = sizeof(struct pincheck_event);
	events->events = (uintptr_t)worker->tray;
	events->room = 1 + dice_below(&worker->dice, EVENTS);
}

/* Where device memory is mapped, mostly: elsewhere it has nothing to tell. */
static void fill_follow(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_follow *follow = argument;
	size_t room;

	(void)session;
	follow->addr = dice_chance(&worker->dice, 4) ? fuzz_address(worker, &room) :
						       fuzz_device_address(worker, &room);
	follow->flags = dice_below(&worker->dice, PINCHECK_FOLLOW_FLAGS + 1) & PINCHECK_FOLLOW_FLAGS;
	if (follow->flags & PINCHECK_FOLLOW_KEEP)
		follow->len = some_pages(worker, room) * FUZZ_PAGE;
}

static void remember_followed(struct fuzz_worker *worker, struct fuzz_session *session,
			      const void *argument)
{
	const struct pincheck_follow *follow = argument;

	if (follow->hold)
		session->ids[dice_below(&worker->dice, FUZZ_IDS)] = follow->hold;
}

static void fill_revoke(struct fuzz_worker *worker, const struct fuzz_session *session,
			void *argument)
{
	struct pincheck_revoke *revoke = argument;

	(void)session;
	revoke->flags = dice_chance(&worker->dice, 3) ? 0 : PINCHECK_REVOKE_RESTORE;
}

static void fill_bench(struct fuzz_worker *worker, const struct fuzz_session *session,
		       void *argument)
{
	struct pincheck_bench *bench = argument;
	size_t room;

	(void)session;
	bench->kind = 1 + dice_below(&worker->dice, 2);
	bench->path = 1 + dice_below(&worker->dice, 2);
	bench->flags = dice_below(&worker->dice, 4) & PINCHECK_BENCH_FLAGS;
	if (bench->kind == PINCHECK_KIND_GET)
		bench->flags &= ~PINCHECK_HOLD_LONGTERM;
	bench->addr = fuzz_address(worker, &room) & ~(FUZZ_PAGE - 1);
	bench->len = some_pages(worker, room) * FUZZ_PAGE;
	bench->rounds = 1 + dice_below(&worker->dice, 4);
	bench->samples = (uintptr_t)worker->tray;
}

/* A command that there is not, or another's: its argument is anything. */
static void fill_nothing(struct fuzz_worker *worker, const struct fuzz_session *session,
			 void *argument)
{
	(void)worker;
	(void)session;
	(void)argument;
}

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
	{ .name = "unknown", .number = _IOWR(PINCHECK_IOC_MAGIC, 0x7f, struct pincheck_hold),
	  sizeof(struct pincheck_hold), 1, .never = true, .fill = fill_nothing },
};

_Static_assert(ARRAY_SIZE(commands) <= FUZZ_COMMANDS, "the board has no room for all rows");

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

static const struct command *some_command(struct fuzz_worker *worker)
{
	static unsigned int sum;
	uint64_t roll;
	size_t i;

	if (!sum)
		for (i = 0; i < ARRAY_SIZE(commands); i++)
			sum += commands[i].weight;
	roll = dice_below(&worker->dice, sum);
	for (i = 0; roll >= commands[i].weight; i++)
		roll -= commands[i].weight;
	return &commands[i];
}

/* A value that a field may not expect. Where it is an address, nobody depends on what is there. */
static uint64_t odd_value(struct fuzz_worker *worker)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 0xff, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
		1ULL << 32, 1ULL << 47, (1ULL << 47) - 4096, 1ULL << 56, 1ULL << 63, ~0ULL,
		~0ULL - 4095, 0xffff888000000000, 0xffffffff81000000, 0xffffffffff600000,
	};
	uint64_t roll = dice_below(&worker->dice, ARRAY_SIZE(values) + 6);
	size_t room;

	if (roll < ARRAY_SIZE(values))
		return values[roll];
	switch (roll - ARRAY_SIZE(values)) {
	case 0:
		return dice_roll(&worker->dice);
	case 1:
		return 1ULL << dice_below(&worker->dice, 64);
	case 2:
		return (uintptr_t)worker->tray + dice_below(&worker->dice, FUZZ_TRAY_BYTES + 64);
	case 3:
		return 0 - fuzz_address(worker, &room);
	default:
		return fuzz_address(worker, &room);
	}
}

static void spoil(struct fuzz_worker *worker, const struct command *command, void *argument)
{
	unsigned int words = dice_below(&worker->dice, 8);

	if (words > 3)	/* half of the arguments stay as they are */
		return;
	while (words--) {
		size_t at = dice_below(&worker->dice, command->size / 4) * 4;
		uint64_t value = odd_value(worker);

		memcpy((char *)argument + at, &value, dice_chance(&worker->dice, 2) ? 4 : 8);
	}
	if (command->tame)
		command->tame(worker, argument);
}

/*
 * Where the argument lies: on the desk; up to the very end of it; across its end; where it cannot
 * be written; where there is nothing. Return: the address to call with; *here: where it can be
 * looked at, or NULL.
 */
static uintptr_t place(struct fuzz_worker *worker, const void *argument, size_t bytes, void **here)
{
	unsigned char *end = worker->desk + FUZZ_DESK_BYTES;
	unsigned char *at = worker->desk;

	*here = NULL;
	switch (dice_below(&worker->dice, 48)) {
	case 0:
		return odd_value(worker);
	case 1:
		at = end - 4 * (1 + dice_below(&worker->dice, bytes / 4));
		memcpy(at, argument, end - at);
		return (uintptr_t)at;
	case 2:
		memcpy(worker->desk, argument, bytes);
		return (uintptr_t)worker->desk_read_only;
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

/* Now and then the descriptor is another file's, or nobody's. */
static int some_descriptor(struct fuzz_worker *worker, const struct fuzz_session *session)
{
	if (!dice_chance(&worker->dice, 128))
		return session->fd;
	return dice_chance(&worker->dice, 2) ? worker->board->shmem : -1;
}

void fuzz_call(struct fuzz_worker *worker)
{
	const struct command *command = some_command(worker);
	struct fuzz_session *session = fuzz_session(worker);
	unsigned char argument[ARGUMENT_BYTES] = { 0 };
	int fd = some_descriptor(worker, session), error = 0;
	uintptr_t address;
	void *here;

	memcpy(argument, &command->size, sizeof(command->size));
	command->fill(worker, session, argument);
	spoil(worker, command, argument);
	address = place(worker, argument, command->size, &here);
	if (ioctl(fd, command->number, address) < 0)
		error = errno;
	else if (command->done && here)
		command->done(worker, session, here);
	if (error >= FUZZ_ERRNOS)
		error = FUZZ_ERRNOS - 1;
	__atomic_fetch_add(&worker->board->outcomes[fuzz_privileged(worker)]
			   [command - commands][error], 1, __ATOMIC_RELAXED);
}
