// SPDX-License-Identifier: GPL-2.0-only
/* pincheck bench: what the module costs beside what the kernel costs, as a table and as JSON. */
#include <errno.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/bench/bench.h"
#include "tools/lib/cause.h"
#include "tools/lib/directory.h"
#include "tools/lib/ktap.h"
#include "tools/pincheck/bench_figures.h"
#include "tools/pincheck/pincheck.h"

struct bench_options {
	const char *icount;
	const char *time;
	const char *run;
	const char *output;
};

/* What the measurements here tell goes there: they have no other argument. */
static struct stream *here;

static void tell_here(const char *name, double value)
{
	stream_add(here, name, value);
}

static int measure_here(struct stream *stream)
{
	struct bench bench = { .rounds = BENCH_ROUNDS, .tell = tell_here };
	int failed = 0;

	bench.session = open_session();
	if (bench.session < 0)
		return -1;
	here = stream;
	for (size_t i = 0; i < BENCH_PARTS; i++) {
		int error = sysconf(_SC_NPROCESSORS_ONLN) < bench_parts[i].needs ? 0 :
			    bench_parts[i].run(&bench);

		failed += !!error;
		if (error)
			fprintf(stderr, "pincheck: part %s was not measured: %s\n",
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

/* The numbers of a guest. Return: how much of it failed, -1 when it cannot be read. */
static int read_ktap(const char *path, struct stream *stream)
{
	static const struct ktap_ops ops = {
		.diagnostic = on_diagnostic, .test = on_test, .problem = on_problem,
	};
	FILE *file = fopen(path, "re");
	struct ktap_reader *reader = file ? ktap_reader_new(&ops, stream) : NULL;
	char bytes[4096];
	size_t length;

	if (!reader) {
		fprintf(stderr, "pincheck: cannot read %s: %m. Run: make bench\n", path);
		return -1;
	}
	while ((length = fread(bytes, 1, sizeof(bytes), file)))
		ktap_reader_feed(reader, bytes, length);
	ktap_reader_finish(reader);
	ktap_reader_free(reader);
	fclose(file);
	if (stream->failed)
		fprintf(stderr, "pincheck: not all was measured, see %s\n", path);
	return stream->failed;
}

static int read_run(const char *path, struct stream *stream)
{
	json_t *run = json_load_file(path, 0, NULL), *times = json_object_get(run, "times");
	json_t *cases = json_object_get(run, "cases_per_s");
	json_t *first = json_object_get(times, "image_to_first_test_s");
	bool complete = json_is_number(cases) && json_is_number(first);

	if (complete) {
		stream_add(stream, "cases_per_s", json_number_value(cases));
		stream_add(stream, "image_to_first_test_s", json_number_value(first));
	} else {
		fprintf(stderr, "pincheck: %s does not tell what a run took. Run: make bench\n", path);
	}
	json_decref(run);
	return complete ? 0 : -1;
}

/* Three digits that count, whatever the size. */
static double rounded(double value)
{
	double scale;

	if (!(fabs(value) > 0))
		return 0;
	scale = pow(10, 4 - ceil(log10(fabs(value))));
	return scale > 1 ? round(value * scale) / scale : round(value);
}

static int write_json(const struct figures *figures, const char *path)
{
	int error = make_directories_for(path);
	json_t *root = json_object();

	for (size_t i = 0; i < figures->count; i++)
		json_object_set_new(root, figures->figures[i].row->name,
				    json_real(rounded(figures->figures[i].value)));
	if (!error && json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)))
		error = -errno;
	if (error)
		fprintf(stderr, "pincheck: cannot write %s: %s. Give another file: --output JSON\n",
			path, cause_of(error));
	json_decref(root);
	return error;
}

enum column_index { FIGURE, VALUE, BUDGET, MET, BY, WHAT, COLUMNS };

static void fill_line(struct libscols_line *line, const struct figure *figure)
{
	static const char *const by[] = {
		[BY_ICOUNT] = "instructions", [BY_TIME] = "clock", [BY_RUN] = "clock",
	};
	char text[64];

	scols_line_set_data(line, FIGURE, figure->row->name);
	snprintf(text, sizeof(text), "%.6g", rounded(figure->value));
	scols_line_set_data(line, VALUE, text);
	scols_line_set_data(line, BY, by[figure->by]);
	scols_line_set_data(line, WHAT, figure->row->what);
	if (figure->row->rule == TOLD)
		return;
	snprintf(text, sizeof(text), "%s %g", figure->row->rule == AT_MOST ? "<=" : ">=",
		 figure->row->budget);
	scols_line_set_data(line, BUDGET, text);
	scols_line_set_data(line, MET, figure_met(figure) ? "yes" : "NO");
}

static int print_table(const struct figures *figures)
{
	static const char *const names[COLUMNS] = {
		"FIGURE", "VALUE", "BUDGET", "MET", "BY", "WHAT",
	};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return -1;
	for (size_t i = 0; i < COLUMNS; i++)
		scols_table_new_column(table, names[i], 0,
				       i == VALUE || i == BUDGET ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < figures->count; i++)
		fill_line(scols_table_new_line(table, NULL), &figures->figures[i]);
	scols_print_table(table);
	scols_unref_table(table);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct bench_options *options = state->input;

	switch (key) {
	case 'i':
		options->icount = argument;
		return 0;
	case 't':
		options->time = argument;
		return 0;
	case 'r':
		options->run = argument;
		return 0;
	case 'o':
		options->output = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Return: how much could not be had. */
static int gather(const struct bench_options *options, struct stream streams[SOURCES])
{
	int failed = 0;

	if (options->icount)
		failed += !!read_ktap(options->icount, &streams[BY_ICOUNT]);
	if (options->time)
		failed += !!read_ktap(options->time, &streams[BY_TIME]);
	if (options->run)
		failed += !!read_run(options->run, &streams[BY_RUN]);
	if (!options->icount && !options->time && !options->run)
		failed += !!measure_here(&streams[BY_TIME]);
	return failed;
}

int bench_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "icount", 'i', "KTAP", 0, "results of a guest that counted instructions", 0 },
		{ "time", 't', "KTAP", 0, "results of a guest that went by the clock", 0 },
		{ "run", 'r', "JSON", 0, "run.json of a run of the whole suite", 0 },
		{ "output", 'o', "JSON", 0, "write all numbers, as one flat object", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "What the module costs beside what the kernel costs: measured here, or as guests "
		       "measured it (make bench). Whoever measures here should have nothing else to do.",
	};
	static struct stream streams[SOURCES];
	static struct figures figures;
	struct bench_options given = { 0 };
	int failed;

	argp_parse(&argp, argc, argv, 0, NULL, &given);
	failed = gather(&given, streams);
	figures_fill(&figures, streams);
	if (!figures.count)
		return EXIT_USAGE;
	print_table(&figures);
	if (given.output && write_json(&figures, given.output))
		return EXIT_USAGE;
	return failed ? EXIT_BROKEN : EXIT_KEPT;
}
