// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sweeps. While fork runs, the pinner must not write to private memory: it would wait for fork in the
 * fault. So its stack, and what it shares with the other thread, are shared memory.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "../../tools/lib/pincheck.h"
#include "clock.h"
#include "evidence.h"
#include "stage.h"
#include "sweep.h"

enum { SLOT_PINNER, SLOT_OTHER, SLOT_BLOCKED, SLOT_GATE };

#define TRIES		2		/* of a turn in which the pinner is late */
#define ANCHORS		12		/* of the other thread, where none is named */
#define SAMPLE		96		/* places of a function, where not all are asked for */
#define TURNS_LEAST	5		/* of a sweep, even where the machine is busy */
#define PLACES		4		/* struct places of a sweep */
#define STACK_BYTES	(256 << 10)
#define BEFORE		'B'
#define CPU_WROTE	'C'
#define DEVICE_WROTE	'D'

/**
 * struct race - what the two threads have in common; shared memory
 * @tid: of the pinner
 * @start: number of the last turn that the pinner was told to begin
 * @gate: where there is a gate: it begins when the other thread stands there, or has acted
 * @acted: number of the last turn in which the other thread acted
 * @done: and of the last one that it ended
 * @stop: end the pinner when it starts next
 * @error: of the last hold
 * @hold: the last hold
 */
struct race {
	uint32_t tid;
	uint32_t start;
	uint32_t acted;
	uint32_t done;
	bool gate;
	bool stop;
	int error;
	struct pincheck_hold hold;
};

/** struct turn - what came of a turn */
struct turn {
	bool pinner_came, other_came, late, given, fast, broken;
};

/* A process has one sweep at a time. */
static struct sweep {
	const struct pair *pair;
	int device;
	int session;
	interleave_page *shared;
	struct race *race;
	pthread_t thread;
	bool running;
	void *stack;
	char *page;		/* the first byte that the device has */
	struct places *pinner, *other, *blocked, *gate;
	int blocked_at;		/* index of the place of @blocked, or -1 */
	int gate_at;		/* the same of @gate */
	uint32_t delay_us;
} sweep;

static void take_hold(struct race *race)
{
	struct pincheck_hold hold = {
		.kind = sweep.pair->kind ?: PINCHECK_KIND_PIN,
		.path = PINCHECK_PATH_FAST,
		.flags = sweep.pair->hold_flags,
		.addr = (uintptr_t)sweep.page,
		.len = PAGE_BYTES,
	};

	race->error = pincheck_hold(sweep.session, &hold);
	race->hold = hold;
}

/*
 * Sleeps: each breakpoint that comes or goes interrupts all CPUs, and an emulated CPU that spins has to wait for
 * the host before it answers. The key of a private futex is an address: no GUP-fast looks it up.
 */
static void wait_for_start(const struct race *race, uint32_t turn)
{
	while (__atomic_load_n(&race->start, __ATOMIC_ACQUIRE) == turn)
		syscall(SYS_futex, &race->start, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
}

/* Return: the number of the turn */
static uint32_t let_pinner_start(struct race *race)
{
	uint32_t number = __atomic_add_fetch(&race->start, 1, __ATOMIC_SEQ_CST);

	syscall(SYS_futex, &race->start, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return number;
}

static void wait_for_gate(const struct race *race, uint32_t turn)
{
	while (race->gate && !sweep.shared->hit[SLOT_GATE] &&
	       __atomic_load_n(&race->acted, __ATOMIC_ACQUIRE) != turn)
		;
}

static void *run_pinner(void *argument)
{
	struct race *race = argument;
	uint32_t turn = 0;

	stage_use_one_cpu(0);
	__atomic_store_n(&race->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;) {
		wait_for_start(race, turn);
		if (race->stop)
			return NULL;
		turn++;
		wait_for_gate(race, turn);
		if (sweep.pair->instead)
			race->error = sweep.pair->instead();
		else
			take_hold(race);
		sweep.shared->go[SLOT_GATE] = 1;
		sweep.shared->go[SLOT_OTHER] = 1;
		__atomic_store_n(&race->done, turn, __ATOMIC_RELEASE);
	}
}

static int start_pinner(void)
{
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, sweep.stack, STACK_BYTES);
	error = -pthread_create(&sweep.thread, &attributes, run_pinner, sweep.race);
	pthread_attr_destroy(&attributes);
	if (error)
		return cause_say(error, "no thread for the pinner");
	sweep.running = true;
	while (!__atomic_load_n(&sweep.race->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	stage_use_one_cpu(1);
	return 0;
}

static size_t bytes_of(const struct pair *pair)
{
	return pair->huge ? PMD_BYTES : PAGE_BYTES;
}

/* The page is the first that fork copies. Below the program is room for one huge page. */
static int map_page(const struct pair *pair)
{
	size_t bytes = bytes_of(pair);
	char *start = mmap((void *)PMD_BYTES, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | pair->map_flags, -1, 0);

	if (start == MAP_FAILED)
		return cause_say(-errno, "no memory at %#zx", (size_t)PMD_BYTES);
	if (pair->huge && !(pair->map_flags & MAP_HUGETLB) && madvise(start, bytes, MADV_HUGEPAGE))
		return cause_say(-errno, "MADV_HUGEPAGE");
	sweep.page = start + (bytes / PAGE_BYTES / 2) * PAGE_BYTES;
	*sweep.page = BEFORE;
	return pair->prepare ? pair->prepare(start, bytes) : 0;
}

static void unmap_page(const struct pair *pair)
{
	munmap((void *)PMD_BYTES, bytes_of(pair));
}

static int act(const struct pair *pair)
{
	return pair->act((void *)PMD_BYTES, bytes_of(pair));
}

/* Loads the entry of a function. Return: the index of a place, or -1: the kernel has no such function */
static int load_entry(struct places *places, uint32_t slot, const char *name)
{
	int error = places_load(places, sweep.device, slot, name, PLACES_ENTRY, SAMPLE);

	for (uint32_t i = 0; !error && i < places->count; i++)
		if (!places->place[i].error)
			return i;
	return -1;
}

static void find_gate(void)
{
	sweep.gate_at = -1;
	for (const char *const *name = sweep.pair->pinner_starts; *name && sweep.gate_at < 0; name++)
		sweep.gate_at = load_entry(sweep.gate, SLOT_GATE, *name);
}

static uint32_t delay_of_device(void)
{
	struct pincheck_interleave_info info = { 0 };

	interleave_call(sweep.device, PINCHECK_INTERLEAVE_IOC_INFO, &info);
	return info.delay_max_us;
}

static int open_devices(void)
{
	sweep.device = interleave_open();
	if (sweep.device < 0)
		return cause_say(sweep.device, PINCHECK_INTERLEAVE_DEVICE " cannot be opened");
	sweep.session = pincheck_open();
	if (sweep.session < 0)
		return cause_say(sweep.session, PINCHECK_DEVICE " cannot be opened");
	sweep.shared = interleave_map(sweep.device);
	sweep.delay_us = delay_of_device();
	return sweep.shared ? 0 : cause_say(-ENOMEM, "no shared page");
}

static void *map_shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int sweep_begin(const struct pair *pair)
{
	int error;

	sweep = (struct sweep) { .pair = pair, .device = -1, .session = -1 };
	error = open_devices();
	if (error)
		return error;
	sweep.race = map_shared(sizeof(*sweep.race));
	sweep.stack = map_shared(STACK_BYTES);
	sweep.pinner = map_shared(PLACES * sizeof(struct places));
	if (!sweep.race || !sweep.stack || !sweep.pinner)
		return cause_say(-ENOMEM, "no memory that is shared");
	sweep.other = sweep.pinner + 1;
	sweep.blocked = sweep.pinner + 2;
	sweep.gate = sweep.pinner + 3;
	/* Where the pinner would sleep, the other thread may have what it waits for: it goes on then. */
	sweep.blocked_at = load_entry(sweep.blocked, SLOT_BLOCKED, "rwsem_down_read_slowpath");
	find_gate();
	return start_pinner();
}

void sweep_end(void)
{
	if (sweep.running) {
		sweep.race->stop = true;
		let_pinner_start(sweep.race);
		pthread_join(sweep.thread, NULL);
	}
	if (sweep.pinner)
		munmap(sweep.pinner, PLACES * sizeof(struct places));
	if (sweep.stack)
		munmap(sweep.stack, STACK_BYTES);
	if (sweep.race)
		munmap(sweep.race, sizeof(*sweep.race));
	if (sweep.shared)
		munmap((void *)sweep.shared, PAGE_BYTES);
	close(sweep.session);
	close(sweep.device);
	sweep = (struct sweep) { .device = -1, .session = -1 };
}

/* SYNC, both ways. The device may have been refused the page, which breaks no promise. */
static void check_hold(struct turn *turn)
{
	const struct race *race = sweep.race;
	const char written = DEVICE_WROTE;
	volatile char *page = sweep.page;
	char seen = 0;

	turn->given = !race->error;
	if (!turn->given)
		return;
	turn->fast = race->hold.fast_pages == 1;
	*page = CPU_WROTE;
	pincheck_read(sweep.session, race->hold.hold, 0, &seen, 1);
	turn->broken = seen != CPU_WROTE;
	if (sweep.pair->hold_flags & PINCHECK_HOLD_WRITE) {
		pincheck_write(sweep.session, race->hold.hold, 0, &written, 1);
		turn->broken |= *page != DEVICE_WROTE;
	}
	pincheck_release(sweep.session, race->hold.hold);
}

static void check_promise(struct turn *turn)
{
	if (!sweep.pair->instead)
		check_hold(turn);
	if (sweep.pair->kept)
		turn->broken |= !sweep.pair->kept(sweep.page);
}

static void clear_shared(void)
{
	for (int i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++)
		sweep.shared->hit[i] = sweep.shared->go[i] = sweep.shared->late[i] = 0;
}

static bool pinner_is_done(uint32_t number)
{
	return __atomic_load_n(&sweep.race->done, __ATOMIC_ACQUIRE) == number;
}

/* The pinner is held up, or comes through: it never sleeps before the other thread acts. */
static void wait_for_pinner(uint32_t number)
{
	while (!sweep.shared->hit[SLOT_PINNER] && !pinner_is_done(number))
		;
}

static int arm_turn(int pinner, int other)
{
	int error;

	clear_shared();
	error = interleave_arm(sweep.device, SLOT_PINNER, pinner, sweep.race->tid, sweep.delay_us,
			       1 << SLOT_GATE);
	if (!error && sweep.gate_at >= 0)
		error = interleave_arm(sweep.device, SLOT_GATE, sweep.gate_at, syscall(SYS_gettid),
				       sweep.delay_us, 0);
	if (!error)
		error = interleave_arm(sweep.device, SLOT_OTHER, other, syscall(SYS_gettid),
				       sweep.delay_us, 1 << SLOT_PINNER);
	if (!error && sweep.blocked_at >= 0)
		error = interleave_arm(sweep.device, SLOT_BLOCKED, sweep.blocked_at, sweep.race->tid, 0,
				       1 << SLOT_OTHER);
	return error ? cause_say(error, "a place cannot be armed") : 0;
}

/*
 * One turn. @pinner and @other are the places of the threads; without @other the pinner comes through
 * alone, with its slot as it is. The slots are armed once the page is there: to prepare the page, the
 * other thread may come by its place, too.
 */
static int take_turn(struct turn *turn, int pinner, int other)
{
	const struct pair *pair = sweep.pair;
	int error = map_page(pair);
	uint32_t number;

	*turn = (struct turn) { 0 };
	if (!error && other >= 0)
		error = arm_turn(pinner, other);
	if (error) {
		unmap_page(pair);
		return error;
	}
	sweep.race->gate = other >= 0 && sweep.gate_at >= 0;
	number = let_pinner_start(sweep.race);
	if (!sweep.race->gate)
		wait_for_pinner(number);
	if (other >= 0)
		error = act(pair);
	__atomic_store_n(&sweep.race->acted, number, __ATOMIC_RELEASE);
	while (!pinner_is_done(number))
		;
	turn->pinner_came = sweep.shared->hit[SLOT_PINNER];
	turn->other_came = sweep.shared->hit[SLOT_OTHER];
	turn->late = sweep.shared->late[SLOT_PINNER];
	check_promise(turn);
	if (pair->undo)
		pair->undo();
	unmap_page(pair);
	return error ? cause_say(error, "the other thread cannot act") : 0;
}

static void disarm_all(void)
{
	for (int slot = 0; slot < PINCHECK_INTERLEAVE_SLOTS; slot++)
		interleave_disarm(sweep.device, slot);
}

/* Which places of the pinner's path does it come by? */
static int visit_as_pinner(void)
{
	struct turn turn;
	int error;

	disarm_all();
	clear_shared();
	error = interleave_count(sweep.device, SLOT_PINNER, sweep.race->tid);
	if (!error)
		error = take_turn(&turn, -1, -1);
	if (!error)
		error = places_read(sweep.pinner, sweep.device);
	disarm_all();
	return error;
}

static int visit_as_other(void)
{
	const struct pair *pair = sweep.pair;
	int error;

	disarm_all();
	error = map_page(pair);
	if (!error)
		error = interleave_count(sweep.device, SLOT_OTHER, syscall(SYS_gettid));
	if (!error)
		error = act(pair);
	if (!error)
		error = places_read(sweep.other, sweep.device);
	disarm_all();
	/* What was prepared for the pinner ends, too. */
	if (!error && pair->instead)
		error = pair->instead();
	if (pair->undo)
		pair->undo();
	unmap_page(pair);
	return error;
}

/* Return: the length of the text */
static size_t add_text(char *text, size_t size, size_t used, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
	if (length < 0 || used + length >= size) {
		text[used] = '\0';
		return used;
	}
	return used + length;
}

static void count_turn(struct tally *tally, const struct turn *turn, uint32_t offset)
{
	bool met = turn->pinner_came && turn->other_came && !turn->late;

	tally->met += met;
	tally->late += !met && turn->pinner_came && turn->other_came;
	tally->never += !turn->pinner_came || !turn->other_came;
	tally->fast += met && turn->given && turn->fast;
	tally->slow += met && turn->given && !turn->fast;
	tally->refused += !turn->given && !sweep.pair->instead;
	tally->broken += turn->broken;
	if (turn->broken)
		add_text(tally->broken_at, sizeof(tally->broken_at), strlen(tally->broken_at), "%s+%#x",
			 *tally->broken_at ? "," : "", offset);
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
	sum->visited += tally->visited;
	sum->tried += tally->tried;
	sum->met += tally->met;
	sum->never += tally->never;
	sum->late += tally->late;
	sum->fast += tally->fast;
	sum->slow += tally->slow;
	sum->refused += tally->refused;
	sum->broken += tally->broken;
	if (*tally->broken_at && !*sum->broken_at)
		strcpy(sum->broken_at, tally->broken_at);
}

/* A turn that nothing spoiled: the machine may be too busy for a delay. */
static int meet(struct turn *turn, int pinner, int other)
{
	int error = 0;

	for (int i = 0; i < TRIES && !error; i++) {
		error = take_turn(turn, pinner, other);
		if (!turn->late || turn->broken)
			break;
	}
	return error;
}

static unsigned int common_divisor(unsigned int a, unsigned int b)
{
	return b ? common_divisor(b, a % b) : a;
}

/* Steps of about 0.6 of @count spread the first turns over all places, in an order that is always the same. */
static unsigned int step_of(unsigned int count)
{
	unsigned int step = count * 5 / 8 ?: 1;

	while (common_divisor(step, count) > 1)
		step++;
	return step;
}

/* The places that the thread comes by, as indexes. Return: how many */
static unsigned int list_visited(const struct places *places, uint16_t *list)
{
	const char *at = getenv("AT"), *plus = at ? strchr(at, '+') : NULL;
	unsigned int count = 0;

	for (uint32_t i = 0; i < places->count; i++) {
		if (!places->place[i].order)
			continue;
		if (plus && places->place[i].offset != strtoul(plus, NULL, 0))
			continue;
		list[count++] = i;
	}
	return count;
}

static void print_sweep(const char *who, const struct places *swept, const struct places *fixed, int anchor,
			const struct tally *tally, int64_t loaded_ns, int64_t turns_ns)
{
	evidence("sweep=%s function=%s bytes=%u places=%u good=%u visited=%u anchor=%s+%#x tried=%u met=%u never=%u late=%u fast=%u slow=%u refused=%u broken=%u broken_at=\"%s\" load_ms=%lld turn_us=%lld",
		 who, swept->symbol, swept->size, swept->count, swept->good, swept->visited, fixed->symbol,
		 fixed->place[anchor].offset, tally->tried, tally->met, tally->never, tally->late,
		 tally->fast, tally->slow, tally->refused, tally->broken, tally->broken_at,
		 (long long)loaded_ns / 1000000,
		 (long long)turns_ns / 1000 / (tally->tried ?: 1));
}

/*
 * Goes through the visited places of @swept, while the other one of the threads stands at @anchor. Takes
 * at most @share nanoseconds of *@turns_ns for it, or what a few turns take.
 */
static int sweep_places(struct tally *sum, const struct places *swept, int anchor, int64_t share,
			int64_t *turns_ns, int64_t loaded_ns)
{
	bool pinner = swept == sweep.pinner;
	static uint16_t list[PINCHECK_INTERLEAVE_PLACES];
	unsigned int count = list_visited(swept, list), step = step_of(count), next = 0;
	unsigned int least = count < TURNS_LEAST ? count : TURNS_LEAST;
	int64_t begin = nanoseconds(), took = 0;
	struct tally tally = { .visited = count };
	int error = 0;

	for (; !error && (tally.tried < least || (tally.tried < count && took < share)); tally.tried++) {
		int place = list[next];
		struct turn turn = { 0 };

		error = meet(&turn, pinner ? place : anchor, pinner ? anchor : place);
		if (!error)
			count_turn(&tally, &turn, swept->place[place].offset);
		next = (next + step) % count;
		took = nanoseconds() - begin;
	}
	*turns_ns -= took;
	disarm_all();
	print_sweep(pinner ? "pinner" : "other", swept, pinner ? sweep.other : sweep.pinner, anchor, &tally,
		    loaded_ns, took);
	add_tally(sum, &tally);
	return error;
}

static enum places_choice choice_of_places(void)
{
	const char *choice = getenv("PLACES");

	if (getenv("AT") || (choice && !strcmp(choice, "all")))
		return PLACES_ALL;
	return choice ? PLACES_SHARED : PLACES_BLOCKS;
}

/* Of the functions that are gone through. Those of an anchor are few. */
static uint32_t most_places(void)
{
	return getenv("PLACES") || getenv("AT") ? PINCHECK_INTERLEAVE_PLACES : SAMPLE;
}

/* AT=function+offset names the only function that is swept. */
static bool is_wanted(const char *function)
{
	const char *at = getenv("AT");
	size_t length = strlen(function);

	return !at || (!strncmp(at, function, length) && strchr("+.", at[length]));
}

/* Loads a function of the thread of @slot and finds its way. Return: 1, 0: there is none, or -errno */
static int load_way(struct places *places, uint32_t slot, const char *name, enum places_choice choice)
{
	int error = places_load(places, sweep.device, slot, name, choice, most_places());

	if (error == -ENOENT || error == -EACCES)
		return 0;
	if (!error)
		error = slot == SLOT_PINNER ? visit_as_pinner() : visit_as_other();
	return error ? cause_say(error, "places of %s", name) : !!places->visited;
}

/* Return: the index of the pinner's anchor, in sweep.pinner, or -errno */
static int find_pinner_anchor(void)
{
	bool irqs_off = !sweep.pair->instead;
	const char *const *name;
	int found, first;

	for (name = sweep.pair->pinner_waits; *name; name++) {
		found = load_way(sweep.pinner, SLOT_PINNER, *name, PLACES_ENTRY);
		first = found > 0 ? places_first(sweep.pinner, irqs_off) : -1;
		if (found < 0 || first >= 0)
			return found < 0 ? found : first;
	}
	for (name = sweep.pair->pinner; *name; name++) {
		found = load_way(sweep.pinner, SLOT_PINNER, *name, PLACES_BLOCKS);
		first = found > 0 ? places_first(sweep.pinner, irqs_off) : -1;
		if (found < 0 || first >= 0)
			return found < 0 ? found : first;
	}
	return cause_say(-ENOENT, "the pinner comes by no place at which it can stand");
}

/* A part of @left_ns for the turns of one of @functions: what is loaded before takes no turn. */
static int64_t share_of(int64_t left_ns, unsigned int functions)
{
	return left_ns / (functions ?: 1);
}

static unsigned int count_names(const char *const *names)
{
	unsigned int count = 0;

	while (names[count])
		count++;
	return count;
}

int sweep_other(struct tally *sum, int64_t turns_ns)
{
	unsigned int left = count_names(sweep.pair->other);
	int anchor = find_pinner_anchor(), error = anchor < 0 ? anchor : 0;

	for (const char *const *name = sweep.pair->other; *name && !error; name++, left--) {
		int64_t begin = nanoseconds();
		int found;

		if (!is_wanted(*name))
			continue;
		found = load_way(sweep.other, SLOT_OTHER, *name, choice_of_places());
		if (found > 0)
			error = sweep_places(sum, sweep.other, anchor, share_of(turns_ns, left), &turns_ns,
					     nanoseconds() - begin);
		else
			error = found;
	}
	return error;
}

/* Sorts by the order of the first hits: the way that the other thread goes. */
static const struct places *way_to_sort;

static int compare_orders(const void *a, const void *b)
{
	const struct pincheck_interleave_place *place = way_to_sort->place;

	return (int)place[*(const uint16_t *)a].order - (int)place[*(const uint16_t *)b].order;
}

/**
 * struct anchors - where the other thread stands, of a function that is loaded
 * @place: indexes
 * @count: of these
 */
struct anchors {
	int place[ANCHORS];
	unsigned int count;
};

/* Where no function is named, or the kernel has none of these: places that divide the way of the first function into equal parts. */
static int find_anchors_on_way(struct anchors *anchors)
{
	static uint16_t list[PINCHECK_INTERLEAVE_PLACES];
	unsigned int count = 0;
	int found = 0;

	anchors->count = 0;
	for (const char *const *name = sweep.pair->other; *name && !found; name++)
		found = load_way(sweep.other, SLOT_OTHER, *name, PLACES_BLOCKS);
	if (found <= 0)
		return found;
	for (uint32_t i = 0; i < sweep.other->count; i++)
		if (sweep.other->place[i].order)
			list[count++] = i;
	way_to_sort = sweep.other;
	qsort(list, count, sizeof(*list), compare_orders);
	for (unsigned int i = 0; i < ANCHORS; i++)
		anchors->place[i] = list[count * (i + 1) / (ANCHORS + 1)];
	anchors->count = ANCHORS;
	return 0;
}

static int find_anchors_at(struct anchors *anchors, const char *name)
{
	int found = load_way(sweep.other, SLOT_OTHER, name, PLACES_ENTRY);
	int first = found > 0 ? places_first(sweep.other, false) : -1;

	anchors->count = first >= 0;
	anchors->place[0] = first;
	return found < 0 ? found : 0;
}

/* The other thread stands at @anchors, the pinner goes through its functions. */
static int sweep_pinner_against(struct tally *sum, const struct anchors *anchors, int64_t turns_ns)
{
	unsigned int left = count_names(sweep.pair->pinner) * anchors->count;
	int error = 0;

	for (const char *const *name = sweep.pair->pinner; *name && !error; name++) {
		int64_t begin = nanoseconds(), loaded;
		int found = 0;

		if (is_wanted(*name))
			found = load_way(sweep.pinner, SLOT_PINNER, *name, choice_of_places());
		loaded = nanoseconds() - begin;
		error = found < 0 ? found : 0;
		for (unsigned int i = 0; i < anchors->count && !error; i++, left--)
			if (found > 0)
				error = sweep_places(sum, sweep.pinner, anchors->place[i],
						     share_of(turns_ns, left), &turns_ns, loaded);
	}
	return error;
}

int sweep_pinner(struct tally *sum, int64_t turns_ns)
{
	const char *const *name = sweep.pair->other_waits;
	unsigned int left = count_names(name), named = 0;
	struct anchors anchors;
	int error = 0;

	for (; *name && !error; name++, left--) {
		error = find_anchors_at(&anchors, *name);
		if (!error)
			error = sweep_pinner_against(sum, &anchors, share_of(turns_ns, left));
		named += anchors.count;
	}
	if (error || named)
		return error;
	error = find_anchors_on_way(&anchors);
	return error ?: sweep_pinner_against(sum, &anchors, turns_ns);
}
