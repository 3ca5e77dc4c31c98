/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables as lsblk prints them: columns by name, for people, as raw words or as JSON. Columns are
 * rows of data; a cell that is not set is empty, and null in JSON.
 */
#ifndef PINCHECK_TABLE_H
#define PINCHECK_TABLE_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** enum cell - what a column holds; in JSON it is told as such */
enum cell {
	/** @CELL_TEXT: a string */
	CELL_TEXT,
	/** @CELL_NUMBER: digits, aligned to the right */
	CELL_NUMBER,
	/** @CELL_HEX: a string that is a number to people, aligned to the right */
	CELL_HEX,
	/** @CELL_FLAG: "yes" or "no" */
	CELL_FLAG,
};

/**
 * struct column - a row of a table of columns
 * @name: in capitals
 * @cell: what it holds
 * @optional: shown only where -o or JSON asks for it
 * @what: for --help
 */
struct column {
	const char *name;
	enum cell cell;
	bool optional;
	const char *what;
};

/** struct output - how a table is to be printed, as the options of output_argp say */
struct output {
	bool json;
	bool raw;
	bool no_headings;
	const char *columns;
};

/** output_argp - a child of a subcommand's own argp; its input is a struct output */
extern const struct argp output_argp;

struct table;

/**
 * table_new() - a table @name without rows
 *
 * Return: the table; NULL where @output names a column that does not exist, which has been told
 */
struct table *table_new(const struct output *output, const char *name,
			const struct column *columns, size_t count);
void table_free(struct table *table);

/** table_row() - begin the next row: table_set() then fills it */
void table_row(struct table *table);

/** table_rows() - how many rows there are */
size_t table_rows(const struct table *table);

/** table_set() - what @column of the last row has */
void table_set(struct table *table, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * table_print() - the whole of it, as its output says; for people, without default columns that are
 * empty
 *
 * Return: 0 or a negative errno
 */
int table_print(struct table *table);

/** table_json() - the rows, as an array of objects */
json_t *table_json(const struct table *table);

/** table_print_facts() - for people: each row as lines of name and value, all columns that are set */
void table_print_facts(const struct table *table);

/**
 * columns_named() - the numbers of the columns that @names has, apart by commas
 * @named: how many they are
 *
 * Return: to be freed; NULL where one does not exist, which has been told
 */
size_t *columns_named(const char *names, const struct column *columns, size_t count,
		      size_t *named);

/** columns_help() - the columns as a text for --help, to be freed */
char *columns_help(const struct column *columns, size_t count);

/** print_json() - @root, which it frees. Return: 0 or a negative errno */
int print_json(json_t *root);

#endif
