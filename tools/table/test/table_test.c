// SPDX-License-Identifier: GPL-2.0-only
/* Tables, and which pages share a line of one, on the host. Prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/lib/test/tap.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/pincheck.h"
#include "tools/table/table.h"

enum { NAME, COUNT, FRAME, GOOD, MORE, COLUMNS };

static const struct column columns[COLUMNS] = {
	[NAME]	= { "NAME", CELL_TEXT, false, "a name" },
	[COUNT]	= { "COUNT", CELL_NUMBER, false, "a number" },
	[FRAME]	= { "FRAME", CELL_HEX, false, "" },
	[GOOD]	= { "GOOD", CELL_FLAG, false, "" },
	[MORE]	= { "MORE-OF-IT", CELL_TEXT, true, "" },
};

static const struct columns things = { "things", columns, COLUMNS };

static int print_facts(struct table *table)
{
	return table_print_facts(table, false);
}

static int print_explained_facts(struct table *table)
{
	return table_print_facts(table, true);
}

/* Return: the text that @print writes, to be freed. */
static char *print_to_text(struct table *table, int (*print)(struct table *table))
{
	FILE *file = tmpfile();
	int screen = dup(STDOUT_FILENO);
	char *text = calloc(1, 4096);

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	print(table);
	fflush(stdout);
	dup2(screen, STDOUT_FILENO);
	close(screen);
	rewind(file);
	if (!fread(text, 1, 4095, file))
		text[0] = '\0';
	fclose(file);
	return text;
}

static struct table *new_table_of_two(const struct output *output)
{
	struct table *table = table_new(output, &things);

	table_row(table);
	table_set(table, NAME, "one");
	table_set(table, COUNT, "%d", -1);
	table_set(table, GOOD, "yes");
	table_row(table);
	table_set(table, NAME, "two");
	table_set(table, COUNT, "22");
	table_set(table, COUNT, "%d", 2);
	return table;
}

/* libsmartcols ends a line with a space for each empty cell. */
#define EMPTY	" "

static const struct {
	const char *what;
	struct output output;
	const char *text;
} prints[] = {
	{ "for people: empty columns are left out", { 0 },
	  "NAME COUNT GOOD\none     -1 yes\ntwo      2" EMPTY "\n" },
	{ "raw: all default columns", { .raw = true },
	  "NAME COUNT FRAME GOOD\none -1  yes\ntwo 2" EMPTY EMPTY "\n" },
	{ "columns by name, in their order", { .columns = "good,Name" },
	  "GOOD NAME\nyes  one\n     two\n" },
	{ "no headings", { .columns = "name", .no_headings = true }, "one\ntwo\n" },
	{ "a column asked for stays, though empty", { .columns = "frame,name" },
	  "FRAME NAME\n      one\n      two\n" },
};

static void test_prints(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(prints); i++) {
		struct table *table = new_table_of_two(&prints[i].output);
		char *text = print_to_text(table, table_print);

		tap_verdict(!strcmp(text, prints[i].text), "prints: %s", prints[i].what);
		if (strcmp(text, prints[i].text))
			printf("# %s\n", text);
		free(text);
		table_free(table);
	}
}

static void test_json(void)
{
	const struct output output = { .json = true };
	struct table *table = new_table_of_two(&output);
	json_t *rows = table_json(table), *wanted;

	wanted = json_pack("[{s:s,s:i,s:n,s:b,s:n},{s:s,s:i,s:n,s:n,s:n}]",
			   "name", "one", "count", -1, "frame", "good", 1, "more_of_it",
			   "name", "two", "count", 2, "frame", "good", "more_of_it");
	tap_verdict(json_equal(rows, wanted), "json: types, null, all columns");
	json_decref(wanted);
	json_decref(rows);
	table_free(table);
}

/* A number with a fraction stays one in JSON. */
static void test_json_fraction(void)
{
	const struct output output = { .json = true, .columns = "count" };
	struct table *table = table_new(&output, &things);
	json_t *cell;

	table_row(table);
	table_set(table, COUNT, "1.25");
	cell = table_json(table);
	tap_verdict(json_real_value(json_object_get(json_array_get(cell, 0), "count")) == 1.25,
		    "json: a fraction");
	json_decref(cell);
	table_free(table);
}

static const struct {
	const char *what;
	struct output output;
	int (*print)(struct table *table);
	const char *text;
} single_rows[] = {
	{ "a fact a line", { 0 }, print_facts, "NAME              one\nCOUNT             -1\n" },
	{ "an explained fact a line", { 0 }, print_explained_facts,
	  "NAME              one       a name\nCOUNT             -1        a number\n" },
	{ "facts by name are a table", { .columns = "count" }, print_facts, "COUNT\n   -1\n" },
	{ "JSON on one line", { .json = true, .lines = true, .columns = "name,good" }, table_print_row,
	  "{\"name\":\"one\",\"good\":null}\n" },
	{ "raw words", { .raw = true, .no_headings = true, .columns = "name,count" },
	  table_print_row, "one -1\n" },
};

static void test_single_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(single_rows); i++) {
		struct table *table = table_new(&single_rows[i].output, &things);
		char *text;

		table_row(table);
		table_set(table, NAME, "one");
		table_set(table, COUNT, "-1");
		text = print_to_text(table, single_rows[i].print);
		tap_verdict(!strcmp(text, single_rows[i].text), "one row: %s", single_rows[i].what);
		if (strcmp(text, single_rows[i].text))
			printf("# %s\n", text);
		free(text);
		table_free(table);
	}
}

static void test_growth(void)
{
	const struct output output = { 0 };
	struct table *table = table_new(&output, &things);
	json_t *rows;

	for (int i = 0; i < 1000; i++) {
		table_row(table);
		table_set(table, COUNT, "%d", i);
	}
	rows = table_json(table);
	tap_verdict(json_array_size(rows) == 1000 && table_rows(table) == 1000 &&
		  json_integer_value(json_object_get(json_array_get(rows, 999), "count")) == 999,
		  "growth: a thousand rows");
	json_decref(rows);
	table_free(table);
}

static void test_no_such_column(void)
{
	const struct output output = { .columns = "name,nonsense" };
	int screen = dup(STDERR_FILENO);
	FILE *nowhere = fopen("/dev/null", "we");

	dup2(fileno(nowhere), STDERR_FILENO);
	tap_verdict(!table_new(&output, &things), "columns: no such column");
	dup2(screen, STDERR_FILENO);
	close(screen);
	fclose(nowhere);
}

/* Print pages of a huge page, of which @odd changes one. Return: how many lines that takes. */
static size_t count_lines(void (*odd)(struct sample *sample), bool all)
{
	struct pincheck_page held[8];
	struct sample samples[8];
	struct output output = { 0 };
	struct table *table;
	size_t lines;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		held[i] = (struct pincheck_page) { .path = PINCHECK_PATH_FAST };
		samples[i] = (struct sample) {
			.address = 0x1000 * (i + 1), .held = &held[i],
			.report = { .pfn = 512 + i, .head = 512, .order = 9,
				    .present = PINCHECK_REPORT_PAGE },
		};
	}
	if (odd)
		odd(&samples[4]);
	table = table_new(&output, report_columns());
	samples_to_rows(table, samples, ARRAY_SIZE(samples), all);
	lines = table_rows(table);
	table_free(table);
	return lines;
}

static void set_other_path(struct sample *sample)
{
	((struct pincheck_page *)sample->held)->path = PINCHECK_PATH_SLOW;
}

static void set_other_folio(struct sample *sample)
{
	sample->report.head = 4;
}

static void set_other_frame(struct sample *sample)
{
	sample->report.pfn = 4;
}

static void set_other_address(struct sample *sample)
{
	sample->address = 0x100000;
}

static void set_absent(struct sample *sample)
{
	sample->absent = "not mapped";
}

static const struct {
	const char *what;
	void (*odd)(struct sample *sample);
	bool all;
	size_t lines;
} groups[] = {
	{ "the same", NULL, false, 1 }, { "a line for each", NULL, true, 8 },
	{ "one by another path", set_other_path, false, 3 },
	{ "one of another folio", set_other_folio, false, 3 },
	{ "one with another frame", set_other_frame, false, 3 },
	{ "one at another address", set_other_address, false, 3 },
	{ "one that is absent", set_absent, false, 3 },
};

int main(void)
{
	tap_begin();
	test_prints();
	test_json();
	test_json_fraction();
	test_single_rows();
	test_growth();
	test_no_such_column();
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		tap_verdict(count_lines(groups[i].odd, groups[i].all) == groups[i].lines, "lines: %s",
			  groups[i].what);
	return tap_end();
}
