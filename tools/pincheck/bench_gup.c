// SPDX-License-Identifier: GPL-2.0-only
/* pincheck bench gup: the microbenchmark of GUP. What it measures: tools/bench/gup_rows.c. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench/bench.h"
#include "tools/lib/cause.h"
#include "tools/lib/cause.h"
#include "tools/pincheck/bench_gup.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/progress.h"
#include "tools/table/table.h"

/**
 * struct gup_options - the arguments
 * @rows: glob of names
 * @load: a file whose figures are printed instead of measured ones, @compare: a file to compare with
 * @save: and @plot: files to write
 */
struct gup_options {
	struct output output;
	struct gup_plan plan;
	const char *rows;
	const char *load;
	const char *save;
	const char *compare;
	const char *plot;
};

enum gup_column {
	NAME, THREADS, PAGES, FAST, SLOW, TAKE, TAKE_TAIL, GIVE, GIVE_TAIL, CALL, ROUND, LOW, HIGH,
	CHANGE, VERDICT, WHY, GUP_COLUMNS
};

static const struct column rows[GUP_COLUMNS] = {
	[NAME]		= { "NAME", CELL_TEXT, false, "call, memory, and state of the memory before each call" },
	[THREADS]	= { "THREADS", CELL_NUMBER, false, "threads that call at the same time" },
	[PAGES]		= { "PAGES", CELL_NUMBER, false, "base pages of a call" },
	[FAST]		= { "FAST", CELL_NUMBER, false, "of these, pages that GUP-fast took" },
	[SLOW]		= { "SLOW", CELL_NUMBER, false, "of these, pages that came under mmap_lock" },
	[TAKE]		= { "TAKE", CELL_NUMBER, false, "nanoseconds to take a page: median" },
	[TAKE_TAIL]	= { "TAKE-TAIL", CELL_NUMBER, false, "the same: 99 of 100 calls were faster" },
	[GIVE]		= { "GIVE", CELL_NUMBER, false, "nanoseconds to give a page back: median" },
	[GIVE_TAIL]	= { "GIVE-TAIL", CELL_NUMBER, true, "the same: 99 of 100 calls were faster" },
	[CALL]		= { "CALL", CELL_NUMBER, false, "nanoseconds to take all pages of a call: median" },
	[ROUND]		= { "ROUND", CELL_NUMBER, true, "nanoseconds to take and give back a page: median" },
	[LOW]		= { "LOW", CELL_NUMBER, true, "the same, of the fastest pass" },
	[HIGH]		= { "HIGH", CELL_NUMBER, true, "the same, of the slowest pass" },
	[CHANGE]	= { "CHANGE", CELL_TEXT, false, "ROUND against that of the other run (--compare)" },
	[VERDICT]	= { "VERDICT", CELL_TEXT, false, "same, faster, slower; new: the other run has no such figure" },
	[WHY]		= { "WHY", CELL_TEXT, false, "why a row was not measured" },
};

static void name_row(const struct gup_row *row, char name[GUP_NAME])
{
	snprintf(name, GUP_NAME, "%s/%s/%s%s%s", row->call->name, usermem_kinds[row->memory].name,
		 gup_state_name(row->state), row->one_page ? "/one-page" : "",
		 row->threads ? "" : row->shared ? "/threads-shared" : "/threads");
}

static bool is_chosen(const struct gup_options *options, const struct gup_row *row)
{
	char name[GUP_NAME];

	name_row(row, name);
	return !options->rows || !fnmatch(options->rows, name, 0);
}

/* Numbers are in order after this. */
static double percentile_99(const double *sorted, size_t count)
{
	return sorted[(count * 99 + 99) / 100 - 1];
}

static void fill_figure(struct gup_result *result, struct gup_figure *figure)
{
	struct gup_samples *samples = &result->samples;
	double pages = (double)result->pages;

	name_row(result->row, figure->name);
	figure->threads = result->threads;
	figure->pages = result->pages;
	if (figure->why[0])
		return;
	figure->samples = samples->count;
	figure->fast = (double)result->fast;
	figure->slow = (double)result->slow;
	figure->call = bench_median(samples->take, samples->count);
	figure->take = figure->call / pages;
	figure->take_p99 = percentile_99(samples->take, samples->count) / pages;
	figure->give = bench_median(samples->give, samples->count) / pages;
	figure->give_p99 = percentile_99(samples->give, samples->count) / pages;
	figure->median = bench_median(result->medians, result->passes) / pages;
	figure->low = result->medians[0] / pages;
	figure->high = result->medians[result->passes - 1] / pages;
}

/* A row that failed once is not tried again. */
static void measure_pass(const struct gup_options *options, struct gup_result *results,
			 struct gup_figure *figures)
{
	for (size_t i = 0; i < gup_rows_count(); i++) {
		if (!is_chosen(options, &gup_rows[i]) || results[i].error)
			continue;
		results[i].error = gup_measure(&gup_rows[i], &options->plan, &results[i]);
		if (results[i].error)
			snprintf(figures[i].why, GUP_WHY, "%s", cause_of(results[i].error));
	}
}

static void run_passes(const struct gup_options *options, struct gup_result *results, struct gup_figures *figures)
{
	struct progress progress;

	progress_begin(&progress);
	for (unsigned int pass = 0; pass < options->plan.passes; pass++) {
		progress_show(&progress, "passes", pass, options->plan.passes);
		measure_pass(options, results, figures->figures);
	}
	progress_end(&progress);
	for (size_t i = 0; i < gup_rows_count(); i++) {
		struct gup_figure figure = figures->figures[i];

		if (is_chosen(options, &gup_rows[i])) {
			fill_figure(&results[i], &figure);
			figures->figures[figures->count++] = figure;
		}
		free(results[i].samples.take);
		free(results[i].samples.give);
	}
}

static int measure_all(const struct gup_options *options, struct gup_figures *figures)
{
	struct gup_result *results = calloc(gup_rows_count(), sizeof(*results));

	figures->figures = calloc(gup_rows_count(), sizeof(*figures->figures));
	if (results && figures->figures)
		run_passes(options, results, figures);
	free(results);
	return results && figures->figures ? 0 : -ENOMEM;
}

static void add_gup_figure(struct table *table, const struct gup_figure *figure)
{
	table_row(table);
	table_set(table, NAME, "%s", figure->name);
	table_set(table, THREADS, "%u", figure->threads);
	if (figure->why[0]) {
		table_set(table, WHY, "%s", figure->why);
		return;
	}
	table_set(table, PAGES, "%zu", figure->pages);
	table_set(table, FAST, "%.0f", figure->fast);
	table_set(table, SLOW, "%.0f", figure->slow);
	table_set(table, TAKE, "%.4g", figure->take);
	table_set(table, TAKE_TAIL, "%.4g", figure->take_p99);
	table_set(table, GIVE, "%.4g", figure->give);
	table_set(table, GIVE_TAIL, "%.4g", figure->give_p99);
	table_set(table, CALL, "%.0f", figure->call);
	table_set(table, ROUND, "%.4g", figure->median);
	table_set(table, LOW, "%.4g", figure->low);
	table_set(table, HIGH, "%.4g", figure->high);
}

/* Return: is the figure slower than in the other run? */
static bool add_change(struct table *table, const struct gup_figures *old, const struct gup_figure *figure)
{
	static const char *const verdicts[] = {
		[GUP_SAME] = "same", [GUP_FASTER] = "faster", [GUP_SLOWER] = "slower", [GUP_NEW] = "new",
	};
	double ratio;
	enum gup_change change = gup_figures_compare(old, figure, &ratio);

	table_set(table, VERDICT, "%s", verdicts[change]);
	if (change != GUP_NEW)
		table_set(table, CHANGE, "%+.1f %%", (ratio - 1) * 100);
	return change == GUP_SLOWER;
}

/* Return: exit code */
static int print_figures(const struct gup_options *options, struct table *table,
			 const struct gup_figures *figures, const struct gup_figures *old)
{
	bool slower = false;

	for (size_t i = 0; i < figures->count; i++) {
		add_gup_figure(table, &figures->figures[i]);
		if (options->compare)
			slower |= add_change(table, old, &figures->figures[i]);
	}
	if (table_print(table))
		return EXIT_USAGE;
	if (options->save && gup_figures_save(figures, &options->plan, options->save))
		return EXIT_USAGE;
	if (options->plot && gup_plot(figures, options->compare ? old : NULL, options->plot))
		return EXIT_USAGE;
	return slower ? EXIT_BROKEN : EXIT_KEPT;
}

/* Measures, or reads what was measured. Return: 0 or a negative errno, after printing an error */
static int get_figures(const struct gup_options *options, struct gup_figures *figures)
{
	int session;

	if (options->load)
		return gup_figures_load(figures, options->load);
	session = open_session();
	if (session < 0)
		return -ENODEV;
	close(session);
	if (measure_all(options, figures)) {
		fprintf(stderr, "pincheck: there is no memory for the samples. Measure less: --repeats, --passes\n");
		return -ENOMEM;
	}
	if (figures->count)
		return 0;
	fprintf(stderr, "pincheck: no row matches '%s'. All rows: pincheck bench gup -o NAME --passes 1\n",
		options->rows);
	return -ENOENT;
}

static int run_gup(void *input, struct table *table)
{
	const struct gup_options *options = input;
	struct gup_figures figures = { 0 }, old = { 0 };
	int code = EXIT_USAGE;

	if (!options->compare || !gup_figures_load(&old, options->compare)) {
		if (!get_figures(options, &figures))
			code = print_figures(options, table, &figures, &old);
	}
	gup_figures_free(&figures);
	gup_figures_free(&old);
	return code;
}

/* @text as a number from @least to @most; else an error ends the program. */
static unsigned int parse_bounded(const struct argp_state *state, const char *option, const char *text,
				  unsigned long long least, unsigned long long most)
{
	unsigned long long number = parse_number(state, option, text);

	if (number < least || number > most) {
		argp_error(state, "%s %s: is a number from %llu to %llu", option, text, least, most);
		exit(EXIT_USAGE);
	}
	return (unsigned int)number;
}

#define SIZE_LEAST	(2ULL << 20)
#define SIZE_MOST	(1ULL << 30)

static error_t parse_gup(int key, char *argument, struct argp_state *state)
{
	struct gup_options *options = state->input;
	struct gup_plan *plan = &options->plan;

	switch (key) {
	case 'R':
		options->rows = argument;
		return 0;
	case 'b':
		plan->bytes = parse_bounded(state, "--size", argument, SIZE_LEAST, SIZE_MOST);
		return 0;
	case 'p':
		plan->passes = parse_bounded(state, "--passes", argument, 1, GUP_PASSES_MAX);
		return 0;
	case 'c':
		plan->repeats = parse_bounded(state, "--repeats", argument, 1, PINCHECK_BENCH_ROUNDS_MAX);
		return 0;
	case 'w':
		plan->warm_up = parse_bounded(state, "--warm-up", argument, 1, PINCHECK_BENCH_ROUNDS_MAX);
		return 0;
	case 't':
		plan->threads = parse_bounded(state, "--threads", argument, 1, 1024);
		return 0;
	case 'l':
		options->load = argument;
		return 0;
	case 's':
		options->save = argument;
		return 0;
	case 'C':
		options->compare = argument;
		return 0;
	case 'P':
		options->plot = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int bench_gup_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "rows", 'R', "GLOB", 0, "only rows whose NAME matches, as in 'pin-fast-*/thp/*'", 0 },
		{ "size", 'b', "BYTES", 0, "memory of each thread [16M], and of each call but those of one page", 0 },
		{ "passes", 'p', "N", 0, "times that all rows are measured, each on memory of its own [7]", 0 },
		{ "repeats", 'c', "N", 0, "calls of a row and pass that count [10]", 0 },
		{ "warm-up", 'w', "N", 0, "calls before them that do not count [2]", 0 },
		{ "threads", 't', "N", 0, "threads of the rows with threads [as many as there are processors]", 0 },
		{ "load", 'l', "FILE", 0, "print the figures of FILE, which --save wrote, and measure nothing", 0 },
		{ "save", 's', "FILE", 0, "write the figures there, as JSON", 0 },
		{ "compare", 'C', "FILE", 0, "compare with the figures of another run; exit 1 if something is slower", 0 },
		{ "plot", 'P', "FILE", 0, "draw the figures as SVG, by gnuplot", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_gup,
		.doc = "Measure the kernel's GUP calls: what it costs to pin a page, to reference it, and to give "
		       "it back, by the fast and the slow path, on memory that is there, that has to be faulted "
		       "in, and that copy-on-write has to reuse, copy or unshare. A machine that measures should do "
		       "nothing else meanwhile.",
	};
	static const struct columns columns = { "gup", rows, GUP_COLUMNS };
	struct gup_options given = {
		.plan = { .bytes = 16 * MIB, .passes = 7, .warm_up = 2, .repeats = 10 },
	};
	const struct table_command command = {
		.argp = &argp, .input = &given, .output = &given.output, .columns = &columns, .run = run_gup,
	};

	return table_command(&command, argc, argv);
}
