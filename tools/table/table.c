// SPDX-License-Identifier: GPL-2.0-only
/* Tables, and the options that say how they are printed. */
#include <ctype.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

/**
 * struct table - the cells of all rows as text, from which each way of printing takes them
 * @shown: numbers of the columns that are printed, in this order
 * @cells: row after row, one of each column; NULL where a cell is not set
 */
struct table {
	const struct output *output;
	const struct columns *columns;
	size_t *shown;
	size_t shown_count;
	char **cells;
	size_t rows;
};

static void *need_memory(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "pincheck: no memory for a table. Ask for less at once\n");
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
	{ "json", 'j', NULL, 0, "print JSON, with all columns unless -o names some", 10 },
	{ "raw", 'r', NULL, 0, "separate cells by one space", 10 },
	{ "output", 'o', "COLUMNS", 0, "print these columns: names with commas between them", 10 },
	{ "noheadings", 'n', NULL, 0, "print no headings", 10 },
	{ 0 }
};

static const struct argp output_argp = { .options = output_options, .parser = parse_output };

/* The parser of the subcommand, around which output_argp is a child. */
static error_t parse_command(int key, char *argument, struct argp_state *state)
{
	const struct table_command *command = state->input;
	error_t error;

	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = command->output;
		return 0;
	}
	state->input = command->input;
	error = command->argp->parser ? command->argp->parser(key, argument, state) :
		ARGP_ERR_UNKNOWN;
	state->input = (void *)command;
	return error;
}

static void print_columns_help(FILE *to, const struct columns *columns)
{
	fprintf(to, "Columns of %s:\n", columns->table);
	for (size_t i = 0; i < columns->count; i++)
		fprintf(to, "  %-17s %s\n", columns->rows[i].name, columns->rows[i].what);
}

/* What --help says: the text of the subcommand, then its columns. */
static char *command_doc(const struct table_command *command)
{
	size_t size = 0;
	char *text = NULL;
	FILE *to = need_memory(open_memstream(&text, &size));

	fprintf(to, "%s\v", command->argp->doc);
	print_columns_help(to, command->columns);
	if (command->more)
		print_columns_help(to, command->more);
	if (command->also)
		print_columns_help(to, command->also);
	fclose(to);
	return need_memory(text);
}

int table_command(const struct table_command *command, int argc, char **argv)
{
	static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };
	char *doc = command_doc(command);
	const struct argp argp = {
		.options = command->argp->options, .args_doc = command->argp->args_doc,
		.doc = doc, .parser = parse_command, .children = children,
		.help_filter = command->argp->help_filter,
	};
	struct table *table;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, (void *)command);
	free(doc);
	table = table_new(command->output, command->choose ? command->choose(command->input) :
			  command->columns);
	code = table ? command->run(command->input, table) : EXIT_USAGE;
	table_free(table);
	return code;
}

static bool find_column(const char *name, size_t length, const struct columns *columns,
			size_t *found)
{
	for (*found = 0; *found < columns->count; ++*found) {
		const char *has = columns->rows[*found].name;

		if (strlen(has) == length && !strncasecmp(has, name, length))
			return true;
	}
	fprintf(stderr, "pincheck: there is no column '%.*s'. Choose from:", (int)length, name);
	for (size_t i = 0; i < columns->count; i++)
		fprintf(stderr, " %s", columns->rows[i].name);
	fputc('\n', stderr);
	return false;
}

size_t *columns_named(const char *names, const struct columns *columns, size_t *named)
{
	/* The string is at least as long as the number of names in it. */
	size_t *numbers = need_memory(calloc(strlen(names) + 1, sizeof(*numbers)));

	for (*named = 0; names; ++*named) {
		size_t length = strcspn(names, ",");

		if (!find_column(names, length, columns, &numbers[*named])) {
			free(numbers);
			return NULL;
		}
		names = names[length] ? names + length + 1 : NULL;
	}
	return numbers;
}

static size_t *default_columns(const struct table *table, size_t *named)
{
	size_t *numbers = need_memory(calloc(table->columns->count, sizeof(*numbers)));

	*named = 0;
	for (size_t i = 0; i < table->columns->count; i++) {
		if (table->output->json || !table->columns->rows[i].optional)
			numbers[(*named)++] = i;
	}
	return numbers;
}

struct table *table_new(const struct output *output, const struct columns *columns)
{
	struct table *table = need_memory(calloc(1, sizeof(*table)));

	table->output = output;
	table->columns = columns;
	if (output->columns)
		table->shown = columns_named(output->columns, columns, &table->shown_count);
	else
		table->shown = default_columns(table, &table->shown_count);
	if (table->shown)
		return table;
	table_free(table);
	return NULL;
}

static void remove_rows(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->columns->count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->rows = 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	remove_rows(table);
	free(table->shown);
	free(table);
}

void table_row(struct table *table)
{
	size_t count = table->columns->count, used = table->rows * count;

	/* The array doubles at 1, 2, 4, ... rows. */
	if (!(table->rows & (table->rows - 1)))
		table->cells = need_memory(reallocarray(table->cells, (table->rows * 2 + 1) * count,
							sizeof(*table->cells)));
	memset(table->cells + used, 0, count * sizeof(*table->cells));
	table->rows++;
}

bool table_shows(const struct table *table, size_t column)
{
	for (size_t i = 0; i < table->shown_count; i++) {
		if (table->shown[i] == column)
			return true;
	}
	return false;
}

size_t table_rows(const struct table *table)
{
	return table->rows;
}

void table_set(struct table *table, size_t column, const char *format, ...)
{
	char **cell = &table->cells[(table->rows - 1) * table->columns->count + column];
	va_list arguments;

	free(*cell);
	va_start(arguments, format);
	if (vasprintf(cell, format, arguments) < 0)
		need_memory(NULL);
	va_end(arguments);
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
	return table->cells[row * table->columns->count + column];
}

static bool is_number(enum cell cell)
{
	return cell == CELL_NUMBER || cell == CELL_HEX;
}

/* Has a column that -o does not name no text in any row? Where programs read, it stays. */
static bool is_empty_column(const struct table *table, size_t column)
{
	if (table->output->columns || table->output->raw)
		return false;
	for (size_t row = 0; row < table->rows; row++) {
		if (cell_at(table, row, column))
			return false;
	}
	return true;
}

static void drop_empty_columns(struct table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->shown_count; i++) {
		if (!is_empty_column(table, table->shown[i]))
			table->shown[kept++] = table->shown[i];
	}
	table->shown_count = kept;
}

static int print_text(struct table *table)
{
	struct libscols_table *text = need_memory(scols_new_table());
	int error;

	drop_empty_columns(table);
	scols_table_enable_raw(text, table->output->raw);
	scols_table_enable_noheadings(text, table->output->no_headings);
	for (size_t i = 0; i < table->shown_count; i++) {
		const struct column *column = &table->columns->rows[table->shown[i]];

		need_memory(scols_table_new_column(text, column->name, 0,
					    is_number(column->cell) ? SCOLS_FL_RIGHT : 0));
	}
	for (size_t row = 0; row < table->rows; row++) {
		struct libscols_line *line = need_memory(scols_table_new_line(text, NULL));

		for (size_t i = 0; i < table->shown_count; i++)
			scols_line_set_data(line, i, cell_at(table, row, table->shown[i]) ?: "");
	}
	error = scols_print_table(text);
	scols_unref_table(text);
	return error;
}

/* Small letters, as libsmartcols has them, and no dash, which jq would take for a minus. */
static void json_key(const struct column *column, char *key, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && column->name[i]; i++)
		key[i] = column->name[i] == '-' ? '_' : tolower(column->name[i]);
	key[i] = '\0';
}

static json_t *number_json(const char *text)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	return *end ? json_real(strtod(text, NULL)) : json_integer(number);
}

static json_t *cell_json(enum cell cell, const char *text)
{
	if (!text)
		return json_null();
	if (cell == CELL_NUMBER)
		return number_json(text);
	if (cell == CELL_FLAG)
		return json_boolean(!strcmp(text, "yes"));
	return json_string(text);
}

json_t *table_json(const struct table *table)
{
	json_t *rows = need_memory(json_array());
	char key[32];

	for (size_t row = 0; row < table->rows; row++) {
		json_t *object = need_memory(json_object());

		for (size_t i = 0; i < table->shown_count; i++) {
			const struct column *column = &table->columns->rows[table->shown[i]];

			json_key(column, key, sizeof(key));
			json_object_set_new(object, key, cell_json(column->cell,
					    cell_at(table, row, table->shown[i])));
		}
		json_array_append_new(rows, object);
	}
	return rows;
}

int table_print_json(const struct table *table, json_t *root)
{
	size_t flags = table->output->lines ? JSON_COMPACT : JSON_INDENT(2);
	int error = json_dumpf(root, stdout, flags | JSON_REAL_PRECISION(6));

	putchar('\n');
	json_decref(root);
	return error ? -EIO : 0;
}

int table_print(struct table *table)
{
	json_t *root;

	if (!table->output->json)
		return print_text(table);
	root = need_memory(json_object());
	json_object_set_new(root, table->columns->table, table_json(table));
	return table_print_json(table, root);
}

int table_print_facts(struct table *table, bool explained)
{
	const struct output *output = table->output;

	if (table->rows != 1 || output->json || output->raw || output->columns)
		return table_print(table);
	for (size_t i = 0; i < table->columns->count; i++) {
		const struct column *column = &table->columns->rows[i];
		const char *text = cell_at(table, 0, i);

		if (text && *text && explained)
			printf("%-17s %-8s  %s\n", column->name, text, column->what);
		else if (text && *text)
			printf("%-17s %s\n", column->name, text);
	}
	return 0;
}

/* As RFC 4180 has it: quotes around what has a separator in it, and a quote is doubled. */
static void print_csv_cell(const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void print_csv_row(const struct table *table)
{
	for (size_t i = 0; i < table->shown_count; i++) {
		if (i)
			putchar(',');
		print_csv_cell(cell_at(table, 0, table->shown[i]) ?: "");
	}
	putchar('\n');
}

void table_print_names(const struct table *table)
{
	for (size_t i = 0; i < table->shown_count; i++)
		printf("%s%s", i ? table->output->csv ? "," : " " : "",
		       table->columns->rows[table->shown[i]].name);
	putchar('\n');
}

int table_print_row(struct table *table)
{
	json_t *rows;
	int error;

	if (table->output->json) {
		rows = table_json(table);
		error = table_print_json(table, json_incref(json_array_get(rows, 0)));
		json_decref(rows);
	} else if (table->output->csv) {
		print_csv_row(table);
		error = ferror(stdout) ? -EIO : 0;
	} else {
		error = print_text(table);
	}
	remove_rows(table);
	return error;
}
