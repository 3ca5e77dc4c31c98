// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck watch: the pages of a process, and each change of them. It takes samples at intervals: a
 * change that is undone between two samples is not seen.
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
#include "tools/pincheck/keep_hold.h"
#include "tools/pincheck/pincheck.h"

#define MOST_PAGES	(1ULL << 20)
#define MOST_INTERVAL	1000000ULL

/* The columns that are compared unless -o names some. */
#define COMPARED	"pfn,refcount,mapcount,pins,exclusive,kind"

#define EVENTS	64

#define SAMPLE_TRIES	8

/* Milliseconds that a change waits for its event. */
#define EVENT_PATIENCE	100

/**
 * struct watch - the arguments, and two samples of each page
 * @interval: milliseconds between two samples
 * @events: print invalidations, too, which the hold @mirror records
 * @count: number of changes after which it ends; 0: it does not
 * @seen: number of changes so far
 * @changes: a table of one row, for programs
 * @before, @now: the samples of @pages pages
 * @round: number of the sample @now, from 2 on: 0 is "never" in @invalidated
 * @invalidated: for each page, the round in which its last event was read
 * @compared: numbers of the columns that are compared, @compared_count of them
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
	struct table *changes;
	struct sample *before;
	struct sample *now;
	unsigned long long round;
	unsigned long long *invalidated;
	size_t pages;
	size_t *compared;
	size_t compared_count;
	int session;
	int pagemap;
	int signals;
};

/**
 * struct change - what a line says
 * @end: of the address range of an event; 0: @address is a page
 * @what: name of a column, or EVENT
 * @before: its text, "" for none, and that @after the change
 */
struct change {
	__u64 address;
	__u64 end;
	const char *what;
	const char *before;
	const char *after;
};

enum change_column { TIME, ADDRESS, END, WHAT, BEFORE, AFTER, CHANGE_COLUMNS };

static const struct column change_columns[CHANGE_COLUMNS] = {
	[TIME]		= { "TIME", CELL_TEXT, false, "local time at which the change was seen" },
	[ADDRESS]	= { "ADDRESS", CELL_HEX, false, "of the page, or of the first byte of an event" },
	[END]		= { "END", CELL_HEX, false, "address behind the last byte of an event" },
	[WHAT]		= { "WHAT", CELL_TEXT, false, "the column that changed, or EVENT" },
	[BEFORE]	= { "BEFORE", CELL_TEXT, false, "its text before the change" },
	[AFTER]		= { "AFTER", CELL_TEXT, false, "its text now, or what the kernel did" },
};

static const struct columns change_table = { "changes", change_columns, CHANGE_COLUMNS };

static error_t parse_watch(int key, char *argument, struct argp_state *state)
{
	struct watch *watch = state->input;

	switch (key) {
	case 'p':
		watch->pid = parse_number(state, "--pid", argument);
		return 0;
	case 'i':
		watch->interval = parse_number(state, "--interval", argument);
		if (!watch->interval || watch->interval > MOST_INTERVAL)
			argp_error(state, "--interval: give 1 to %llu milliseconds", MOST_INTERVAL);
		return 0;
	case 'e':
		watch->events = true;
		return 0;
	case 'c':
		watch->count = parse_number(state, "--count", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "give one ADDRESS and one LENGTH");
		*(state->arg_num ? &watch->length : &watch->address) =
			parse_number(state, state->arg_num ? "LENGTH" : "ADDRESS", argument);
		return 0;
	case ARGP_KEY_END:
		if (!watch->pid || state->arg_num != 2 || !watch->length)
			argp_error(state, "name what to watch: --pid PID ADDRESS LENGTH");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/*
 * A page that was unmapped before its report is no longer a page of the process, so the samples are
 * taken again. The limit of SAMPLE_TRIES is for a process that changes its memory all the time.
 *
 * Return: 0; -ENODATA or -ESRCH if the process has ended; or another negative errno.
 */
static int take_samples(struct watch *watch, struct sample *samples)
{
	int error = 0;

	for (unsigned int tries = 0; tries < SAMPLE_TRIES && !error; tries++) {
		error = samples_find(watch->pagemap, watch->address, samples, watch->pages);
		if (!error)
			error = samples_read(watch->session, samples, watch->pages);
		if (!error && samples_still_mapped(watch->pagemap, samples, watch->pages))
			break;
	}
	return error;
}

static void format_time(char *text, size_t size, const char *format)
{
	struct timespec now;
	struct tm local;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	used = strftime(text, size, format, localtime_r(&now.tv_sec, &local));
	snprintf(text + used, size - used, ".%06ld", now.tv_nsec / 1000);
}

static void print_for_person(const struct change *change)
{
	char time[48];

	format_time(time, sizeof(time), "%H:%M:%S");
	if (change->end)
		printf("%s %#llx-%#llx %s %s\n", time, change->address, change->end, change->what,
		       change->after);
	else
		printf("%s %#llx %s %s -> %s\n", time, change->address, change->what,
		       *change->before ? change->before : "-", *change->after ? change->after : "-");
}

static void print_for_program(struct table *changes, const struct change *change)
{
	char time[48];

	format_time(time, sizeof(time), "%Y-%m-%dT%H:%M:%S");
	table_row(changes);
	table_set(changes, TIME, "%s", time);
	table_set(changes, ADDRESS, "%#llx", change->address);
	if (change->end)
		table_set(changes, END, "%#llx", change->end);
	table_set(changes, WHAT, "%s", change->what);
	if (*change->before)
		table_set(changes, BEFORE, "%s", change->before);
	if (*change->after)
		table_set(changes, AFTER, "%s", change->after);
	table_print_row(changes);
}

static void print_change(struct watch *watch, const struct change *change)
{
	watch->seen++;
	if (watch->output.json || watch->output.raw)
		print_for_program(watch->changes, change);
	else
		print_for_person(change);
}

static bool has_seen_enough(const struct watch *watch)
{
	return watch->count && watch->seen >= watch->count;
}

static void compare_samples(struct watch *watch)
{
	char before[400], after[400];

	for (size_t page = 0; page < watch->pages; page++) {
		for (size_t i = 0; i < watch->compared_count && !has_seen_enough(watch); i++) {
			size_t column = watch->compared[i];
			const struct change change = {
				.address = watch->now[page].address, .before = before, .after = after,
				.what = report_columns()->rows[column].name,
			};

			report_value(column, &watch->before[page], before, sizeof(before));
			report_value(column, &watch->now[page], after, sizeof(after));
			if (strcmp(before, after))
				print_change(watch, &change);
		}
	}
	fflush(stdout);
}

/* Return: 0, or -EINTR after a signal. */
static int wait_milliseconds(const struct watch *watch, unsigned long long milliseconds)
{
	struct pollfd signal = { .fd = watch->signals, .events = POLLIN };

	return poll(&signal, 1, (int)milliseconds) ? -EINTR : 0;
}

static void print_event(struct watch *watch, const struct pincheck_event *event)
{
	const struct change change = {
		.address = event->start, .end = event->end, .what = "EVENT", .before = "",
		.after = pincheck_event_name(event->reason),
	};

	print_change(watch, &change);
}

static void mark_invalidated(struct watch *watch, const struct pincheck_event *event)
{
	__u64 start = event->start > watch->address ? event->start - watch->address : 0;
	__u64 end = event->end > watch->address ? event->end - watch->address : 0;

	for (__u64 page = start / PAGE_BYTES; page < watch->pages && page * PAGE_BYTES < end; page++)
		watch->invalidated[page] = watch->round;
}

/* Print what the kernel did since the events were read last. */
static int print_events(struct watch *watch)
{
	struct pincheck_event events[EVENTS];
	__u64 count = EVENTS, lost = 0;
	int error = 0;

	while (watch->events && !error && count == EVENTS && !has_seen_enough(watch)) {
		error = pincheck_events(watch->session, watch->mirror, events, &count, &lost);
		if (!error && lost)
			fprintf(stderr, "pincheck: %llu events were lost. Use a shorter --interval\n",
				lost);
		for (__u64 i = 0; !error && i < count && !has_seen_enough(watch); i++) {
			mark_invalidated(watch, &events[i]);
			print_event(watch, &events[i]);
		}
	}
	fflush(stdout);
	return error;
}

/*
 * Has a page left its address since the sample before, while its event was not read yet? An event that
 * was read with the sample before counts, too: the kernel first notifies, then takes the page away.
 */
static bool owes_event(const struct watch *watch)
{
	for (size_t page = 0; page < watch->pages; page++) {
		const struct sample *before = &watch->before[page], *now = &watch->now[page];

		if (!before->absent && before->report.pfn != now->report.pfn &&
		    watch->invalidated[page] + 1 < watch->round)
			return true;
	}
	return false;
}

/*
 * The mirror records an event before the kernel takes a page away, so the events are read after the
 * pages, and printed before the changes. But munmap() takes the mapping out of the address space
 * first: pagemap then shows that nothing is mapped, while the kernel has not yet got to the page and
 * notified the mirror. So a change waits for its event.
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

/* Events are read also after the process has ended, because its end is one of them. */
static int print_round(struct watch *watch)
{
	int gone, error;

	watch->round++;
	gone = take_samples(watch, watch->now);
	error = gone ? print_events(watch) : print_events_of_changes(watch);
	if (gone || error)
		return gone ?: error;
	compare_samples(watch);
	return 0;
}

static int print_changes(struct watch *watch)
{
	struct sample *swap;
	int error;

	while (!has_seen_enough(watch)) {
		error = wait_milliseconds(watch, watch->interval);
		if (!error)
			error = print_round(watch);
		if (error)
			return error;
		swap = watch->before;
		watch->before = watch->now;
		watch->now = swap;
	}
	return 0;
}

static int print_start(const struct watch *watch, struct table *table)
{
	samples_to_rows(table, watch->before, watch->pages, false);
	return table_print(table) ?: fflush(stdout);
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
		fprintf(stderr, "pincheck: cannot mirror %#llx bytes at %#llx: %s, at %#llx (%s). Watch "
			"memory that is mapped readable, or leave out --events\n", hold.len, hold.addr,
			cause_of(error), hold.fail_addr, pincheck_reason_name(hold.reason));
	return error;
}

static int open_descriptors(struct watch *watch)
{
	watch->session = open_session();
	if (watch->session < 0)
		return -ENODEV;
	watch->signals = keep_signals(0);
	watch->pagemap = pagemap_open(watch->pid);
	if (watch->pagemap < 0)
		fprintf(stderr, "pincheck: cannot open /proc/%d/pagemap: %s. Is it running (ps -p %d)? "
			"Use sudo\n", watch->pid, strerror(-watch->pagemap), watch->pid);
	return watch->pagemap < 0 ? watch->pagemap : start_events(watch);
}

/* Return: exit code. */
static int print_end(const struct watch *watch, int error)
{
	if (!error || error == -EINTR)
		return EXIT_KEPT;
	if (error == -ENODATA || error == -ESRCH) {
		fprintf(stderr, "pincheck: process %d has ended\n", watch->pid);
		return watch->count ? EXIT_BROKEN : EXIT_KEPT;
	}
	fprintf(stderr, "pincheck: cannot watch: %s. " NEEDS_ROOT "\n", cause_of(error));
	return EXIT_USAGE;
}

/* Return: 0 or a negative errno. */
static int allocate_samples(struct watch *watch)
{
	watch->before = calloc(watch->pages, sizeof(*watch->before));
	watch->now = calloc(watch->pages, sizeof(*watch->now));
	watch->invalidated = calloc(watch->pages, sizeof(*watch->invalidated));
	return watch->before && watch->now && watch->invalidated ? 0 : -ENOMEM;
}

static int watch_pages(struct watch *watch, struct table *table)
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
	if (open_descriptors(watch))
		return EXIT_USAGE;
	error = allocate_samples(watch) ?: take_samples(watch, watch->before);
	if (!error)
		error = print_start(watch, table);
	if (!error)
		error = print_changes(watch);
	return print_end(watch, error);
}

static int run_watch(void *input, struct table *table)
{
	struct watch *watch = input;
	const struct output line = {
		.json = watch->output.json, .raw = true, .no_headings = true, .lines = true,
	};
	int code;

	watch->compared = columns_named(watch->output.columns ?: COMPARED, report_columns(),
					&watch->compared_count);
	watch->changes = table_new(&line, &change_table);
	code = watch_pages(watch, table);
	table_free(watch->changes);
	free(watch->compared);
	free(watch->invalidated);
	free(watch->now);
	free(watch->before);
	return code;
}

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "the process that has the memory", 0 },
	{ "interval", 'i', "MS", 0, "milliseconds between two samples [100]", 0 },
	{ "events", 'e', NULL, 0, "print also what the kernel does to the page tables there. A mirror "
	  "records it, for which all pages are faulted in", 0 },
	{ "count", 'c', "N", 0, "end after N changes", 0 },
	{ 0 }
};

int watch_command(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_watch, .args_doc = "--pid PID ADDRESS LENGTH",
		.doc = "Print the pages of a process, and then a line for each change in the columns "
		       "that -o names [" COMPARED "]. Samples are taken at intervals: a change that "
		       "is undone between two samples is not seen. Ends with the process, after "
		       "--count changes (exit 1 if the process ends before), or by SIGINT or SIGTERM.",
	};
	struct watch watch = {
		.output.lines = true, .interval = 100, .round = 1, .session = -1, .pagemap = -1,
		.signals = -1,
	};
	const struct table_command command = {
		.argp = &argp, .input = &watch, .output = &watch.output, .columns = report_columns(),
		.more = &change_table, .run = run_watch,
	};

	return table_command(&command, argc, argv);
}
