// SPDX-License-Identifier: GPL-2.0-only
/* Tables as lsblk prints them. */
#include <ctype.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/table.h"

/**
 * struct table - cells as text, until it is known how they are printed
 * @shown: numbers of the columns that are printed, in their order
 * @cells: a row after the other, @count each; NULL where nothing is told
 */
struct table {
	const struct output *output;
	const char *name;
	const struct column *columns;
	size_t count;
	size_t *shown;
	size_t shown_count;
	char **cells;
	size_t rows;
};

static void *need(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "pincheck: no memory for a table. Ask for fewer pages\n");
	exit(EXIT_USAGE);
}

static error_t parse_output(int key, char *argument, struct argp_state *state)
{
	struct output *output = state->input;

	switch (key) {
	case 'j':
		output->json = true;
		return 0;
	case 'r':
		output->raw = true;
		return 0;
	case 'n':
		output->no_headings = true;
		return 0;
	case 'o':
		output->columns = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option output_options[] = {
	{ "json", 'j', NULL, 0, "print JSON, with all columns", 10 },
	{ "raw", 'r', NULL, 0, "print words apart by one space", 10 },
	{ "output", 'o', "COLUMNS", 0, "which columns, apart by commas", 10 },
	{ "noheadings", 'n', NULL, 0, "no line of headings", 10 },
	{ 0 }
};

const struct argp output_argp = { .options = output_options, .parser = parse_output };

char *columns_help(const struct column *columns, size_t count)
{
	size_t size = 0;
	char *text = NULL;
	FILE *to = need(open_memstream(&text, &size));

	fputs("Columns:\n", to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %-17s %s\n", columns[i].name, columns[i].what);
	fclose(to);
	return need(text);
}

static bool find_column(const char *name, size_t length, const struct column *columns,
			size_t count, size_t *found)
{
	for (*found = 0; *found < count; ++*found) {
		const char *has = columns[*found].name;

		if (strlen(has) == length && !strncasecmp(has, name, length))
			return true;
	}
	fprintf(stderr, "pincheck: there is no column '%.*s'. Columns:", (int)length, name);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, " %s", columns[i].name);
	fputc('\n', stderr);
	return false;
}

size_t *columns_named(const char *names, const struct column *columns, size_t count,
		      size_t *named)
{
	/* No more than there are names, one longer than there are commas. */
	size_t *numbers = need(calloc(strlen(names) + 1, sizeof(*numbers)));

	for (*named = 0; names; ++*named) {
		size_t length = strcspn(names, ",");

		if (!find_column(names, length, columns, count, &numbers[*named])) {
			free(numbers);
			return NULL;
		}
		names = names[length] ? names + length + 1 : NULL;
	}
	return numbers;
}

static size_t *default_columns(const struct table *table, size_t *named)
{
	size_t *numbers = need(calloc(table->count, sizeof(*numbers)));

	*named = 0;
	for (size_t i = 0; i < table->count; i++) {
		if (table->output->json || !table->columns[i].optional)
			numbers[(*named)++] = i;
	}
	return numbers;
}

struct table *table_new(const struct output *output, const char *name,
			const struct column *columns, size_t count)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	table->output = output;
	table->name = name;
	table->columns = columns;
	table->count = count;
	if (output->columns)
		table->shown = columns_named(output->columns, columns, count, &table->shown_count);
	else
		table->shown = default_columns(table, &table->shown_count);
	if (table->shown)
		return table;
	table_free(table);
	return NULL;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->shown);
	free(table);
}

void table_row(struct table *table)
{
	size_t used = table->rows * table->count;

	/* Grows by doubling, at 1, 2, 4, ... rows. */
	if (!(table->rows & (table->rows - 1)))
		table->cells = need(reallocarray(table->cells, (table->rows * 2 + 1) * table->count,
						 sizeof(*table->cells)));
	memset(table->cells + used, 0, table->count * sizeof(*table->cells));
	table->rows++;
}

size_t table_rows(const struct table *table)
{
	return table->rows;
}

void table_set(struct table *table, size_t column, const char *format, ...)
{
	char **cell = &table->cells[(table->rows - 1) * table->count + column];
	va_list arguments;

	free(*cell);
	va_start(arguments, format);
	if (vasprintf(cell, format, arguments) < 0)
		need(NULL);
	va_end(arguments);
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
	return table->cells[row * table->count + column];
}

static bool is_number(enum cell cell)
{
	return cell == CELL_NUMBER || cell == CELL_HEX;
}

/* A column that nobody asked for, and that has nothing to tell, is left out for people. */
static bool is_idle(const struct table *table, size_t column)
{
	if (table->output->columns || table->output->raw)
		return false;
	for (size_t row = 0; row < table->rows; row++) {
		if (cell_at(table, row, column))
			return false;
	}
	return true;
}

static void drop_idle_columns(struct table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->shown_count; i++) {
		if (!is_idle(table, table->shown[i]))
			table->shown[kept++] = table->shown[i];
	}
	table->shown_count = kept;
}

static int print_text(struct table *table)
{
	struct libscols_table *text = need(scols_new_table());
	int error;

	drop_idle_columns(table);
	scols_table_enable_raw(text, table->output->raw);
	scols_table_enable_noheadings(text, table->output->no_headings);
	for (size_t i = 0; i < table->shown_count; i++) {
		const struct column *column = &table->columns[table->shown[i]];

		need(scols_table_new_column(text, column->name, 0,
					    is_number(column->cell) ? SCOLS_FL_RIGHT : 0));
	}
	for (size_t row = 0; row < table->rows; row++) {
		struct libscols_line *line = need(scols_table_new_line(text, NULL));

		for (size_t i = 0; i < table->shown_count; i++)
			scols_line_set_data(line, i, cell_at(table, row, table->shown[i]) ?: "");
	}
	error = scols_print_table(text);
	scols_unref_table(text);
	return error;
}

/* As smartcols names the members of objects; a dash would have to be quoted in jq. */
static void key_of(const struct column *column, char *key, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && column->name[i]; i++)
		key[i] = column->name[i] == '-' ? '_' : tolower(column->name[i]);
	key[i] = '\0';
}

static json_t *cell_json(enum cell cell, const char *text)
{
	if (!text)
		return json_null();
	if (cell == CELL_NUMBER)
		return json_integer(strtoll(text, NULL, 10));
	if (cell == CELL_FLAG)
		return json_boolean(!strcmp(text, "yes"));
	return json_string(text);
}

json_t *table_json(const struct table *table)
{
	json_t *rows = need(json_array());
	char key[32];

	for (size_t row = 0; row < table->rows; row++) {
		json_t *object = need(json_object());

		for (size_t i = 0; i < table->shown_count; i++) {
			const struct column *column = &table->columns[table->shown[i]];

			key_of(column, key, sizeof(key));
			json_object_set_new(object, key, cell_json(column->cell,
					    cell_at(table, row, table->shown[i])));
		}
		json_array_append_new(rows, object);
	}
	return rows;
}

int print_json(json_t *root)
{
	int error = json_dumpf(root, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(root);
	return error ? -EIO : 0;
}

int table_print(struct table *table)
{
	json_t *root;

	if (!table->output->json)
		return print_text(table);
	root = need(json_object());
	json_object_set_new(root, table->name, table_json(table));
	return print_json(root);
}

void table_print_facts(const struct table *table)
{
	for (size_t row = 0; row < table->rows; row++) {
		if (row)
			putchar('\n');
		for (size_t i = 0; i < table->count; i++) {
			const char *text = cell_at(table, row, i);

			if (text && *text)
				printf("%-17s %s\n", table->columns[i].name, text);
		}
	}
}
