// SPDX-License-Identifier: GPL-2.0-only
/* The matrix on a terminal: topics by kernels, then the red cells. */
#include <err.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libsmartcols/libsmartcols.h>
#include "commands.h"
#include "matrix.h"
#include "text.h"

#define MAX_REDS	30

/* Counts in the order in which they are printed: the worst first. */
static const struct {
	enum state state;
	const char *label;
} shown[] = {
	{ STATE_FAIL, "fail" }, { STATE_TIMEOUT, "timeout" }, { STATE_XPASS, "stale" },
	{ STATE_PASS, "ok" }, { STATE_XFAIL, "known" }, { STATE_SKIP, "skip" },
	{ STATE_MISSING, "missing" },
};

static char *counts_text(const unsigned int counts[STATES])
{
	struct text text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (counts[shown[i].state])
			text_printf(&text, "%s%u %s", text.length ? ", " : "",
				    counts[shown[i].state], shown[i].label);
	return text_take(&text);
}

static struct libscols_line *new_line(struct libscols_table *table, const char *first)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line || scols_line_set_data(line, 0, first))
		errx(EXIT_USAGE, "out of memory");
	return line;
}

static void set_counts(struct libscols_line *line, size_t column,
		       const unsigned int counts[STATES], bool red)
{
	char *text = counts_text(counts);

	if (scols_line_refer_data(line, column + 1, text))
		errx(EXIT_USAGE, "out of memory");
	if (red)
		scols_cell_set_color(scols_line_get_cell(line, column + 1), "red");
}

static size_t add_topic(struct libscols_table *table, const struct matrix *matrix, size_t first)
{
	const char *topic = matrix->rows[first].topic;
	struct libscols_line *line = new_line(table, topic);
	size_t end = first;

	while (end < matrix->row_count && !strcmp(matrix->rows[end].topic, topic))
		end++;
	for (size_t i = 0; i < matrix->run_count; i++) {
		unsigned int counts[STATES] = { 0 };
		bool red = false;

		for (size_t row = first; row < end; row++) {
			counts[matrix->rows[row].cells[i].state]++;
			red |= matrix->rows[row].cells[i].red;
		}
		set_counts(line, i, counts, red);
	}
	return end;
}

static struct libscols_table *new_table(const struct matrix *matrix)
{
	struct libscols_table *table = scols_new_table();

	if (!table || !scols_table_new_column(table, "TOPIC", 0, 0))
		errx(EXIT_USAGE, "out of memory");
	scols_table_enable_colors(table, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
	for (size_t i = 0; i < matrix->run_count; i++)
		if (!scols_table_new_column(table, matrix->runs[i].title, 0, SCOLS_FL_WRAP))
			errx(EXIT_USAGE, "out of memory");
	return table;
}

static void print_red(const struct matrix *matrix, const struct row *row, size_t column)
{
	const struct cell *cell = &row->cells[column];
	char *codes = row_codes(row);

	printf("%s: %s%s", state_names[cell->state], row->name, codes);
	free(codes);
	if (row->followers)
		printf(" and %zu more variants", row->followers);
	printf(" on %s%s%s\n", matrix->runs[column].title, *cell->reason ? ": " : "", cell->reason);
}

static void print_reds(const struct matrix *matrix)
{
	unsigned int told = 0, all = 0;

	for (size_t i = 0; i < matrix->row_count; i++) {
		const struct row *row = &matrix->rows[i];

		for (size_t j = 0; !row->led && j < matrix->run_count; j++) {
			if (!row->cells[j].red || ++all > MAX_REDS)
				continue;
			print_red(matrix, row, j);
			told++;
		}
	}
	if (all > told)
		printf("... and %u more\n", all - told);
}

static void print_topics(const struct matrix *matrix)
{
	struct libscols_table *table = new_table(matrix);
	struct libscols_line *total;

	for (size_t row = 0; row < matrix->row_count;)
		row = add_topic(table, matrix, row);
	total = new_line(table, "all");
	for (size_t i = 0; i < matrix->run_count; i++)
		set_counts(total, i, &matrix->counts[i * STATES], matrix->reds[i]);
	scols_print_table(table);
	scols_unref_table(table);
}

void matrix_print_table(const struct matrix *matrix)
{
	setlocale(LC_ALL, "");
	scols_init_debug(0);
	print_topics(matrix);
	for (size_t i = 0; i < matrix->not_run_count; i++)
		printf("%s: %s\n", matrix->not_run[i].kernel, matrix->not_run[i].reason);
	print_reds(matrix);
	if (!matrix->kernel_tests)
		return;
	puts("\nthe kernel's own tests, from the last make selftests-kernel:");
	print_topics(matrix->kernel_tests);
	print_reds(matrix->kernel_tests);
}
