/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every subcommand prints: a table as lsmem prints it, with columns that are chosen by name, for
 * people, as raw words or as JSON. A cell that is not set is empty, and null in JSON.
 */
#ifndef PINCHECK_TABLE_H
#define PINCHECK_TABLE_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** enum cell - what the cells of a column are; JSON has each as the type that fits */
enum cell {
	/** @CELL_TEXT: a string */
	CELL_TEXT,
	/** @CELL_NUMBER: a decimal number, aligned to the right */
	CELL_NUMBER,
	/** @CELL_HEX: a string that people read as a number, aligned to the right */
	CELL_HEX,
	/** @CELL_FLAG: "yes" or "no"; true or false in JSON */
	CELL_FLAG,
};

/**
 * struct column - a column of a table
 * @name: in capitals
 * @cell: what its cells are
 * @optional: the column is shown only in JSON and where -o names it
 * @what: explains it in --help
 */
struct column {
	const char *name;
	enum cell cell;
	bool optional;
	const char *what;
};

/**
 * struct columns - the columns of a table
 * @table: name of the table: the member of the JSON object that has its rows
 */
struct columns {
	const char *table;
	const struct column *rows;
	size_t count;
};

/**
 * struct output - how a table is printed, as the options -j, -r, -n and -o say
 * @columns: the argument of -o, or NULL
 * @lines: a JSON value takes one line, for programs that read line by line
 * @csv: table_print_row() separates cells by commas; no option of this file says so
 */
struct output {
	bool json;
	bool raw;
	bool no_headings;
	bool lines;
	bool csv;
	const char *columns;
};

struct table;

/**
 * struct table_command - a subcommand that prints a table
 * @argp: its own arguments; the options of struct output are added to them
 * @input: what the parser of @argp fills
 * @output: filled by the options of struct output
 * @columns: of the table
 * @more: columns of another table that it prints, for --help; NULL: there is none
 * @also: the same, of a third table
 * @choose: the columns of the table for which the arguments ask; NULL: @columns
 * @run: fills and prints the table. Return: exit code
 */
struct table_command {
	const struct argp *argp;
	void *input;
	struct output *output;
	const struct columns *columns;
	const struct columns *more;
	const struct columns *also;
	const struct columns *(*choose)(const void *input);
	int (*run)(void *input, struct table *table);
};

/**
 * table_command() - parse the arguments, which --help explains with the columns, and run
 *
 * Ends the program with EXIT_USAGE after printing what is wrong with the arguments.
 *
 * Return: exit code
 */
int table_command(const struct table_command *command, int argc, char **argv);

/**
 * table_new() - a table without rows
 *
 * Return: the table; NULL where @output names a column that does not exist: an error was printed
 */
struct table *table_new(const struct output *output, const struct columns *columns);
void table_free(struct table *table);

/** table_row() - begin the next row, which table_set() fills */
void table_row(struct table *table);

/** table_shows() - is @column printed where the rows are a table? */
bool table_shows(const struct table *table, size_t column);

/** table_rows() - number of rows */
size_t table_rows(const struct table *table);

/** table_set() - the text of @column in the last row */
void table_set(struct table *table, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * table_print() - print all rows as the output says
 *
 * For people, a default column whose cells are all empty is left out.
 *
 * Return: 0 or a negative errno
 */
int table_print(struct table *table);

/**
 * table_print_facts() - table_print(), but one row for people is a line for each column that is set
 * @explained: with the explanation of the column
 *
 * Where -o, -r or -j is given, or there are several rows, it is a table all the same.
 *
 * Return: 0 or a negative errno
 */
int table_print_facts(struct table *table, bool explained);

/**
 * table_print_row() - print the only row as a JSON object on a line or as raw words, and remove it
 *
 * Return: 0 or a negative errno
 */
int table_print_row(struct table *table);

/** table_print_names() - print the names of the columns, as table_print_row() prints a row */
void table_print_names(const struct table *table);

/** table_json() - the rows, as an array of objects */
json_t *table_json(const struct table *table);

/** table_print_json() - print @root as the output of @table says, and free it. Return: as above */
int table_print_json(const struct table *table, json_t *root);

/**
 * columns_named() - the numbers of the columns in @names, which commas separate
 * @named: gets how many they are
 *
 * Return: an array to be freed; NULL where a column does not exist: an error was printed
 */
size_t *columns_named(const char *names, const struct columns *columns, size_t *named);

#endif
