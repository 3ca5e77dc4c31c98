// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck leak: pins that were taken while a command, or a process, ran, and not given back. Three
 * witnesses: the records of a trace say who took and who gave back; the kernel's counters say how many
 * there were; and the pages that are left say whether they look pinned.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/knob.h"
#include "tools/lib/pincheck.h"
#include "tools/lib/vmstat.h"
#include "tools/pincheck/keep_hold.h"
#include "tools/pincheck/leak_pins.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/trace_source.h"
#include "tools/table/table.h"

#define INTERVAL	50	/* milliseconds between two reads */
#define STACK_BYTES	8192
#define NOT_KNOWN	(~0ULL)

/* The answer, where records are missing: neither that pins are left nor that none is. */
enum { EXIT_CANNOT_TELL = EXIT_SKIP_ONLY };

/**
 * struct leak - the arguments, and what was seen
 * @command: to run; or NULL
 * @pid: of the command, or of the process that is watched
 * @settle: milliseconds that the kernel has to give pins back after the end
 * @folded: path for the flame graph, or NULL
 * @before: pins that the machine had acquired and released; NOT_KNOWN: the kernel does not count
 */
struct leak {
	struct output output;
	char **command;
	pid_t pid;
	unsigned long long seconds;
	unsigned long long settle;
	const char *folded;
	struct trace_source source;
	struct leak_pins *pins;
	uint64_t before[2];
	uint64_t after[2];
};

enum leak_column {
	LEFT, STILL, CALLS, TAKEN, PID, COMM, FUNCTION, ADDRESS, PFN, CONTEXT, STACK, LEAK_COLUMNS
};

static const struct column leak_columns[LEAK_COLUMNS] = {
	[LEFT]		= { "LEFT", CELL_NUMBER, false, "pins that were not given back" },
	[STILL]		= { "STILL", CELL_NUMBER, false, "of these, pins of pages that look pinned now" },
	[CALLS]		= { "CALLS", CELL_NUMBER, false, "calls that took pins, from this place" },
	[TAKEN]		= { "TAKEN", CELL_NUMBER, false, "pins that they took" },
	[PID]		= { "PID", CELL_NUMBER, false, "process that made the calls" },
	[COMM]		= { "COMM", CELL_TEXT, false, "name of its thread" },
	[FUNCTION]	= { "FUNCTION", CELL_TEXT, false, "of the kernel, that took the pins" },
	[ADDRESS]	= { "ADDRESS", CELL_HEX, false, "of the first call: address, or offset in the file" },
	[PFN]		= { "PFN", CELL_HEX, false, "page frame number of a page that is left" },
	[CONTEXT]	= { "CONTEXT", CELL_TEXT, true, "process, kthread or interrupt" },
	[STACK]		= { "STACK", CELL_TEXT, true, "callers of the function, innermost first, with "
			    "semicolons between them" },
};

static const struct columns leak_table = { "leaks", leak_columns, LEAK_COLUMNS };

#define KEY_SETTLE	0x100
#define KEY_FOLDED	0x101

static error_t parse_leak(int key, char *argument, struct argp_state *state)
{
	struct leak *leak = state->input;

	switch (key) {
	case 'p':
		leak->pid = parse_number(state, "--pid", argument);
		if (leak->pid <= 0)
			argp_error(state, "--pid: give the number of a process");
		return 0;
	case 'd':
		leak->seconds = parse_number(state, "--duration", argument);
		return 0;
	case KEY_SETTLE:
		leak->settle = parse_number(state, "--settle", argument);
		return 0;
	case KEY_FOLDED:
		leak->folded = argument;
		return 0;
	case ARGP_KEY_ARGS:
		leak->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!leak->pid == !leak->command)
			argp_error(state, "name what to watch: either --pid PID or a COMMAND");
		if (leak->command && leak->seconds)
			argp_error(state, "--duration: a COMMAND ends by itself");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void read_counters(uint64_t *counters)
{
	/* Each CPU has a share of the counters until it is told to add it. A kernel for one CPU has no such file. */
	knob_set("/proc/sys/vm/stat_refresh", "1");
	if (vmstat_pins(&counters[0], &counters[1]))
		counters[0] = counters[1] = NOT_KNOWN;
}

static int add_records(struct leak *leak)
{
	int error;

	do {
		if (trace_source_read(&leak->source))
			return -1;
		for (size_t i = 0; i < leak->source.count; i++) {
			error = leak_pins_add(leak->pins, &leak->source.records[i]);
			if (error) {
				fprintf(stderr, "pincheck: cannot remember the pins: %s. Watch "
					"something smaller\n", strerror(-error));
				return -1;
			}
		}
	} while (leak->source.more);
	return 0;
}

/* SIGINT and SIGTERM go on to the command, whose end then ends this. Return: true at the end */
static bool command_has_ended(const struct leak *leak, int signals, int *status)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGCHLD) {
		kill(leak->pid, info.ssi_signo);
		return false;
	}
	return waitpid(leak->pid, status, WNOHANG) == leak->pid;
}

/* Return: 0 when it is over, -1 after an error. */
static int follow_command(struct leak *leak, int signals, int *status)
{
	struct pollfd wait = { .fd = signals, .events = POLLIN };

	for (;;) {
		if (poll(&wait, 1, INTERVAL) > 0 && command_has_ended(leak, signals, status))
			return 0;
		if (add_records(leak))
			return -1;
	}
}

static int follow_process(struct leak *leak, int signals, int process)
{
	struct pollfd wait[] = {
		{ .fd = signals, .events = POLLIN }, { .fd = process, .events = POLLIN },
	};
	unsigned long long waited = 0;

	while (poll(wait, ARRAY_SIZE(wait), INTERVAL) == 0) {
		if (add_records(leak))
			return -1;
		waited += INTERVAL;
		if (leak->seconds && waited >= leak->seconds * 1000)
			break;
	}
	return 0;
}

/* After the end of a process the kernel may give pins back by a work queue: io_uring does. */
static int settle_down(struct leak *leak)
{
	unsigned long long waited;

	if (add_records(leak))
		return -1;
	for (waited = 0; waited < leak->settle; waited += INTERVAL) {
		if (!leak_pins_left(leak->pins, true))
			break;
		poll(NULL, 0, INTERVAL);
		if (add_records(leak))
			return -1;
	}
	read_counters(leak->after);
	return add_records(leak);
}

static int look_at_page(struct taker *taker, __u64 pfn, void *data)
{
	struct pincheck_report report;
	const struct leak *leak = data;
	int error = pincheck_report(leak->source.session, &pfn, 1, &report);

	taker->pfn = pfn;
	if (!error && report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED)
		taker->still++;
	return error;
}

/* In @text, with @separator between them; innermost first. */
static void read_stack(const struct leak *leak, const struct taker *taker, char *text, char separator)
{
	size_t length;

	text[0] = 0;
	if (taker->call.stack)
		pincheck_trace_stack(leak->source.session, taker->call.stack, text, STACK_BYTES);
	length = strlen(text);
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			text[i] = i + 1 < length ? separator : 0;
}

static void add_taker_row(const struct leak *leak, const struct taker *taker, struct table *table)
{
	const struct pincheck_traced *call = &taker->call;
	static char stack[STACK_BYTES];

	table_row(table);
	table_set(table, LEFT, "%llu", taker->left);
	table_set(table, STILL, "%llu", taker->still);
	table_set(table, CALLS, "%llu", taker->calls);
	table_set(table, TAKEN, "%llu", taker->taken);
	if (call->pid)
		table_set(table, PID, "%d", call->pid);
	table_set(table, COMM, "%s", traced_caller(call));
	table_set(table, FUNCTION, "%s", pincheck_function_name(call->function));
	if (call->address)
		table_set(table, ADDRESS, "%#llx", call->address);
	if (taker->pfn)
		table_set(table, PFN, "%#llx", taker->pfn);
	table_set(table, CONTEXT, "%s", call->flags & PINCHECK_TRACED_INTERRUPT ? "interrupt" :
		  call->flags & PINCHECK_TRACED_KTHREAD ? "kthread" : "process");
	read_stack(leak, taker, stack, ';');
	if (*stack)
		table_set(table, STACK, "%s", stack);
}

static bool is_leak(const struct taker *taker)
{
	return taker->left && taker->call.flags & PINCHECK_TRACED_INSIDE;
}

static void print_stacks(const struct leak *leak)
{
	static char stack[STACK_BYTES];

	for (const struct taker *taker = leak->pins->takers; taker; taker = taker->next) {
		if (!is_leak(taker))
			continue;
		read_stack(leak, taker, stack, '\n');
		printf("\n%llu pins of %s by %s:\n", taker->left, traced_caller(&taker->call),
		       pincheck_function_name(taker->call.function));
		for (char *line = strtok(stack, "\n"); line; line = strtok(NULL, "\n"))
			printf("\t%s\n", line);
	}
}

/* A line of a flame graph: frames from the outermost on, semicolons between them, and a number. */
static void print_folded_line(const struct leak *leak, const struct taker *taker, FILE *file)
{
	static char stack[STACK_BYTES];
	char *end;

	for (const char *at = traced_caller(&taker->call); *at; at++)
		fputc(*at == ';' || *at == ' ' || *at == '\n' ? '_' : *at, file);
	read_stack(leak, taker, stack, '\n');
	for (end = stack + strlen(stack); end > stack;) {
		char *start = end;

		while (start > stack && start[-1] != '\n')
			start--;
		fputc(';', file);
		for (const char *at = start; at < end && *at && *at != '\n'; at++)
			fputc(*at == ' ' ? '_' : *at, file);
		end = start > stack ? start - 1 : stack;
	}
	fprintf(file, ";%s %llu\n", pincheck_function_name(taker->call.function), taker->left);
}

/* Return: 0, or -1 after printing an error. */
static int write_folded(const struct leak *leak)
{
	FILE *file = leak->folded ? fopen(leak->folded, "we") : NULL;
	bool failed = leak->folded && !file;

	if (file) {
		for (const struct taker *taker = leak->pins->takers; taker; taker = taker->next)
			if (is_leak(taker))
				print_folded_line(leak, taker, file);
		failed = ferror(file);
		failed |= fclose(file) != 0;
	}
	if (failed)
		fprintf(stderr, "pincheck: cannot write %s: %s. Name a file in a directory that you may "
			"write to\n", leak->folded, strerror(errno));
	return failed ? -1 : 0;
}

static bool counters_known(const struct leak *leak)
{
	return leak->before[0] != NOT_KNOWN && leak->after[0] != NOT_KNOWN;
}

static void print_summary(const struct leak *leak)
{
	const struct leak_pins *pins = leak->pins;

	printf("recorded: %llu pins taken, %llu given back (%llu of them taken before); %llu left",
	       pins->acquired, pins->released, pins->unknown, leak_pins_left(pins, true));
	if (leak_pins_left(pins, false))
		printf(", and %llu of others", leak_pins_left(pins, false));
	putchar('\n');
	if (counters_known(leak))
		printf("counted by the kernel, for the whole machine: %llu acquired, %llu released\n",
		       (unsigned long long)(leak->after[0] - leak->before[0]),
		       (unsigned long long)(leak->after[1] - leak->before[1]));
}

static json_t *summary_json(const struct leak *leak, bool unsure)
{
	const struct leak_pins *pins = leak->pins;
	json_t *root = json_pack("{sI, sI, sI, sI, sI, sI, sI, sb}",
		"taken", (json_int_t)pins->acquired, "given_back", (json_int_t)pins->released,
		"taken_before", (json_int_t)pins->unknown,
		"left", (json_int_t)leak_pins_left(pins, true),
		"left_of_others", (json_int_t)leak_pins_left(pins, false),
		"lost", (json_int_t)leak->source.state.lost,
		"missed", (json_int_t)leak->source.state.missed, "unsure", unsure);

	if (counters_known(leak)) {
		json_object_set_new(root, "counted_acquired",
				    json_integer(leak->after[0] - leak->before[0]));
		json_object_set_new(root, "counted_released",
				    json_integer(leak->after[1] - leak->before[1]));
	}
	return root;
}

static int print_leaks(struct leak *leak, struct table *table, bool unsure)
{
	json_t *root;

	for (const struct taker *taker = leak->pins->takers; taker; taker = taker->next)
		if (is_leak(taker))
			add_taker_row(leak, taker, table);
	if (leak->output.json) {
		root = json_object();
		json_object_set_new(root, "summary", summary_json(leak, unsure));
		json_object_set_new(root, "leaks", table_json(table));
		return table_print_json(table, root);
	}
	if (!leak->output.raw && !leak->output.no_headings)
		print_summary(leak);
	if (table_rows(table) && table_print(table))
		return -EIO;
	if (!leak->output.raw && !leak->output.columns)
		print_stacks(leak);
	return fflush(stdout) ? -EIO : 0;
}

static int report_leaks(struct leak *leak, struct table *table)
{
	bool unsure = trace_source_warn(&leak->source) || leak->pins->cut;
	int error = leak_pins_visit(leak->pins, look_at_page, leak);

	if (leak->pins->cut)
		fprintf(stderr, "pincheck: %llu calls were for more pages than a record names. Watch "
			"something that pins less at once\n", leak->pins->cut);
	if (error)
		fprintf(stderr, "pincheck: cannot look at the pages that are left: %s. " NEEDS_ROOT "\n",
			strerror(-error));
	if (error || print_leaks(leak, table, unsure) || write_folded(leak))
		return EXIT_USAGE;
	if (unsure)
		return EXIT_CANNOT_TELL;
	return leak_pins_left(leak->pins, true) ? EXIT_BROKEN : EXIT_KEPT;
}

static void print_status(const struct leak *leak, int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "pincheck: %s was ended by signal %d\n", leak->command[0],
			WTERMSIG(status));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "pincheck: %s ended with exit code %d\n", leak->command[0],
			WEXITSTATUS(status));
}

/* An orphan of the command is a child of this process from then on: so it stays in the tree. */
static int watch_command_run(struct leak *leak, int signals, struct table *table)
{
	const __u32 flags = PINCHECK_TRACE_TREE | PINCHECK_TRACE_OTHERS | PINCHECK_TRACE_STACKS;
	int status = 0, error;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (trace_source_begin(&leak->source, getpid(), flags))
		return EXIT_USAGE;
	read_counters(leak->before);
	if (leak->output.json)
		trace_source_print_begin(&leak->source);
	error = keep_spawn(leak->command, &leak->pid);
	if (error) {
		fprintf(stderr, "pincheck: cannot run %s: %s. Name a program that is in PATH\n",
			leak->command[0], strerror(error));
		return EXIT_USAGE;
	}
	if (follow_command(leak, signals, &status) || settle_down(leak))
		return EXIT_USAGE;
	print_status(leak, status);
	return report_leaks(leak, table);
}

/* A program waits for this line before it does what is to be watched. */
static void print_begin(const struct leak *leak)
{
	if (leak->output.json)
		trace_source_print_begin(&leak->source);
	else
		fprintf(stderr, "watching process %d: SIGINT (Ctrl-C) ends this\n", leak->pid);
}

static int watch_process_run(struct leak *leak, int signals, struct table *table)
{
	const __u32 flags = PINCHECK_TRACE_OTHERS | PINCHECK_TRACE_STACKS;
	int process = syscall(SYS_pidfd_open, leak->pid, 0), code = EXIT_USAGE;

	if (!trace_source_begin(&leak->source, leak->pid, flags)) {
		read_counters(leak->before);
		print_begin(leak);
		if (!follow_process(leak, signals, process) && !settle_down(leak))
			code = report_leaks(leak, table);
	}
	if (process >= 0)
		close(process);
	return code;
}

static int run_leak(void *input, struct table *table)
{
	struct leak *leak = input;
	int signals = keep_signals(leak->command ? SIGCHLD : 0), code = EXIT_USAGE;

	leak->pins = calloc(1, sizeof(*leak->pins));
	if (leak->pins) {
		code = leak->command ? watch_command_run(leak, signals, table) :
				       watch_process_run(leak, signals, table);
		leak_pins_free(leak->pins);
	}
	trace_source_end(&leak->source);
	free(leak->pins);
	close(signals);
	return code;
}

int leak_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pid", 'p', "PID", 0, "watch this process, until it ends", 0 },
		{ "duration", 'd', "SECONDS", 0, "watch the process for this time at most", 0 },
		{ "settle", KEY_SETTLE, "MS", 0, "milliseconds that the kernel has afterwards to give pins "
		  "back [1000]", 0 },
		{ "folded", KEY_FOLDED, "FILE", 0, "write the call stacks of the pins that are left as lines "
		  "for flamegraph.pl", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_leak,
		.args_doc = "--pid PID\n-- COMMAND...",
		.doc = "Print the pins that COMMAND and its descendants, or a process, took and that nobody "
		       "gave back, with the kernel's call stacks. Exit code: 0 nothing is left, 1 pins are "
		       "left, 2 an error, 4 records are missing, so that neither is sure.",
	};
	struct leak leak = { .output.lines = true, .settle = 1000, .source.session = -1 };
	const struct table_command command = {
		.argp = &argp, .input = &leak, .output = &leak.output, .columns = &leak_table,
		.run = run_leak,
	};

	return table_command(&command, argc, argv);
}
