// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report known: the known failures by kernels. Lines of known-issues that name the same rows
 * and the same fix are one finding. A case says by its reason ("R13 R20: ...") to which line it belongs.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "commands.h"
#include "kernel_run.h"
#include "output.h"
#include "text.h"

#define TABLE		"selftests/known-issues"
#define MAX_SCENARIOS	3	/* of a topic that a cell names; it counts more of them */

enum column { GLOBS, KERNELS, ROWS, BROKEN_BY, FIXED_BY, WHY, COLUMNS };

/**
 * struct finding - a row of the table
 * @rows: of the catalogue
 * @fixed_by: as known-issues has it
 * @broken_by: name -> null: what the lines say, each once
 * @whys: cause -> null
 * @invariants: name -> null: of the verdicts that were broken
 * @topics: name -> scenario -> null: of the tests that failed
 * @cases: name of a case that failed on some kernel -> null
 */
struct finding {
	char *rows;
	char *fixed_by;
	json_t *broken_by;
	json_t *whys;
	json_t *invariants;
	json_t *topics;
	json_t *cases;
};

/**
 * struct findings - all of them, in the order of known-issues
 * @numbers: reason of a case -> the finding's place in @list
 */
struct findings {
	struct finding *list;
	size_t count;
	size_t size;
	json_t *numbers;
};

static void set_add(json_t *set, const char *name)
{
	json_object_set_new(set, name, json_null());
}

static struct finding *find_finding(struct findings *findings, const char *rows,
				    const char *fixed_by)
{
	struct finding *finding;

	for (size_t i = 0; i < findings->count; i++) {
		finding = &findings->list[i];
		if (!strcmp(finding->rows, rows) && !strcmp(finding->fixed_by, fixed_by))
			return finding;
	}
	findings->list = grow(findings->list, findings->count, &findings->size, sizeof(*finding));
	finding = &findings->list[findings->count++];
	*finding = (struct finding) {
		.rows = copy_of(rows), .fixed_by = copy_of(fixed_by), .broken_by = json_object(),
		.whys = json_object(), .invariants = json_object(), .topics = json_object(),
		.cases = json_object(),
	};
	return finding;
}

static void add_line(struct findings *findings, char *columns[COLUMNS])
{
	struct finding *finding = find_finding(findings, columns[ROWS], columns[FIXED_BY]);
	char *reason = format_of("%s: %s", columns[ROWS], columns[WHY]);

	if (strcmp(columns[BROKEN_BY], "-"))
		set_add(finding->broken_by, columns[BROKEN_BY]);
	set_add(finding->whys, columns[WHY]);
	json_object_set_new(findings->numbers, reason,
			    json_integer((json_int_t)(finding - findings->list)));
	free(reason);
}

static void read_table(struct findings *findings)
{
	char *text = file_read(TABLE, NULL), *rest = text, *line;

	if (!text)
		errx(EXIT_USAGE, "cannot read %s: %s. Call known at the top of the source tree", TABLE,
		     strerror(errno));
	while ((line = strsep(&rest, "\n"))) {
		char *columns[COLUMNS], *column;
		size_t count = 0;

		if (*line == '#')
			continue;
		while (count < COLUMNS && (column = strsep(&line, "|")))
			columns[count++] = text_strip(column);
		if (count == COLUMNS)
			add_line(findings, columns);
	}
	free(text);
}

/* A reason that no line gives any more is a finding, too: of the rows before its colon. */
static struct finding *finding_of_reason(struct findings *findings, const char *reason)
{
	const json_t *number = json_object_get(findings->numbers, reason);
	const char *colon = strstr(reason, ": ");
	struct finding *finding;
	char *rows;

	if (number)
		return &findings->list[json_integer_value(number)];
	rows = format_of("%.*s", colon ? (int)(colon - reason) : 0, reason);
	finding = find_finding(findings, rows, "-");
	set_add(finding->whys, colon ? colon + 2 : reason);
	json_object_set_new(findings->numbers, reason,
			    json_integer((json_int_t)(finding - findings->list)));
	free(rows);
	return finding;
}

/* "SYNC BROKEN page=0 ...": the first word of a broken verdict is its invariant. */
static void add_invariants(struct finding *finding, const char *evidence)
{
	static const char broken[] = " BROKEN";
	char *copy = copy_of(evidence), *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		size_t length = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (!length || strncmp(line + length, broken, strlen(broken)))
			continue;
		line[length] = '\0';
		set_add(finding->invariants, line);
	}
	free(copy);
}

static void add_failure(struct findings *findings, const struct test_case *of)
{
	struct finding *finding = finding_of_reason(findings, of->reason);
	const char *scenario = strrchr(of->name, '.');
	json_t *scenarios = json_object_get(finding->topics, of->topic);

	if (!scenarios) {
		scenarios = json_object();
		json_object_set_new(finding->topics, of->topic, scenarios);
	}
	set_add(scenarios, scenario ? scenario + 1 : of->name);
	set_add(finding->cases, of->name);
	add_invariants(finding, of->evidence);
}

static void write_set(json_t *set, const char *separator, FILE *to)
{
	const char *name, *before = "";
	json_t *value;

	if (!json_object_size(set))
		putc('-', to);
	json_object_foreach(set, name, value) {
		fprintf(to, "%s%s", before, name);
		before = separator;
	}
}

/* `fork.*.{child_exits,child_writes}`, or `vmsplice` (6) */
static void write_tests(json_t *topics, FILE *to)
{
	const char *topic, *before = "";
	json_t *scenarios;

	if (!json_object_size(topics))
		putc('-', to);
	json_object_foreach(topics, topic, scenarios) {
		size_t count = json_object_size(scenarios);

		fprintf(to, "%s`%s", before, topic);
		if (count <= MAX_SCENARIOS) {
			fputs(count > 1 ? ".*.{" : ".*.", to);
			write_set(scenarios, ",", to);
			fputs(count > 1 ? "}`" : "`", to);
		} else {
			fprintf(to, "` (%zu)", count);
		}
		before = " ";
	}
}

/* How many cases fail on this kernel for this finding's reason; "-" if none of them ran. */
static void write_count(struct findings *findings, const struct finding *finding,
			const struct kernel_run *run, FILE *to)
{
	unsigned int failed = 0, ran = 0;
	const char *name;
	json_t *value;

	json_object_foreach(finding->cases, name, value) {
		const struct test_case *of = kernel_run_find(run, name);

		if (!of || of->outcome == KTAP_SKIP)
			continue;
		ran++;
		failed += of->outcome == KTAP_XFAIL &&
			  finding_of_reason(findings, of->reason) == finding;
	}
	if (ran)
		fprintf(to, " %u |", failed);
	else
		fputs(" - |", to);
}

static void write_finding(struct findings *findings, const struct finding *finding,
			  const struct kernel_run *runs, size_t run_count, FILE *to)
{
	fprintf(to, "| %s | ", finding->rows);
	write_set(finding->whys, "<br>", to);
	fputs(" | ", to);
	write_set(finding->invariants, ", ", to);
	fputs(" | ", to);
	write_tests(finding->topics, to);
	fputs(" |", to);
	for (size_t i = 0; i < run_count; i++)
		write_count(findings, finding, &runs[i], to);
	putc(' ', to);
	write_set(finding->broken_by, ", ", to);
	fprintf(to, " | %s |\n", finding->fixed_by);
}

static void write_findings(struct findings *findings, const struct kernel_run *runs,
			   size_t run_count, FILE *to)
{
	fputs("| rows | why | invariant | tests |", to);
	for (size_t i = 0; i < run_count; i++)
		fprintf(to, " %s |", kernel_run_short_name(&runs[i]));
	fputs(" broken by | fixed by |\n|---|---|---|---|---|---|", to);
	for (size_t i = 0; i < run_count; i++)
		fputs("---|", to);
	putc('\n', to);
	for (size_t i = 0; i < findings->count; i++)
		write_finding(findings, &findings->list[i], runs, run_count, to);
}

static void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->list[i];

		free(finding->rows);
		free(finding->fixed_by);
		json_decref(finding->broken_by);
		json_decref(finding->whys);
		json_decref(finding->invariants);
		json_decref(finding->topics);
		json_decref(finding->cases);
	}
	free(findings->list);
	json_decref(findings->numbers);
}

int command_known(const struct arguments *arguments)
{
	struct findings findings = { .numbers = json_object() };
	struct output output;
	size_t run_count;
	struct kernel_run *runs = kernel_runs_load(arguments, "known", &run_count);

	read_table(&findings);
	for (size_t i = 0; i < run_count; i++) {
		const struct results *results = &runs[i].results;

		for (size_t j = 0; j < results->count; j++)
			if (results->cases[j].outcome == KTAP_XFAIL)
				add_failure(&findings, &results->cases[j]);
	}
	output_open(&output, arguments->output, "known.md");
	write_findings(&findings, runs, run_count, output.to);
	output_close(&output);
	findings_free(&findings);
	kernel_runs_free(runs, run_count);
	return EXIT_PASS;
}
