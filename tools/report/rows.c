// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report rows: the rows of the catalogue by kernels: how many tests of a row passed, failed
 * as known, were red or skipped, and where the row was seen to fail.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "../lib/pairs.h"
#include "commands.h"
#include "kernel_run.h"
#include "output.h"
#include "text.h"

#define MUTANTS_SEEN	"selftests/mutants.seen"
#define CATALOGUE	"Documentation/catalogue.md"
#define REASONS_BEGIN	"<!-- seen to fail: begin -->\n"
#define REASONS_END	"<!-- seen to fail: end -->"
#define MAX_REDS	5	/* named in a line; the page is for reading */

/* What a test says of its row on one kernel, in the order in which a cell names them. */
enum standing { PASSED, KNOWN, RED, SKIPPED, STANDINGS };

static const char *const standing_names[STANDINGS] = { "passed", "known", "RED", "skipped" };

/**
 * struct catalogue_row - what is known of one row
 * @name: "R28"
 * @counts: STANDINGS numbers for each kernel
 * @reds: kernels with a known or new failure, and mutants, for the last column
 * @red_count: number of these
 * @reason: what CATALOGUE says about it, or NULL
 * @last_red: name of the last one
 */
struct catalogue_row {
	char *name;
	unsigned int *counts;
	struct text reds;
	unsigned int red_count;
	char *reason;
	const char *last_red;
};

/**
 * struct catalogue - all rows that a test of any kernel cites
 * @numbers: name of a row -> its place in @rows
 */
struct catalogue {
	struct kernel_run *runs;
	size_t run_count;
	struct catalogue_row *rows;
	size_t row_count;
	size_t row_size;
	json_t *numbers;
};

static enum standing standing_of(enum ktap_outcome outcome)
{
	if (ktap_is_failure(outcome))
		return RED;
	return outcome == KTAP_SKIP ? SKIPPED : outcome == KTAP_XFAIL ? KNOWN : PASSED;
}

static struct catalogue_row *find_row(struct catalogue *catalogue, const char *name)
{
	const json_t *number = json_object_get(catalogue->numbers, name);
	struct catalogue_row *row;

	if (number)
		return &catalogue->rows[json_integer_value(number)];
	json_object_set_new(catalogue->numbers, name, json_integer((json_int_t)catalogue->row_count));
	catalogue->rows = grow(catalogue->rows, catalogue->row_count, &catalogue->row_size,
			       sizeof(*catalogue->rows));
	row = &catalogue->rows[catalogue->row_count++];
	*row = (struct catalogue_row) {
		.name = copy_of(name),
		.counts = calloc(catalogue->run_count * STANDINGS, sizeof(*row->counts)),
	};
	if (!row->counts)
		errx(EXIT_USAGE, "out of memory");
	return row;
}

/* Call @on_row for each row that the case cites. */
static void visit_rows_of_case(struct catalogue *catalogue, const struct test_case *of,
			       void (*on_row)(struct catalogue_row *row, const void *context),
			       const void *context)
{
	char rows[256], *rest = rows, *name;

	if (!pairs_find(of->facts, "rows", rows, sizeof(rows)))
		return;
	while ((name = strsep(&rest, " ")))
		if (*name)
			on_row(find_row(catalogue, name), context);
}

static void count_one(struct catalogue_row *row, const void *context)
{
	const size_t *cell = context;

	row->counts[*cell]++;
}

static void count_run(struct catalogue *catalogue, size_t number)
{
	const struct results *results = &catalogue->runs[number].results;

	for (size_t i = 0; i < results->count; i++) {
		size_t cell = number * STANDINGS + standing_of(results->cases[i].outcome);

		visit_rows_of_case(catalogue, &results->cases[i], count_one, &cell);
	}
}

/**
 * struct red - a kernel, or a mutant, that turned a test red
 * @quote: for Markdown, "`" around the name of a mutant
 */
struct red {
	const char *name;
	const char *quote;
};

/* All tests of one kernel or mutant come one after the other. */
static void add_red(struct catalogue_row *row, const void *context)
{
	const struct red *red = context;

	if (row->last_red && !strcmp(row->last_red, red->name))
		return;
	row->last_red = red->name;
	if (row->red_count++ < MAX_REDS)
		text_printf(&row->reds, "%s%s%s%s", row->reds.length ? ", " : "", red->quote,
			    red->name, red->quote);
}

/* topic.one.scenario and topic.other.scenario are cases of one test, which cites the rows. */
static bool is_same_test(const char *one, const char *other)
{
	const char *scenario = strrchr(one, '.'), *others = strrchr(other, '.');

	return scenario && others && !strcmp(scenario, others) &&
	       !strncmp(one, other, strcspn(one, ".") + 1);
}

static void add_rows_of_test(struct catalogue *catalogue, const char *name, const struct red *red)
{
	for (size_t i = 0; i < catalogue->run_count; i++) {
		const struct results *results = &catalogue->runs[i].results;

		for (size_t j = 0; j < results->count; j++) {
			if (!is_same_test(results->cases[j].name, name))
				continue;
			visit_rows_of_case(catalogue, &results->cases[j], add_red, red);
			return;
		}
	}
}

/*
 * Lines "MUTANT KERNEL CASE END", which tools/mutants-seen explains: an error is no verdict, and the
 * name of a topic is no case.
 */
static void add_mutants(struct catalogue *catalogue)
{
	char *text = file_read(MUTANTS_SEEN, NULL), *rest = text, *line;

	if (!text)
		errx(EXIT_USAGE, "cannot read %s: %s. Call rows at the top of the source tree",
		     MUTANTS_SEEN, strerror(errno));
	while ((line = strsep(&rest, "\n"))) {
		const struct red red = { .name = strsep(&line, " "), .quote = "`" };
		const char *name;

		if (*red.name == '#' || !strsep(&line, " "))
			continue;
		name = strsep(&line, " ");
		if (name && line && strcmp(line, "error"))
			add_rows_of_test(catalogue, name, &red);
	}
	for (size_t i = 0; i < catalogue->row_count; i++)
		catalogue->rows[i].last_red = NULL;
	free(text);
}

static void add_red_kernels(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->row_count; i++) {
		struct catalogue_row *row = &catalogue->rows[i];

		for (size_t j = 0; j < catalogue->run_count; j++) {
			const struct red red = { kernel_run_short_name(&catalogue->runs[j]), "" };

			if (row->counts[j * STANDINGS + KNOWN] || row->counts[j * STANDINGS + RED])
				add_red(row, &red);
		}
	}
}

/* Lines "| ROW | REASON |" of the catalogue, for rows that no kernel of the matrix shows red. */
static void add_reasons(struct catalogue *catalogue)
{
	char *text = file_read(CATALOGUE, NULL), *rest, *line;

	rest = text ? strstr(text, REASONS_BEGIN) : NULL;
	if (!rest)
		errx(EXIT_USAGE, "%s has no line %s", CATALOGUE, REASONS_BEGIN);
	rest += strlen(REASONS_BEGIN);
	while ((line = strsep(&rest, "\n")) && strcmp(line, REASONS_END)) {
		char name[8], reason[400];

		for (size_t i = 0; i < catalogue->row_count; i++)
			if (sscanf(line, "| %7[A-Z0-9] | %399[^|]", name, reason) == 2 &&
			    !strcmp(catalogue->rows[i].name, name))
				catalogue->rows[i].reason = copy_of(reason);
	}
	free(text);
}

/* By letter, then by number: R9 comes before R10. */
static int compare_rows(const void *a, const void *b)
{
	const struct catalogue_row *one = a, *other = b;

	if (*one->name != *other->name)
		return *one->name - *other->name;
	return atoi(one->name + 1) - atoi(other->name + 1);
}

static void write_cell(const unsigned int counts[STANDINGS], FILE *to)
{
	bool any = false;

	for (int standing = 0; standing < STANDINGS; standing++) {
		if (!counts[standing])
			continue;
		fprintf(to, "%s%u %s", any ? ", " : " ", counts[standing], standing_names[standing]);
		any = true;
	}
	fputs(any ? " |" : " - |", to);
}

/* The column is never empty: a row that nothing turned red says why. */
static void write_reds(const struct catalogue_row *row, FILE *to)
{
	fprintf(to, " %s", row->reds.length ? row->reds.bytes : "");
	if (row->red_count > MAX_REDS)
		fprintf(to, " and %u more", row->red_count - MAX_REDS);
	if (row->reason)
		fprintf(to, "%s%.*s", row->reds.length ? "; " : "",
			(int)(strlen(row->reason) - 1), row->reason);
	else if (!row->reds.length)
		fputs("nothing, and " CATALOGUE " has no reason", to);
	fputs(" |\n", to);
}

static void write_rows(const struct catalogue *catalogue, FILE *to)
{
	fputs("| row |", to);
	for (size_t i = 0; i < catalogue->run_count; i++)
		fprintf(to, " %s |", kernel_run_short_name(&catalogue->runs[i]));
	fputs(" seen to fail on |\n|---|", to);
	for (size_t i = 0; i <= catalogue->run_count; i++)
		fputs("---|", to);
	putc('\n', to);
	for (size_t i = 0; i < catalogue->row_count; i++) {
		const struct catalogue_row *row = &catalogue->rows[i];

		fprintf(to, "| %s |", row->name);
		for (size_t j = 0; j < catalogue->run_count; j++)
			write_cell(&row->counts[j * STANDINGS], to);
		write_reds(row, to);
	}
}

static void free_catalogue(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->row_count; i++) {
		free(catalogue->rows[i].name);
		free(catalogue->rows[i].counts);
		free(catalogue->rows[i].reason);
		free(text_take(&catalogue->rows[i].reds));
	}
	kernel_runs_free(catalogue->runs, catalogue->run_count);
	free(catalogue->rows);
	json_decref(catalogue->numbers);
}

int command_rows(const struct arguments *arguments)
{
	struct catalogue catalogue = { .numbers = json_object() };
	struct output output;

	catalogue.runs = kernel_runs_load(arguments, "rows", &catalogue.run_count);
	for (size_t i = 0; i < catalogue.run_count; i++)
		count_run(&catalogue, i);
	add_red_kernels(&catalogue);
	add_mutants(&catalogue);
	add_reasons(&catalogue);
	qsort(catalogue.rows, catalogue.row_count, sizeof(*catalogue.rows), compare_rows);
	output_open(&output, arguments->output, "rows.md");
	write_rows(&catalogue, output.to);
	output_close(&output);
	free_catalogue(&catalogue);
	return EXIT_PASS;
}
