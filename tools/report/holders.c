// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report holders: the drivers of selftests/holders that hold memory, and what the suite measured of each:
 * a column is a test, and a cell says what the kernels answered, and which of them.
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

#define TABLE		"selftests/holders"
#define NOT_MEASURED	"-"

/* Columns of selftests/holders. */
enum { NAME, HOLDER, FUNCTION, TERM, FIELDS };

/**
 * struct answer - what the cases of one holder, one column and one kernel say
 * @passed: cases that passed
 * @kept: kinds of memory of these cases
 * @broken: kinds of memory of those that failed, known or not
 * @word: for a column whose answer is in the evidence
 */
struct answer {
	unsigned int passed;
	struct text kept;
	struct text broken;
	const char *word;
};

/**
 * struct column - a row: what a column shows
 * @title: its head
 * @test: last part of the name of the cases, and @other: of those of other drivers, or NULL
 * @verdict: NULL, or what a case must have found to count: less was promised to a plain reference
 * @word: NULL if the verdict is the answer; else what the evidence of a case says, or NULL
 * @instead: NULL, or the test of what holders do for which the promise does not hold, as they hold for a short time
 * @done: what the cell says of those that passed @instead
 */
struct column {
	const char *title;
	const char *test;
	const char *(*word)(const char *evidence);
	const char *other;
	const char *verdict;
	const char *instead;
	const char *done;
};

/* The number that the first pair with @key has. Return: is there one? */
static bool number_of(const char *evidence, const char *key, long long *number)
{
	char *copy = copy_of(evidence), *rest = copy, *line, value[32];
	bool found = false;

	while (!found && (line = strsep(&rest, "\n")))
		found = pairs_find(line, key, value, sizeof(value));
	if (found)
		*number = strtoll(value, NULL, 10);
	free(copy);
	return found;
}

/* A driver may pin memory of its own, too, and nothing else, as the one that asks for pages on demand does. */
static const char *word_of_pins(const char *evidence)
{
	long long pins, own = 0;

	if (!number_of(evidence, "nr_foll_pin", &pins))
		return NULL;
	number_of(evidence, "own_pins", &own);
	return pins > own ? "yes" : "no";
}

static const char *word_of_charge(const char *evidence)
{
	long long held, pin_before, pin, lck_before, lck;

	if (!number_of(evidence, "held_kib", &held) ||
	    !number_of(evidence, "vm_pin_kib_before", &pin_before) ||
	    !number_of(evidence, "vm_pin_kib", &pin) ||
	    !number_of(evidence, "vm_lck_kib_before", &lck_before) ||
	    !number_of(evidence, "vm_lck_kib", &lck))
		return NULL;
	if (pin - pin_before >= held)
		return "VmPin";
	return lck - lck_before >= held ? "VmLck" : "nothing";
}

static const char *word_of_limit(const char *evidence)
{
	char *copy = copy_of(evidence), *rest = copy, *line, outcome[80] = "";
	const char *word = NULL;

	while (!*outcome && (line = strsep(&rest, "\n")))
		pairs_find(line, "outcome", outcome, sizeof(outcome));
	if (*outcome)
		word = strcmp(outcome, "held") ? "yes" : "no";
	free(copy);
	return word;
}

static const struct column columns[] = {
	{ .title = "pins (FOLL_PIN)", .test = "counted", .other = "referenced", .word = word_of_pins },
	{ .title = "counted as", .test = "accounted", .word = word_of_charge },
	{ .title = "RLIMIT_MEMLOCK", .test = "limited", .word = word_of_limit },
	{ .title = "a failure gives back", .test = "hole_refused" },
	{ .title = "whitelist", .test = "tracked_refused", .instead = "tracked_given", .done = "given" },
	{ .title = "leaves ZONE_MOVABLE", .test = "longterm_leaves", .instead = "short_stays", .done = "stays" },
	{ .title = "fork safe", .test = "forked", .verdict = "SYNC kept" },
	{ .title = "soft-dirty", .test = "dumped" },
	{ .title = "uffd-wp", .test = "trapped" },
	{ .title = "PAGEMAP_SCAN", .test = "scanned" },
};

static bool is_of(const struct test_case *of, const char *holder, const struct column *column)
{
	const char *scenario = strrchr(of->name, '.');
	char hold[64];

	return scenario && (!strcmp(scenario + 1, column->test) ||
			    (column->other && !strcmp(scenario + 1, column->other))) &&
	       (!strncmp(of->topic, "holders", strlen("holders")) ||
		!strncmp(of->topic, holder, strlen(holder))) &&
	       pairs_find(of->facts, "hold", hold, sizeof(hold)) && !strcmp(hold, holder);
}

static void add_case(struct answer *answer, const struct column *column, const struct test_case *of)
{
	bool passed = of->outcome == KTAP_PASS &&
		      (!column->verdict || strstr(of->evidence, column->verdict));
	struct text *memories = passed ? &answer->kept : &answer->broken;
	char memory[64];

	if (of->outcome == KTAP_SKIP)
		return;
	if (column->word && !answer->word)
		answer->word = column->word(of->evidence);
	answer->passed += passed;
	if (pairs_find(of->facts, "memory", memory, sizeof(memory)))
		text_printf(memories, "%s%s", memories->length ? ", " : "", memory);
}

/* Return: what the cases of one test say of one kernel, to be freed */
static char *answer_by_test(const struct kernel_run *run, const char *holder, const struct column *column)
{
	struct answer answer = { 0 };
	char *kept, *broken, *said;

	for (size_t i = 0; i < run->results.count; i++)
		if (is_of(&run->results.cases[i], holder, column))
			add_case(&answer, column, &run->results.cases[i]);
	kept = text_take(&answer.kept);
	broken = text_take(&answer.broken);
	if (answer.word)
		said = copy_of(answer.word);
	else if (column->word || (!*kept && !*broken))
		said = copy_of(NOT_MEASURED);
	else if (!*broken)
		said = copy_of("yes");
	else if (!*kept)
		said = copy_of("no");
	else
		said = format_of("%s: yes; %s: no", kept, broken);
	free(kept);
	free(broken);
	return said;
}

/* Return: what a cell says of one kernel, to be freed */
static char *answer_of(const struct kernel_run *run, const char *holder, const struct column *column)
{
	const struct column instead = { .test = column->instead };
	char *said = answer_by_test(run, holder, column), *done;

	if (!column->instead || strcmp(said, NOT_MEASURED))
		return said;
	free(said);
	done = answer_by_test(run, holder, &instead);
	if (strcmp(done, "yes"))
		return done;
	free(done);
	return copy_of(column->done);
}

/* "yes" if all kernels that ran say so, or "no (5.10.262), yes (6.1.187, 6.12.117)". */
static void write_holder_cell(const struct kernel_run *runs, size_t run_count, const char *holder,
			      const struct column *column, FILE *to)
{
	json_t *kernels = json_object(), *value;
	const char *said, *before = "";

	for (size_t i = 0; i < run_count; i++) {
		char *answer = answer_of(&runs[i], holder, column);
		json_t *old = json_object_get(kernels, answer);
		char *names = format_of("%s%s%s", old ? json_string_value(old) : "", old ? ", " : "",
					kernel_run_short_name(&runs[i]));

		if (strcmp(answer, NOT_MEASURED))
			json_object_set_new(kernels, answer, json_string(names));
		free(names);
		free(answer);
	}
	putc(' ', to);
	if (!json_object_size(kernels))
		fputs(NOT_MEASURED, to);
	json_object_foreach(kernels, said, value) {
		if (json_object_size(kernels) == 1)
			fputs(said, to);
		else
			fprintf(to, "%s%s (%s)", before, said, json_string_value(value));
		before = "<br>";
	}
	fputs(" |", to);
	json_decref(kernels);
}

static void write_holder(const struct kernel_run *runs, size_t run_count, char *fields[FIELDS], FILE *to)
{
	fprintf(to, "| %s | %s | %s |", fields[HOLDER], fields[FUNCTION], fields[TERM]);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		write_holder_cell(runs, run_count, fields[NAME], &columns[i], to);
	putc('\n', to);
}

static void write_holders_head(FILE *to)
{
	fputs("| holder | function | term |", to);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(to, " %s |", columns[i].title);
	fputs("\n|---|---|---|", to);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		fputs("---|", to);
	putc('\n', to);
}

int command_holders(const struct arguments *arguments)
{
	char *table = file_read(TABLE, NULL), *rest = table, *line;
	struct output output;
	size_t run_count;
	struct kernel_run *runs = kernel_runs_load(arguments, "holders", &run_count);

	if (!table)
		errx(EXIT_USAGE, "cannot read %s: %s. Call holders at the top of the source tree", TABLE,
		     strerror(errno));
	output_open(&output, arguments->output, "holders.md");
	write_holders_head(output.to);
	while ((line = strsep(&rest, "\n"))) {
		char *fields[FIELDS], *field;
		size_t count = 0;

		if (*line == '#')
			continue;
		while (count < FIELDS && (field = strsep(&line, "|")))
			fields[count++] = text_strip(field);
		if (count == FIELDS)
			write_holder(runs, run_count, fields, output.to);
	}
	output_close(&output);
	free(table);
	kernel_runs_free(runs, run_count);
	return EXIT_PASS;
}
