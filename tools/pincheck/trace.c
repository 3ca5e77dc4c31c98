// SPDX-License-Identifier: GPL-2.0-only
/* pincheck trace: each call that takes pins or gives them back, while it happens. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/keep_hold.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/trace_latency.h"
#include "tools/pincheck/trace_source.h"
#include "tools/table/table.h"

/* Milliseconds between two reads. */
#define INTERVAL	50

#define STACK_BYTES	8192

/* The columns for programs, if there are stacks and -o names none. */
#define WITH_STACK	"time,pid,comm,function,address,asked,got,fast,ns,pfn,stack"

/**
 * struct trace - the arguments, and what was seen
 * @seconds: to trace; 0: until a signal, or the end of the process
 * @quiet: print the histograms only
 * @stacks: of each call, too
 * @calls: a table of one row
 */
struct trace {
	struct output output;
	pid_t pid;
	unsigned long long seconds;
	bool quiet;
	bool stacks;
	struct table *calls;
	struct trace_source source;
	struct latency latency[LATENCY_FUNCTIONS];
};

enum trace_column {
	TIME, PID, TID, COMM, FUNCTION, ADDRESS, ASKED, GOT, FAST, NS, PFN, FLAGS, CPU, CONTEXT, STACK,
	TRACE_COLUMNS
};

static const struct column trace_columns[TRACE_COLUMNS] = {
	[TIME]		= { "TIME", CELL_TEXT, false, "seconds of CLOCK_MONOTONIC when pins were taken; when "
			    "they began to be given back" },
	[PID]		= { "PID", CELL_NUMBER, false, "process that made the call; empty for an interrupt" },
	[TID]		= { "TID", CELL_NUMBER, true, "its thread" },
	[COMM]		= { "COMM", CELL_TEXT, false, "name of the thread" },
	[FUNCTION]	= { "FUNCTION", CELL_TEXT, false, "of the kernel, that was called" },
	[ADDRESS]	= { "ADDRESS", CELL_HEX, false, "first address, or offset in the file" },
	[ASKED]		= { "ASKED", CELL_NUMBER, false, "pages (folios) that the caller asked for" },
	[GOT]		= { "GOT", CELL_NUMBER, false, "pins taken or given back; a negative errno" },
	[FAST]		= { "FAST", CELL_NUMBER, false, "how many of these came by GUP-fast" },
	[NS]		= { "NS", CELL_NUMBER, false, "nanoseconds that the call took" },
	[PFN]		= { "PFN", CELL_HEX, false, "page frame number of the first page" },
	[FLAGS]		= { "FLAGS", CELL_HEX, true, "FOLL_* of the caller, as the kernel numbers them" },
	[CPU]		= { "CPU", CELL_NUMBER, true, "processor on which the call returned" },
	[CONTEXT]	= { "CONTEXT", CELL_TEXT, true, "process, kthread or interrupt" },
	[STACK]		= { "STACK", CELL_TEXT, true, "with --stacks: callers of the function, innermost "
			    "first, with semicolons between them" },
};

static const struct columns trace_table = { "calls", trace_columns, TRACE_COLUMNS };

static error_t parse_trace(int key, char *argument, struct argp_state *state)
{
	struct trace *trace = state->input;

	switch (key) {
	case 'p':
		trace->pid = parse_number(state, "--pid", argument);
		if (trace->pid <= 0)
			argp_error(state, "--pid: give the number of a process");
		return 0;
	case 'd':
		trace->seconds = parse_number(state, "--duration", argument);
		return 0;
	case 'c':
		trace->output.csv = true;
		return 0;
	case 'q':
		trace->quiet = true;
		return 0;
	case 's':
		trace->stacks = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option. A process is named by --pid", argument);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const char *context_of(const struct pincheck_traced *call)
{
	return call->flags & PINCHECK_TRACED_INTERRUPT ? "interrupt" :
	       call->flags & PINCHECK_TRACED_KTHREAD ? "kthread" : "process";
}

/* Return: the lines of the call stack, valid until the next call; or NULL. */
static char *read_call_stack(const struct trace *trace, const struct pincheck_traced *call)
{
	static char text[STACK_BYTES];

	if (!call->stack ||
	    pincheck_trace_stack(trace->source.session, call->stack, text, sizeof(text)))
		return NULL;
	return text;
}

static void print_stack(const struct trace *trace, const struct pincheck_traced *call)
{
	char *text = read_call_stack(trace, call);

	for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n"))
		printf("\t%s\n", line);
}

static void set_stack(struct trace *trace, const struct pincheck_traced *call)
{
	char *text = read_call_stack(trace, call);
	size_t length;

	if (!text)
		return;
	length = strlen(text);
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			text[i] = ';';
	if (length)
		text[length - 1] = 0;
	table_set(trace->calls, STACK, "%s", text);
}

static void set_call(struct trace *trace, const struct pincheck_traced *call)
{
	struct table *calls = trace->calls;

	table_row(calls);
	table_set(calls, TIME, "%llu.%06llu", call->time / 1000000000,
		  call->time % 1000000000 / 1000);
	if (call->pid)
		table_set(calls, PID, "%d", call->pid);
	if (call->tid)
		table_set(calls, TID, "%d", call->tid);
	table_set(calls, COMM, "%s", traced_caller(call));
	table_set(calls, FUNCTION, "%s", pincheck_function_name(call->function));
	if (call->address)
		table_set(calls, ADDRESS, "%#llx", call->address);
	table_set(calls, ASKED, "%llu", call->asked);
	table_set(calls, GOT, "%lld", call->result);
	if (call->flags & PINCHECK_TRACED_PATH)
		table_set(calls, FAST, "%llu", call->fast_pages);
	table_set(calls, NS, "%llu", call->latency);
	if (PINCHECK_RUN_PAGES(call->call_runs[0]))
		table_set(calls, PFN, "%#llx", PINCHECK_RUN_PFN(call->call_runs[0]));
	if (call->gup_flags)
		table_set(calls, FLAGS, "%#x", call->gup_flags);
	table_set(calls, CPU, "%u", call->cpu);
	table_set(calls, CONTEXT, "%s", context_of(call));
	set_stack(trace, call);
}

static bool is_for_person(const struct trace *trace)
{
	const struct output *output = &trace->output;

	return !output->json && !output->raw && !output->csv && !output->columns;
}

#define PERSON	"%-14s %7s %-15s %-32s %14s %7s %7s %7s %10s %10s\n"

static void print_for_person(const struct pincheck_traced *call)
{
	char cells[8][24] = { "-", "-", "-", "-", "-", "-", "-", "-" };

	snprintf(cells[0], sizeof(cells[0]), "%llu.%06llu", call->time / 1000000000,
		 call->time % 1000000000 / 1000);
	if (call->pid)
		snprintf(cells[1], sizeof(cells[1]), "%d", call->pid);
	if (call->address)
		snprintf(cells[2], sizeof(cells[2]), "%#llx", call->address);
	snprintf(cells[3], sizeof(cells[3]), "%llu", call->asked);
	snprintf(cells[4], sizeof(cells[4]), "%lld", call->result);
	if (call->flags & PINCHECK_TRACED_PATH)
		snprintf(cells[5], sizeof(cells[5]), "%llu", call->fast_pages);
	snprintf(cells[6], sizeof(cells[6]), "%llu", call->latency);
	if (PINCHECK_RUN_PAGES(call->call_runs[0]))
		snprintf(cells[7], sizeof(cells[7]), "%#llx", PINCHECK_RUN_PFN(call->call_runs[0]));
	printf(PERSON, cells[0], cells[1], traced_caller(call), pincheck_function_name(call->function),
	       cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]);
}

static void print_calls(struct trace *trace)
{
	for (size_t i = 0; i < trace->source.count; i++) {
		const struct pincheck_traced *record = &trace->source.records[i];

		if (record->type != PINCHECK_TRACED_CALL)
			continue;
		latency_add(trace->latency, record);
		if (trace->quiet)
			continue;
		if (is_for_person(trace)) {
			print_for_person(record);
			print_stack(trace, record);
			continue;
		}
		set_call(trace, record);
		table_print_row(trace->calls);
	}
	fflush(stdout);
}

static void print_headings(const struct trace *trace)
{
	if (trace->output.json)
		trace_source_print_begin(&trace->source);
	if (trace->quiet || trace->output.no_headings || trace->output.json)
		return;
	if (is_for_person(trace))
		printf(PERSON, "TIME", "PID", "COMM", "FUNCTION", "ADDRESS", "ASKED", "GOT", "FAST", "NS",
		       "PFN");
	else
		table_print_names(trace->calls);
	fflush(stdout);
}

/* The lines are for a program then: the histograms are not among them. */
static void print_latency(const struct trace *trace)
{
	json_t *root;

	if (!trace->output.json) {
		latency_print(trace->quiet || is_for_person(trace) ? stdout : stderr, trace->latency);
		return;
	}
	root = json_object();
	json_object_set_new(root, "functions", latency_json(trace->latency));
	json_object_set_new(root, "lost", json_integer(trace->source.state.lost));
	json_object_set_new(root, "missed", json_integer(trace->source.state.missed));
	table_print_json(trace->calls, root);
}

/* Return: milliseconds that are left of --duration, INTERVAL at most; 0: none. */
static int next_wait(const struct trace *trace, const struct timespec *end)
{
	struct timespec now;
	long long left;

	if (!trace->seconds)
		return INTERVAL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left < 0 ? 0 : left < INTERVAL ? (int)left : INTERVAL;
}

static int print_all(struct trace *trace)
{
	do {
		if (trace_source_read(&trace->source))
			return -1;
		print_calls(trace);
	} while (trace->source.more);
	return 0;
}

/* What is printed must not be calls that the printing makes: nobody pins for that. */
static int trace_calls(struct trace *trace, int signals, int process)
{
	struct pollfd wait[] = {
		{ .fd = signals, .events = POLLIN }, { .fd = process, .events = POLLIN },
	};
	struct timespec end;
	int left, ready = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += trace->seconds;
	for (left = INTERVAL; left && !ready; left = next_wait(trace, &end)) {
		ready = poll(wait, ARRAY_SIZE(wait), left);
		if (print_all(trace))
			return EXIT_USAGE;
	}
	print_latency(trace);
	trace_source_warn(&trace->source);
	return EXIT_KEPT;
}

/* Return: a pidfd; -1 for no process. TRACE says if there is no such process. */
static int open_process(pid_t pid)
{
	return pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

static int run_trace(void *input, struct table *table)
{
	struct trace *trace = input;
	struct output line = {
		.json = trace->output.json, .csv = trace->output.csv, .raw = true,
		.no_headings = true, .lines = true, .columns = trace->output.columns,
	};
	__u32 flags = trace->stacks ? PINCHECK_TRACE_STACKS : 0;
	int signals = keep_signals(0), process = open_process(trace->pid);
	int code = EXIT_USAGE;

	(void)table;
	if (trace->stacks && !line.columns && (line.csv || trace->output.raw))
		line.columns = WITH_STACK;
	trace->calls = table_new(&line, &trace_table);
	if (!trace_source_begin(&trace->source, trace->pid, flags)) {
		print_headings(trace);
		code = trace_calls(trace, signals, process);
		trace_source_end(&trace->source);
	}
	if (process >= 0)
		close(process);
	close(signals);
	table_free(trace->calls);
	return code;
}

int trace_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pid", 'p', "PID", 0, "calls of this process only; ends with the process", 0 },
		{ "duration", 'd', "SECONDS", 0, "end after this time", 0 },
		{ "stacks", 's', NULL, 0, "record the kernel's call stacks (column STACK)", 0 },
		{ "quiet", 'q', NULL, 0, "print the histograms only", 0 },
		{ "csv", 'c', NULL, 0, "print comma-separated values", 10 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_trace,
		.doc = "Print each call of the kernel that takes pins of pages or gives them back, while it "
		       "happens, and at the end how long the calls of each function took. Ends by "
		       "SIGINT or SIGTERM, after --duration, or with the process of --pid. For --raw, "
		       "--csv and -o, the histograms are on standard error.",
	};
	struct trace trace = { .output.lines = true, .source.session = -1 };
	const struct table_command command = {
		.argp = &argp, .input = &trace, .output = &trace.output, .columns = &trace_table,
		.run = run_trace,
	};

	return table_command(&command, argc, argv);
}
