// SPDX-License-Identifier: GPL-2.0-only
/* matrix.md: the matrix for a mail or a pull request. */
#include <stdlib.h>
#include <string.h>
#include "matrix.h"
#include "text.h"

/* Limits for a reader of a mail; matrix.html has everything. */
#define MAX_ROWS	120
#define MAX_REDS	40
#define MAX_EVIDENCE	4	/* lines for each red cell */

static void write_escaped(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (strchr("|<>*`\\", *text))
			putc('\\', to);
		putc(*text == '\n' ? ' ' : *text, to);
	}
}

static void write_heading(const struct matrix *matrix, const char *first, FILE *to)
{
	fprintf(to, "| %s |", first);
	for (size_t i = 0; i < matrix->run_count; i++)
		fprintf(to, " %s |", matrix->runs[i].title);
	fputs("\n|---|", to);
	for (size_t i = 0; i < matrix->run_count; i++)
		fputs("---|", to);
	putc('\n', to);
}

static void write_counts(const unsigned int counts[STATES], FILE *to)
{
	bool any = false;

	for (int state = 0; state < STATES; state++) {
		if (!counts[state])
			continue;
		fprintf(to, "%s%s %u", any ? ", " : " ", state_names[state], counts[state]);
		any = true;
	}
	fputs(any ? " |" : " |", to);
}

/* Rows of one topic are neighbours. Return: the first row of the next topic */
static size_t write_topic(const struct matrix *matrix, size_t first, FILE *to)
{
	const char *topic = matrix->rows[first].topic;
	size_t end = first;

	while (end < matrix->row_count && !strcmp(matrix->rows[end].topic, topic))
		end++;
	fprintf(to, "| %s |", topic);
	for (size_t i = 0; i < matrix->run_count; i++) {
		unsigned int counts[STATES] = { 0 };

		for (size_t row = first; row < end; row++)
			counts[matrix->rows[row].cells[i].state]++;
		write_counts(counts, to);
	}
	putc('\n', to);
	return end;
}

static void write_topics(const struct matrix *matrix, FILE *to)
{
	write_heading(matrix, "topic", to);
	for (size_t row = 0; row < matrix->row_count;)
		row = write_topic(matrix, row, to);
	fputs("| **all** |", to);
	for (size_t i = 0; i < matrix->run_count; i++)
		write_counts(&matrix->counts[i * STATES], to);
	fputs("\n\n", to);
}

static void write_name(const struct row *row, FILE *to)
{
	char *codes = row_codes(row);

	fprintf(to, "`%s`%s", row->name, codes);
	if (row->followers)
		fprintf(to, " and %zu more variants", row->followers);
	free(codes);
}

static void write_row(const struct matrix *matrix, const struct row *row, FILE *to)
{
	fputs("| ", to);
	write_name(row, to);
	fputs(" |", to);
	for (size_t i = 0; i < matrix->run_count; i++)
		fprintf(to, " %s%s%s |", row->cells[i].red ? "**" : "",
			state_names[row->cells[i].state], row->cells[i].red ? "**" : "");
	putc('\n', to);
}

/* Do two kernels behave differently? Skips do not count: write_skips() lists them. */
static bool behaves_differently(const struct matrix *matrix, const struct row *row)
{
	enum state first = STATE_SKIP;

	if (row->red)
		return true;
	for (size_t i = 0; i < matrix->run_count; i++) {
		enum state state = row->cells[i].state;

		if (state == STATE_SKIP || state == STATE_MISSING)
			continue;
		if (first != STATE_SKIP && state != first)
			return true;
		first = state;
	}
	return false;
}

/* Variants of a scenario with the same results share a line. */
static void write_differences(const struct matrix *matrix, FILE *to)
{
	size_t told = 0, all = 0;

	for (size_t i = 0; i < matrix->row_count; i++) {
		const struct row *row = &matrix->rows[i];

		if (row->led || !behaves_differently(matrix, row) || ++all > MAX_ROWS)
			continue;
		if (!told++)
			write_heading(matrix, "not the same on all kernels", to);
		write_row(matrix, row, to);
	}
	if (all > told)
		fprintf(to, "\n%zu more such lines: see matrix.html.\n", all - told);
	fputs(told ? "\n" : "All kernels behave alike.\n\n", to);
}

static void write_skips(const struct matrix *matrix, size_t column, FILE *to)
{
	json_t *reasons = json_object();
	const char *reason;
	json_t *count;

	for (size_t i = 0; i < matrix->row_count; i++) {
		const struct cell *cell = &matrix->rows[i].cells[column];

		if (cell->state != STATE_SKIP)
			continue;
		count = json_object_get(reasons, cell->reason);
		json_object_set_new(reasons, cell->reason, json_integer(json_integer_value(count) + 1));
	}
	json_object_foreach(reasons, reason, count) {
		fprintf(to, "- %s skips %lld: ", matrix->runs[column].title,
			(long long)json_integer_value(count));
		write_escaped(*reason ? reason : "no reason given", to);
		putc('\n', to);
	}
	json_decref(reasons);
}

static void write_red(const struct matrix *matrix, const struct row *row, size_t column, FILE *to)
{
	const struct cell *cell = &row->cells[column];
	const char *line = cell->of ? cell->of->evidence : "";

	fputs("- ", to);
	write_name(row, to);
	fprintf(to, " on %s: %s", matrix->runs[column].title, state_names[cell->state]);
	if (*cell->reason) {
		fputs(", ", to);
		write_escaped(cell->reason, to);
	}
	putc('\n', to);
	for (int i = 0; i < MAX_EVIDENCE && *line; i++) {
		int length = (int)strcspn(line, "\n");
		char *copy = format_of("%.*s", length, line);

		fputs("  - ", to);
		write_escaped(copy, to);
		putc('\n', to);
		free(copy);
		line += length + (line[length] == '\n');
	}
}

static void write_reds(const struct matrix *matrix, FILE *to)
{
	size_t told = 0, all = 0;

	for (size_t i = 0; i < matrix->row_count; i++) {
		const struct row *row = &matrix->rows[i];

		for (size_t j = 0; !row->led && j < matrix->run_count; j++) {
			if (!row->cells[j].red || ++all > MAX_REDS)
				continue;
			if (!told++)
				fputs("### Red\n\n", to);
			write_red(matrix, row, j, to);
		}
	}
	if (all > told)
		fprintf(to, "- %zu more: see matrix.html\n", all - told);
	if (!told)
		fputs("Nothing is red.\n", to);
}

static void write_not_run(const struct matrix *matrix, FILE *to)
{
	for (size_t i = 0; i < matrix->not_run_count; i++) {
		fprintf(to, "- %s: ", matrix->not_run[i].kernel);
		write_escaped(matrix->not_run[i].reason, to);
		putc('\n', to);
	}
	if (matrix->not_run_count)
		putc('\n', to);
}

static void write_section(const struct matrix *matrix, FILE *to)
{
	write_topics(matrix, to);
	write_not_run(matrix, to);
	write_differences(matrix, to);
	for (size_t i = 0; i < matrix->run_count; i++)
		write_skips(matrix, i, to);
	putc('\n', to);
	write_reds(matrix, to);
}

/* Each kernel may have run them at another time. */
static void write_kernel_tests(const struct matrix *tests, FILE *to)
{
	fputs("\n## The kernel's own tests\n\nFrom the last `make selftests-kernel`:", to);
	for (size_t i = 0; i < tests->run_count; i++)
		fprintf(to, "%s %s on %.10s", i ? "," : "", tests->runs[i].title, tests->runs[i].time);
	fputs(".\n\n", to);
	write_section(tests, to);
}

void matrix_write_md(const struct matrix *matrix, FILE *to)
{
	fputs("## pincheck: scenarios by kernels\n\n", to);
	write_section(matrix, to);
	if (matrix->kernel_tests)
		write_kernel_tests(matrix->kernel_tests, to);
}
