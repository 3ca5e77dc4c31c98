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
#include "tools/pincheck/table.h"

enum { NAME, COUNT, FRAME, GOOD, MORE, COLUMNS };

static const struct column columns[COLUMNS] = {
	[NAME]	= { "NAME", CELL_TEXT, false, "" },
	[COUNT]	= { "COUNT", CELL_NUMBER, false, "" },
	[FRAME]	= { "FRAME", CELL_HEX, false, "" },
	[GOOD]	= { "GOOD", CELL_FLAG, false, "" },
	[MORE]	= { "MORE-OF-IT", CELL_TEXT, true, "" },
};

/* What table_print() writes, to be freed. */
static char *printed(struct table *table)
{
	FILE *file = tmpfile();
	int screen = dup(STDOUT_FILENO);
	char *text = calloc(1, 4096);

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	table_print(table);
	fflush(stdout);
	dup2(screen, STDOUT_FILENO);
	close(screen);
	rewind(file);
	if (!fread(text, 1, 4095, file))
		text[0] = '\0';
	fclose(file);
	return text;
}

static struct table *two_rows(const struct output *output)
{
	struct table *table = table_new(output, "things", columns, COLUMNS);

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

/* What a cell without text leaves at the end of a line. */
#define EMPTY	" "

static const struct {
	const char *what;
	struct output output;
	const char *text;
} prints[] = {
	{ "for people: what nobody tells is left out", { 0 },
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
		struct table *table = two_rows(&prints[i].output);
		char *text = printed(table);

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
	struct table *table = two_rows(&output);
	json_t *rows = table_json(table), *wanted;

	wanted = json_pack("[{s:s,s:i,s:n,s:b,s:n},{s:s,s:i,s:n,s:n,s:n}]",
			   "name", "one", "count", -1, "frame", "good", 1, "more_of_it",
			   "name", "two", "count", 2, "frame", "good", "more_of_it");
	tap_verdict(json_equal(rows, wanted), "json: types, null, all columns");
	json_decref(wanted);
	json_decref(rows);
	table_free(table);
}

static void test_growth(void)
{
	const struct output output = { 0 };
	struct table *table = table_new(&output, "things", columns, COLUMNS);
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
	tap_verdict(!table_new(&output, "things", columns, COLUMNS), "columns: no such column");
	dup2(screen, STDERR_FILENO);
	close(screen);
	fclose(nowhere);
}

/* Pages from 0x1000 on, all of a huge page at 512, but for what a row of @odd says. */
static size_t lines_of(void (*odd)(struct sight *sight), bool all)
{
	struct pincheck_page held[8];
	struct sight sights[8];
	struct output output = { 0 };
	const struct column *all_columns;
	struct table *table;
	size_t count, lines;

	for (size_t i = 0; i < ARRAY_SIZE(sights); i++) {
		held[i] = (struct pincheck_page) { .path = PINCHECK_PATH_FAST };
		sights[i] = (struct sight) {
			.address = 0x1000 * (i + 1), .held = &held[i],
			.report = { .pfn = 512 + i, .head = 512, .order = 9,
				    .present = PINCHECK_REPORT_PAGE },
		};
	}
	if (odd)
		odd(&sights[4]);
	all_columns = report_columns(&count);
	table = table_new(&output, "pages", all_columns, count);
	sights_rows(table, sights, ARRAY_SIZE(sights), all);
	lines = table_rows(table);
	table_free(table);
	return lines;
}

static void another_path(struct sight *sight)
{
	((struct pincheck_page *)sight->held)->path = PINCHECK_PATH_SLOW;
}

static void another_folio(struct sight *sight)
{
	sight->report.head = 4;
}

static void another_frame(struct sight *sight)
{
	sight->report.pfn = 4;
}

static void another_address(struct sight *sight)
{
	sight->address = 0x100000;
}

static void nothing_there(struct sight *sight)
{
	sight->absent = "not mapped";
}

static const struct {
	const char *what;
	void (*odd)(struct sight *sight);
	bool all;
	size_t lines;
} groups[] = {
	{ "alike", NULL, false, 1 }, { "each for itself", NULL, true, 8 },
	{ "one by another path", another_path, false, 3 },
	{ "one of another folio", another_folio, false, 3 },
	{ "one another page", another_frame, false, 3 },
	{ "one elsewhere", another_address, false, 3 },
	{ "one not there", nothing_there, false, 3 },
};

int main(void)
{
	tap_begin();
	test_prints();
	test_json();
	test_growth();
	test_no_such_column();
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		tap_verdict(lines_of(groups[i].odd, groups[i].all) == groups[i].lines, "lines: %s",
			  groups[i].what);
	return tap_end();
}
