// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck watch: the pages of a process, told again as they change. It looks at intervals: what
 * comes and goes between two looks is not seen.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/lib/pagemap.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/keep.h"
#include "tools/pincheck/pincheck.h"

#define MOST_PAGES	(1ULL << 20)
#define MOST_INTERVAL	1000000ULL

/* What is compared unless -o says otherwise. */
#define COMPARED	"pfn,refcount,mapcount,pins,exclusive,kind"

#define EVENTS	64

#define LOOK_TRIES	8

/* How many milliseconds a change waits for the event that the kernel owes. */
#define EVENT_PATIENCE	100

/**
 * struct watch - the command
 * @interval: milliseconds between two looks
 * @events: tell invalidations, too, by the mirror @mirror
 * @count: changes after which it ends, 0: none
 * @seen: changes so far
 * @before, @now: what was seen, @pages of each
 * @round: number of the look, from 2 on: 0 is "never" in @invalidated
 * @invalidated: for each page, the round in which an event of it was read last
 * @compared: numbers of columns, @compared_count of them
 * @session, @pagemap, @signals: descriptors
 */
struct watch {
	struct output output;
	pid_t pid;
	__u64 address;
	__u64 length;
	unsigned long long interval;
	bool events;
	__u32 mirror;
	unsigned long long count;
	unsigned long long seen;
	struct sight *before;
	struct sight *now;
	unsigned long long round;
	unsigned long long *invalidated;
	size_t pages;
	size_t *compared;
	size_t compared_count;
	int session;
	int pagemap;
	int signals;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct watch *watch = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &watch->output;
		return 0;
	case 'p':
		watch->pid = parse_number(state, "--pid", argument);
		return 0;
	case 'i':
		watch->interval = parse_number(state, "--interval", argument);
		if (!watch->interval || watch->interval > MOST_INTERVAL)
			argp_error(state, "--interval: from 1 to %llu milliseconds", MOST_INTERVAL);
		return 0;
	case 'e':
		watch->events = true;
		return 0;
	case 'c':
		watch->count = parse_number(state, "--count", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "one ADDRESS and one LENGTH");
		*(state->arg_num ? &watch->length : &watch->address) =
			parse_number(state, state->arg_num ? "LENGTH" : "ADDRESS", argument);
		return 0;
	case ARGP_KEY_END:
		if (!watch->pid || state->arg_num != 2 || !watch->length)
			argp_error(state, "say what to watch: --pid PID ADDRESS LENGTH");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/*
 * A report of a page that was unmapped meanwhile is of a page that is not the process's: the look is
 * repeated, LOOK_TRIES times at most, for a process may change its memory all the time.
 *
 * Return: 0; -ENODATA or -ESRCH if the process is gone; or another negative errno.
 */
static int look(struct watch *watch, struct sight *sights)
{
	int error = 0;

	for (unsigned int tries = 0; tries < LOOK_TRIES && !error; tries++) {
		error = sights_mapped(watch->pagemap, watch->address, sights, watch->pages);
		if (!error)
			error = sights_look(watch->session, sights, watch->pages);
		if (!error && sights_still_mapped(watch->pagemap, sights, watch->pages))
			break;
	}
	return error;
}

static void tell_time(char *text, size_t size, const char *format)
{
	struct timespec now;
	struct tm local;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	used = strftime(text, size, format, localtime_r(&now.tv_sec, &local));
	snprintf(text + used, size - used, ".%06ld", now.tv_nsec / 1000);
}

static void print_change(const struct watch *watch, size_t page, const char *what,
			 const char *before, const char *after)
{
	__u64 address = watch->now[page].address;
	char time[48];
	json_t *line;

	if (!watch->output.json) {
		tell_time(time, sizeof(time), "%H:%M:%S");
		printf("%s %#llx %s %s -> %s\n", time, address, what, *before ? before : "-",
		       *after ? after : "-");
		return;
	}
	tell_time(time, sizeof(time), "%Y-%m-%dT%H:%M:%S");
	line = json_pack("{s:s,s:o,s:s,s:s*,s:s*}", "time", time, "address",
			 json_sprintf("%#llx", address), "what", what, "before",
			 *before ? before : NULL, "after", *after ? after : NULL);
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static bool enough(const struct watch *watch)
{
	return watch->count && watch->seen >= watch->count;
}

static void compare(struct watch *watch, const struct column *columns)
{
	char before[400], after[400];

	for (size_t page = 0; page < watch->pages; page++) {
		for (size_t i = 0; i < watch->compared_count && !enough(watch); i++) {
			size_t column = watch->compared[i];

			report_value(column, &watch->before[page], before, sizeof(before));
			report_value(column, &watch->now[page], after, sizeof(after));
			if (!strcmp(before, after))
				continue;
			watch->seen++;
			print_change(watch, page, columns[column].name, before, after);
		}
	}
	fflush(stdout);
}

/* Return: 0, -EINTR once a signal says it is enough. */
static int wait_milliseconds(const struct watch *watch, unsigned long long milliseconds)
{
	struct pollfd signal = { .fd = watch->signals, .events = POLLIN };

	return poll(&signal, 1, (int)milliseconds) ? -EINTR : 0;
}

static void print_event(const struct watch *watch, const struct pincheck_event *event)
{
	const char *name = pincheck_event_name(event->reason);
	char time[48];
	json_t *line;

	if (!watch->output.json) {
		tell_time(time, sizeof(time), "%H:%M:%S");
		printf("%s %#llx-%#llx EVENT %s\n", time, event->start, event->end, name);
		return;
	}
	tell_time(time, sizeof(time), "%Y-%m-%dT%H:%M:%S");
	line = json_pack("{s:s,s:o,s:o,s:s,s:s}", "time", time, "address",
			 json_sprintf("%#llx", event->start), "end",
			 json_sprintf("%#llx", event->end), "what", "EVENT", "after", name);
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static void mark_invalidated(struct watch *watch, const struct pincheck_event *event)
{
	__u64 start = event->start > watch->address ? event->start - watch->address : 0;
	__u64 end = event->end > watch->address ? event->end - watch->address : 0;

	for (__u64 page = start / PAGE_BYTES; page < watch->pages && page * PAGE_BYTES < end; page++)
		watch->invalidated[page] = watch->round;
}

/* What the kernel did since these events were read last. */
static int print_events(struct watch *watch)
{
	struct pincheck_event events[EVENTS];
	__u64 count = EVENTS, lost = 0;
	int error = 0;

	while (watch->events && !error && count == EVENTS && !enough(watch)) {
		error = pincheck_events(watch->session, watch->mirror, events, &count, &lost);
		if (!error && lost)
			fprintf(stderr, "pincheck: %llu events were lost. Use a shorter --interval\n",
				lost);
		for (__u64 i = 0; !error && i < count && !enough(watch); i++, watch->seen++) {
			mark_invalidated(watch, &events[i]);
			print_event(watch, &events[i]);
		}
	}
	fflush(stdout);
	return error;
}

/*
 * Has a page left its address since the look before, and its event was not read yet? An event of the
 * look before counts, too: the kernel tells first, and takes the page away then.
 */
static bool owes_event(const struct watch *watch)
{
	for (size_t page = 0; page < watch->pages; page++) {
		const struct sight *before = &watch->before[page], *now = &watch->now[page];

		if (!before->absent && before->report.pfn != now->report.pfn &&
		    watch->invalidated[page] + 1 < watch->round)
			return true;
	}
	return false;
}

/*
 * The mirror records an event before the kernel takes a page away, so the events are read after the
 * pages, and printed before the changes. But munmap() takes the mapping out of the address space
 * first, and pagemap tells that nothing is mapped there before the kernel gets to the page, which is
 * when the mirror hears of it: a change waits for its event.
 */
static int print_events_of_changes(struct watch *watch)
{
	int error = print_events(watch);

	for (unsigned int wait = 0; wait < EVENT_PATIENCE && watch->events && !error; wait++) {
		if (!owes_event(watch))
			break;
		error = wait_milliseconds(watch, 1);
		if (!error)
			error = print_events(watch);
	}
	return error;
}

/* Events are read also where the process is gone: its end is one of them. */
static int look_and_print(struct watch *watch, const struct column *columns)
{
	int gone, error;

	watch->round++;
	gone = look(watch, watch->now);
	error = gone ? print_events(watch) : print_events_of_changes(watch);
	if (gone || error)
		return gone ?: error;
	compare(watch, columns);
	return 0;
}

static int follow(struct watch *watch, const struct column *columns)
{
	struct sight *swap;
	int error;

	while (!enough(watch)) {
		error = wait_milliseconds(watch, watch->interval);
		if (!error)
			error = look_and_print(watch, columns);
		if (error)
			return error;
		swap = watch->before;
		watch->before = watch->now;
		watch->now = swap;
	}
	return 0;
}

/* The state from which changes are told; one line of JSON, for whoever reads line by line. */
static int print_start(struct watch *watch, const struct column *columns, size_t count)
{
	const struct output whole = { .json = watch->output.json };
	struct table *table = table_new(&whole, "pages", columns, count);
	int error = 0;
	json_t *rows;

	sights_rows(table, watch->before, watch->pages, false);
	if (watch->output.json) {
		rows = json_pack("{s:o}", "pages", table_json(table));
		error = json_dumpf(rows, stdout, JSON_COMPACT) ? -EIO : 0;
		putchar('\n');
		json_decref(rows);
	} else if (!watch->output.no_headings) {
		error = table_print(table);
	}
	table_free(table);
	return error ?: fflush(stdout);
}

static int start_events(struct watch *watch)
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_MIRROR, .pid = watch->pid, .addr = watch->address,
		.len = watch->pages * PAGE_BYTES,
	};
	int error = watch->events ? pincheck_hold(watch->session, &hold) : 0;

	watch->mirror = hold.hold;
	if (error)
		fprintf(stderr, "pincheck: no mirror of %#llx bytes at %#llx: %s, at %#llx (%s). Watch "
			"what is mapped readable, or leave out --events\n", hold.len, hold.addr,
			cause_of(error), hold.fail_addr, pincheck_reason_name(hold.reason));
	return error;
}

static int open_all(struct watch *watch)
{
	watch->session = open_session();
	if (watch->session < 0)
		return -ENODEV;
	watch->signals = keep_signals(0);
	watch->pagemap = pagemap_open(watch->pid);
	if (watch->pagemap < 0)
		fprintf(stderr, "pincheck: cannot open /proc/%d/pagemap: %s. See: ps -p %d; and use "
			"sudo\n", watch->pid, strerror(-watch->pagemap), watch->pid);
	return watch->pagemap < 0 ? watch->pagemap : start_events(watch);
}

/* Return: exit code. */
static int tell_end(const struct watch *watch, int error)
{
	if (!error || error == -EINTR)
		return EXIT_KEPT;
	if (error == -ENODATA || error == -ESRCH) {
		fprintf(stderr, "pincheck: process %d is gone\n", watch->pid);
		return watch->count ? EXIT_BROKEN : EXIT_KEPT;
	}
	fprintf(stderr, "pincheck: cannot watch: %s. Page frame numbers are for CAP_SYS_ADMIN: use "
		"sudo\n", cause_of(error));
	return EXIT_USAGE;
}

static int watch_run(struct watch *watch, const struct column *columns, size_t count)
{
	__u64 start = watch->address & ~(PAGE_BYTES - 1);
	int error;

	watch->pages = (watch->address - start + watch->length + PAGE_BYTES - 1) / PAGE_BYTES;
	watch->address = start;
	if (watch->pages > MOST_PAGES) {
		fprintf(stderr, "pincheck: %zu pages are too many to compare. Watch %llu at most\n",
			watch->pages, MOST_PAGES);
		return EXIT_USAGE;
	}
	watch->before = calloc(watch->pages, sizeof(*watch->before));
	watch->now = calloc(watch->pages, sizeof(*watch->now));
	watch->invalidated = calloc(watch->pages, sizeof(*watch->invalidated));
	if (open_all(watch))
		return EXIT_USAGE;
	error = watch->before && watch->now && watch->invalidated ?
		look(watch, watch->before) : -ENOMEM;
	if (!error)
		error = print_start(watch, columns, count);
	if (!error)
		error = follow(watch, columns);
	return tell_end(watch, error);
}

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "whose memory", 0 },
	{ "interval", 'i', "MS", 0, "milliseconds between two looks [100]", 0 },
	{ "events", 'e', NULL, 0, "tell what the kernel does to the page tables there, too, by a "
	  "mirror: what is not there is faulted in for it", 0 },
	{ "count", 'c', "N", 0, "end after so many changes", 0 },
	{ 0 }
};

int watch_command(int argc, char **argv)
{
	static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "--pid PID ADDRESS LENGTH",
		.doc = "The pages of a process, and then a line for each change of what -o names "
		       "[" COMPARED "]. It looks at intervals: what comes and goes between two looks "
		       "is not seen. Ends with the process, after --count changes (1 if the process "
		       "ends before), or by SIGINT or SIGTERM.",
	};
	struct watch watch = { .interval = 100, .round = 1, .session = -1, .pagemap = -1, .signals = -1 };
	const struct column *columns;
	size_t count;
	int code;

	columns = report_columns(&count);
	parse_arguments(&argp, argc, argv, &watch, columns, count);
	if (!watch.output.columns)
		watch.output.columns = COMPARED;
	watch.compared = columns_named(watch.output.columns, columns, count,
				       &watch.compared_count);
	code = watch.compared ? watch_run(&watch, columns, count) : EXIT_USAGE;
	free(watch.before);
	free(watch.now);
	free(watch.compared);
	return code;
}
