// SPDX-License-Identifier: GPL-2.0-only
/* pincheck demo: a dozen telling scenarios of a finished run, as a table a person can read. */
#include <argp.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/ktap.h"
#include "tools/pincheck/pincheck.h"

/**
 * struct act - a scenario worth showing
 * @test: as the suite names it
 * @promise: the invariant it is about
 * @what: happens, in words
 */
static const struct act {
	const char *test;
	const char *promise;
	const char *what;
} acts[] = {
#include "acts.inc"
};

/**
 * struct performance - how an act went
 * @seen: the run has a result for it
 * @outcome: of the test
 * @mapped: PFN the process has now
 * @child: PFN the child has
 * @held: PFN the device has
 * @path: by which GUP found it
 * @pins: on the page
 * @reason: why it was skipped or is known to be broken
 */
struct performance {
	bool seen;
	enum ktap_outcome outcome;
	char mapped[24];
	char child[24];
	char held[24];
	char path[16];
	char pins[16];
	char reason[120];
};

struct demo {
	const char *file;
	bool list;
	struct performance performances[ARRAY_SIZE(acts)];
};

static const struct shown {
	const char *verdict;
	const char *color;
} shown[KTAP_OUTCOMES] = {
	[KTAP_PASS]	= { "kept", "green" },
	[KTAP_FAIL]	= { "BROKEN", "red" },
	[KTAP_SKIP]	= { "skipped", "yellow" },
	[KTAP_XFAIL]	= { "broken, as known", "yellow" },
	[KTAP_XPASS]	= { "kept (known-issues is stale)", "red" },
	[KTAP_TIMEOUT]	= { "TIMEOUT", "red" },
	[KTAP_ERROR]	= { "ERROR", "red" },
};

#define PFN	"%23[0-9a-f]"

/*
 * A line of evidence reads "SYNC kept [rows]: page 0 pfn 1a2 held 1a2 fast ref 1026 map 1 pins 1",
 * or, about a child, "ISOLATION kept [rows]: child sees before, pfn 1b3, parent 1a2". The first
 * line that tells something is believed.
 */
static void read_evidence(struct performance *performance, const char *line)
{
	struct performance now = { 0 };
	const char *pfn = strstr(line, " pfn "), *pins = strstr(line, " pins ");

	if (!pfn)
		return;
	if (strstr(line, ": child ")) {
		if (!performance->child[0])
			sscanf(pfn, " pfn " PFN, performance->child);
		return;
	}
	if (sscanf(pfn, " pfn " PFN " held " PFN " %15[a-z]", now.mapped, now.held, now.path) == 3) {
		if (performance->held[0])
			return;
		strcpy(performance->held, now.held);
		strcpy(performance->path, now.path);
		strcpy(performance->mapped, now.mapped);
		if (pins)
			sscanf(pins, " pins %15[0-9]", performance->pins);
	} else if (!performance->mapped[0]) {
		strcpy(performance->mapped, now.mapped);
	}
}

static void find_evidence(struct performance *performance, const char *diagnostics)
{
	char *lines = strdup(diagnostics ?: ""), *rest = lines, *line;

	while (lines && (line = strsep(&rest, "\n")))
		read_evidence(performance, line);
	free(lines);
}

static void on_test(void *context, const struct ktap_test *test)
{
	struct demo *demo = context;

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct performance *performance = &demo->performances[i];

		if (strcmp(test->name, acts[i].test))
			continue;
		performance->seen = true;
		performance->outcome = test->outcome;
		snprintf(performance->reason, sizeof(performance->reason), "%s", test->reason);
		find_evidence(performance, test->diagnostics);
	}
}

static int read_results(struct demo *demo)
{
	static const struct ktap_ops ops = { .test = on_test };
	struct ktap_reader *reader = ktap_reader_new(&ops, demo);
	FILE *file = fopen(demo->file, "re");
	char buffer[8192];
	size_t got;

	if (!reader || !file) {
		fprintf(stderr, "pincheck: cannot read %s: %s. Run the suite first: make demo\n",
			demo->file, strerror(errno));
		ktap_reader_free(reader);
		return -1;
	}
	while ((got = fread(buffer, 1, sizeof(buffer), file)))
		ktap_reader_feed(reader, buffer, got);
	ktap_reader_finish(reader);
	ktap_reader_free(reader);
	fclose(file);
	return 0;
}

enum act_column { SCENARIO, PROMISE, HELD, MAPPED, CHILD, PATH, PINS, VERDICT, COLUMNS };

static void fill_line(struct libscols_line *line, const struct act *act,
		      const struct performance *performance)
{
	const struct shown *how = &shown[performance->outcome];

	scols_line_set_data(line, SCENARIO, act->what);
	scols_line_set_data(line, PROMISE, act->promise);
	scols_line_set_data(line, HELD, performance->held);
	scols_line_set_data(line, MAPPED, performance->mapped);
	scols_line_set_data(line, CHILD, performance->child);
	scols_line_set_data(line, PATH, performance->path);
	scols_line_set_data(line, PINS, performance->pins);
	scols_line_set_data(line, VERDICT, performance->seen ? how->verdict : "no result");
	scols_cell_set_color(scols_line_get_cell(line, VERDICT),
			     performance->seen ? how->color : "red");
}

static int print_table(const struct demo *demo)
{
	static const char *const names[COLUMNS] = {
		"WHAT HAPPENS", "PROMISE", "DEVICE", "PROCESS", "CHILD", "PATH", "PINS", "VERDICT",
	};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return -1;
	scols_table_enable_colors(table, isatty(STDOUT_FILENO));
	for (size_t i = 0; i < COLUMNS; i++)
		scols_table_new_column(table, names[i], 0, i == PINS ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line)
			fill_line(line, &acts[i], &demo->performances[i]);
	}
	scols_print_table(table);
	scols_unref_table(table);
	return 0;
}

static bool went_well(const struct performance *performance)
{
	return performance->seen && !ktap_is_failure(performance->outcome) &&
	       performance->outcome != KTAP_SKIP;
}

/* What the table cannot say in a word: why something is known to be broken, or was skipped. */
static int print_conclusion(const struct demo *demo)
{
	size_t well = 0;

	putchar('\n');
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		const struct performance *performance = &demo->performances[i];

		well += went_well(performance);
		if (performance->reason[0])
			printf("%s: %s\n", acts[i].what, performance->reason);
	}
	printf("DEVICE, PROCESS, CHILD: the page frame each of them has after the event.\n");
	printf("%zu of %zu as expected. All evidence: %s\n", well, ARRAY_SIZE(acts), demo->file);
	return well == ARRAY_SIZE(acts) ? EXIT_KEPT : EXIT_BROKEN;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct demo *demo = state->input;

	switch (key) {
	case 'l':
		demo->list = true;
		return 0;
	case ARGP_KEY_ARG:
		if (demo->file)
			argp_usage(state);
		demo->file = argument;
		return 0;
	case ARGP_KEY_END:
		if (!demo->file && !demo->list)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int demo_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "list", 'l', NULL, 0, "print the names of the scenarios, for TESTS=", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "RESULTS.ktap",
		.doc = "A dozen telling scenarios of a finished run, as a table. Exit 0 if each went as expected.",
	};
	struct demo demo = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &demo);
	if (demo.list) {
		for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
			printf("%s%s", i ? " " : "", acts[i].test);
		putchar('\n');
		return 0;
	}
	if (read_results(&demo) || print_table(&demo))
		return EXIT_USAGE;
	return print_conclusion(&demo);
}
