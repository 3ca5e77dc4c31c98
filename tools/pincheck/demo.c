// SPDX-License-Identifier: GPL-2.0-only
/* pincheck demo: a dozen scenarios of a finished run, as a table. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "tools/ktap/ktap.h"
#include "tools/lib/pairs.h"
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

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
 * @mapped: PFN that the process has mapped after the event
 * @child: PFN that the child has mapped
 * @held: PFN that the device holds
 * @path: by which GUP found the page
 * @pins: on the page
 * @reason: why the test was skipped or is known to fail
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
	struct output output;
	struct performance performances[ARRAY_SIZE(acts)];
};

static const char *const verdicts[KTAP_OUTCOMES] = {
	[KTAP_PASS]	= "kept",
	[KTAP_FAIL]	= "BROKEN",
	[KTAP_SKIP]	= "skipped",
	[KTAP_XFAIL]	= "broken, as known",
	[KTAP_XPASS]	= "kept (known-issues is stale)",
	[KTAP_TIMEOUT]	= "TIMEOUT",
	[KTAP_ERROR]	= "ERROR",
};

/* Of several lines with the same key, the first one counts. */
static void read_evidence(struct performance *performance, const char *line)
{
	struct performance now = { 0 };

	pairs_find(line, "pfn", now.mapped, sizeof(now.mapped));
	if (!performance->child[0])
		pairs_find(line, "child_pfn", performance->child, sizeof(performance->child));
	if (!performance->held[0] && pairs_find(line, "held", now.held, sizeof(now.held))) {
		strcpy(performance->held, now.held);
		strcpy(performance->mapped, now.mapped);
		pairs_find(line, "path", performance->path, sizeof(performance->path));
		pairs_find(line, "pins", performance->pins, sizeof(performance->pins));
	} else if (!performance->mapped[0]) {
		strcpy(performance->mapped, now.mapped);
	}
}

static void read_diagnostics(struct performance *performance, const char *diagnostics)
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
		read_diagnostics(performance, test->diagnostics);
	}
}

static int read_results(struct demo *demo)
{
	static const struct ktap_ops ops = { .test = on_test };
	int error = ktap_read(demo->file, &ops, demo);

	if (error)
		fprintf(stderr, "pincheck: cannot read %s: %s. Run the suite first: make demo\n",
			demo->file, strerror(-error));
	return error;
}

enum act_column {
	WHAT, PROMISE, DEVICE, PROCESS, CHILD, PATH, PINS, VERDICT, SCENARIO, REASON, COLUMNS
};

static const struct column columns[COLUMNS] = {
	[WHAT]		= { "WHAT", CELL_TEXT, false, "what happens" },
	[PROMISE]	= { "PROMISE", CELL_TEXT, false, "the invariant that the scenario is about" },
	[DEVICE]	= { "DEVICE", CELL_HEX, false, "page frame number that the device holds" },
	[PROCESS]	= { "PROCESS", CELL_HEX, false, "page frame number that the process has mapped afterwards" },
	[CHILD]		= { "CHILD", CELL_HEX, false, "page frame number that the child has mapped afterwards" },
	[PATH]		= { "PATH", CELL_TEXT, false, "path of GUP that found the page: fast, slow" },
	[PINS]		= { "PINS", CELL_NUMBER, false, "pins on the page" },
	[VERDICT]	= { "VERDICT", CELL_TEXT, false, "was the promise kept?" },
	[SCENARIO]	= { "SCENARIO", CELL_TEXT, true, "name of the test, for TESTS=" },
	[REASON]	= { "REASON", CELL_TEXT, true, "why the test was skipped or is known to fail" },
};

static void set_if_known(struct table *table, size_t column, const char *text)
{
	if (*text)
		table_set(table, column, "%s", text);
}

static void add_act(struct table *table, const struct act *act,
		    const struct performance *performance)
{
	table_row(table);
	table_set(table, WHAT, "%s", act->what);
	table_set(table, PROMISE, "%s", act->promise);
	set_if_known(table, DEVICE, performance->held);
	set_if_known(table, PROCESS, performance->mapped);
	set_if_known(table, CHILD, performance->child);
	set_if_known(table, PATH, performance->path);
	set_if_known(table, PINS, performance->pins);
	table_set(table, VERDICT, "%s", performance->seen ? verdicts[performance->outcome] :
		  "no result");
	table_set(table, SCENARIO, "%s", act->test);
	set_if_known(table, REASON, performance->reason);
}

static bool went_well(const struct performance *performance)
{
	return performance->seen && !ktap_is_failure(performance->outcome) &&
	       performance->outcome != KTAP_SKIP;
}

static size_t count_good(const struct demo *demo)
{
	size_t good = 0;

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		good += went_well(&demo->performances[i]);
	return good;
}

/* For people: why a test was skipped or is known to fail takes a line of its own. */
static void print_conclusion(const struct demo *demo)
{
	putchar('\n');
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (demo->performances[i].reason[0])
			printf("%s: %s\n", acts[i].what, demo->performances[i].reason);
	}
	printf("DEVICE, PROCESS, CHILD: the page frame each of them has after the event.\n");
	printf("%zu of %zu as expected. All evidence: %s\n", count_good(demo), ARRAY_SIZE(acts),
	       demo->file);
}

static int print_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		printf("%s%s", i ? " " : "", acts[i].test);
	putchar('\n');
	return EXIT_KEPT;
}

static int run_demo(void *input, struct table *table)
{
	struct demo *demo = input;

	if (demo->list)
		return print_names();
	if (read_results(demo))
		return EXIT_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		add_act(table, &acts[i], &demo->performances[i]);
	if (table_print(table))
		return EXIT_USAGE;
	if (!demo->output.json && !demo->output.raw && !demo->output.columns)
		print_conclusion(demo);
	return count_good(demo) == ARRAY_SIZE(acts) ? EXIT_KEPT : EXIT_BROKEN;
}

static error_t parse_demo(int key, char *argument, struct argp_state *state)
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
		.options = options, .parser = parse_demo, .args_doc = "RESULTS.ktap",
		.doc = "Show a dozen scenarios of a finished run as a table. Exit 0 if each went as expected.",
	};
	static const struct columns acts_columns = { "acts", columns, COLUMNS };
	struct demo demo = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &demo, .output = &demo.output, .columns = &acts_columns,
		.run = run_demo,
	};

	return table_command(&command, argc, argv);
}
