// SPDX-License-Identifier: GPL-2.0-only
/* pincheck bench: the cost of the module, compared with that of the kernel. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench/bench.h"
#include "tools/lib/cause.h"
#include "tools/lib/directory.h"
#include "tools/ktap/ktap.h"
#include "tools/pincheck/bench_figures.h"
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

/**
 * struct bench_options - the arguments: files to read, and one to write
 * @run: of the whole suite
 * @cow_run: of the topics that compare with cow.c
 * @save: gets all numbers, as one flat JSON object
 */
struct bench_options {
	struct output output;
	const char *icount;
	const char *time;
	const char *run;
	const char *cow_run;
	const char *save;
};

/* Where add_number() adds: a measurement passes it no other argument. */
static struct stream *measured;

static void add_number(const char *name, double value)
{
	stream_add(measured, name, value);
}

static int measure_here(struct stream *stream)
{
	struct bench bench = { .rounds = BENCH_ROUNDS, .tell = add_number };
	int failed = 0;

	bench.session = open_session();
	if (bench.session < 0)
		return -1;
	measured = stream;
	for (size_t i = 0; i < BENCH_PARTS; i++) {
		int error = sysconf(_SC_NPROCESSORS_ONLN) < bench_parts[i].needs ? 0 :
			    bench_parts[i].run(&bench);

		failed += !!error;
		if (error)
			fprintf(stderr, "pincheck: part %s was not measured: %s. Repeat it: pincheck bench\n",
				bench_parts[i].name, cause_of(error));
	}
	close(bench.session);
	return failed;
}

static void on_diagnostic(void *context, unsigned int depth, const char *text)
{
	char name[STREAM_NAME];
	double value;

	(void)depth;
	if (sscanf(text, "bench %47s %lf", name, &value) == 2)
		stream_add(context, name, value);
}

static void on_test(void *context, const struct ktap_test *test)
{
	struct stream *stream = context;

	stream->failed += ktap_is_failure(test->outcome);
}

static void on_problem(void *context, enum ktap_problem problem, unsigned int depth,
		       const char *detail)
{
	struct stream *stream = context;

	(void)problem;
	(void)depth;
	(void)detail;
	stream->failed++;
}

/* Read the numbers of a guest. Return: number of failed measurements; -1 if @path cannot be read. */
static int read_ktap(const char *path, struct stream *stream)
{
	static const struct ktap_ops ops = {
		.diagnostic = on_diagnostic, .test = on_test, .problem = on_problem,
	};
	int error = ktap_read(path, &ops, stream);

	if (error) {
		fprintf(stderr, "pincheck: cannot read %s: %s. Run: make bench\n", path,
			strerror(-error));
		return -1;
	}
	if (stream->failed)
		fprintf(stderr, "pincheck: some measurements failed, see %s. Repeat them: make bench\n", path);
	return stream->failed;
}

/* Adds number @key of @numbers as @name. Return: whether there is one. */
static bool add_run_number(struct stream *stream, const char *name, const json_t *numbers, const char *key)
{
	const json_t *number = json_object_get(numbers, key);

	if (json_is_number(number))
		stream_add(stream, name, json_number_value(number));
	return json_is_number(number);
}

/* The numbers of a run of the whole suite, or of its topics of COW. */
static int read_run(const char *path, bool whole, struct stream *stream)
{
	json_t *run = json_load_file(path, 0, NULL);
	bool complete;

	if (whole)
		complete = add_run_number(stream, "cases_per_s", run, "cases_per_s") &&
			   add_run_number(stream, "image_to_first_test_s", json_object_get(run, "times"),
					  "image_to_first_test_s");
	else
		complete = add_run_number(stream, "cow_cases_per_s", run, "cases_per_s");
	if (!complete)
		fprintf(stderr, "pincheck: %s has no times of a run. Run: make bench\n", path);
	json_decref(run);
	return complete ? 0 : -1;
}

/* Three significant digits, or four. */
static double round_value(double value)
{
	double scale;

	if (!(fabs(value) > 0))
		return 0;
	scale = pow(10, 4 - ceil(log10(fabs(value))));
	return scale > 1 ? round(value * scale) / scale : round(value);
}

static int save_figures(const struct figures *figures, const char *path)
{
	int error = make_directories_for(path);
	json_t *root = json_object();

	for (size_t i = 0; i < figures->count; i++)
		json_object_set_new(root, figures->figures[i].row->name,
				    json_real(round_value(figures->figures[i].value)));
	if (!error && json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)))
		error = -errno;
	if (error)
		fprintf(stderr, "pincheck: cannot write %s: %s. Name another file: --save FILE\n",
			path, cause_of(error));
	json_decref(root);
	return error;
}

enum figure_column { FIGURE, VALUE, BUDGET, MET, BY, WHAT, FIGURE_COLUMNS };

static const struct column rows[FIGURE_COLUMNS] = {
	[FIGURE]	= { "FIGURE", CELL_TEXT, false, "name of the figure" },
	[VALUE]		= { "VALUE", CELL_NUMBER, false, "its value" },
	[BUDGET]	= { "BUDGET", CELL_HEX, false, "the most (<=) or the least (>=) that it may be" },
	[MET]		= { "MET", CELL_FLAG, false, "does it keep to the budget?" },
	[BY]		= { "BY", CELL_TEXT, false, "what was measured: instructions, or time by a clock" },
	[WHAT]		= { "WHAT", CELL_TEXT, false, "what the figure is about" },
};

static const struct columns figure_table = { "figures", rows, FIGURE_COLUMNS };

static void add_figure(struct table *table, const struct figure *figure)
{
	static const char *const by[] = {
		[BY_ICOUNT] = "instructions", [BY_TIME] = "clock", [BY_RUN] = "clock",
	};

	table_row(table);
	table_set(table, FIGURE, "%s", figure->row->name);
	table_set(table, VALUE, "%.6g", round_value(figure->value));
	table_set(table, BY, "%s", by[figure->by]);
	table_set(table, WHAT, "%s", figure->row->what);
	if (figure->row->rule == NO_BUDGET)
		return;
	table_set(table, BUDGET, "%s %g", figure->row->rule == AT_MOST ? "<=" : ">=",
		  figure->row->budget);
	table_set(table, MET, figure_met(figure) ? "yes" : "no");
}

static error_t parse_bench(int key, char *argument, struct argp_state *state)
{
	struct bench_options *options = state->input;

	switch (key) {
	case 'i':
		options->icount = argument;
		return 0;
	case 't':
		options->time = argument;
		return 0;
	case 'R':
		options->run = argument;
		return 0;
	case 'C':
		options->cow_run = argument;
		return 0;
	case 's':
		options->save = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Return: number of sources that lack something. */
static int fill_streams(const struct bench_options *options, struct stream streams[SOURCES])
{
	int failed = 0;

	if (options->icount)
		failed += !!read_ktap(options->icount, &streams[BY_ICOUNT]);
	if (options->time)
		failed += !!read_ktap(options->time, &streams[BY_TIME]);
	if (options->run)
		failed += !!read_run(options->run, true, &streams[BY_RUN]);
	if (options->cow_run)
		failed += !!read_run(options->cow_run, false, &streams[BY_RUN]);
	if (!options->icount && !options->time && !options->run && !options->cow_run)
		failed += !!measure_here(&streams[BY_TIME]);
	return failed;
}

static int run_bench(void *input, struct table *table)
{
	static struct stream streams[SOURCES];
	static struct figures figures;
	const struct bench_options *options = input;
	int failed = fill_streams(options, streams);

	figures_fill(&figures, streams);
	if (!figures.count)
		return EXIT_USAGE;
	for (size_t i = 0; i < figures.count; i++)
		add_figure(table, &figures.figures[i]);
	if (table_print(table) || (options->save && save_figures(&figures, options->save)))
		return EXIT_USAGE;
	return failed ? EXIT_BROKEN : EXIT_KEPT;
}

int bench_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "icount", 'i', "KTAP", 0, "read the results of a guest that counted instructions", 0 },
		{ "time", 't', "KTAP", 0, "read the results of a guest that went by the clock", 0 },
		{ "run", 'R', "JSON", 0, "read run.json of a run of the whole suite", 0 },
		{ "cow-run", 'C', "JSON", 0,
		  "read run.json of a run of the topics that compare with cow.c", 0 },
		{ "save", 's', "FILE", 0, "write all numbers there, as one flat JSON object", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_bench,
		.doc = "Measure the cost of the module and compare it with that of the kernel; or print "
		       "what guests measured (make bench). A machine that measures should do nothing "
		       "else meanwhile. Exit 1 if something could not be measured.",
	};
	struct bench_options given = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &given, .output = &given.output, .columns = &figure_table,
		.run = run_bench,
	};

	return table_command(&command, argc, argv);
}
