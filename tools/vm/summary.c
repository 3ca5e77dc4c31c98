// SPDX-License-Identifier: GPL-2.0-only
/* The summary of a run, for a person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "machine.h"
#include "record.h"
#include "suite.h"
#include "summary.h"
#include "util.h"
#include "verdict.h"

/* The rest is in results.ktap. */
#define DIAGNOSTIC_LINES	14
#define FAILURES_SHOWN		20

static const char *last_lines(const char *text, unsigned int lines)
{
	const char *at = text + strlen(text);

	while (at > text && (at[-1] != '\n' || at + strlen(at) == at || lines--))
		at--;
	return at;
}

static void print_failure(const struct run_case *test)
{
	const char *line = last_lines(test->diagnostics, DIAGNOSTIC_LINES);

	printf("  %-7s %s%s%s\n", ktap_outcome_name(test->outcome), test->name,
	       *test->reason ? ": " : "", test->reason);
	while (*line) {
		int length = (int)strcspn(line, "\n");

		printf("          %.*s\n", length, line);
		line += length + (line[length] == '\n');
	}
}

static void print_failures(const struct suite *suite)
{
	unsigned int failed = suite_failed(suite);
	unsigned int shown = 0;

	if (failed)
		printf("\nFailures:\n");
	for (size_t i = 0; i < suite->case_count && shown < FAILURES_SHOWN; i++) {
		const struct run_case *test = &suite->cases[i];

		if (!ktap_is_failure(test->outcome) || test->outcome == KTAP_XPASS)
			continue;
		print_failure(test);
		shown++;
	}
	if (failed - suite->totals[KTAP_XPASS] > shown)
		printf("  and %u more, see results.ktap\n", failed - suite->totals[KTAP_XPASS] - shown);
}

static void print_stale(const struct suite *suite)
{
	if (!suite->totals[KTAP_XPASS])
		return;
	printf("\nSTALE expectations: known failures that now pass, take them off the list: %u\n",
	       suite->totals[KTAP_XPASS]);
	for (size_t i = 0; i < suite->case_count; i++) {
		const struct run_case *test = &suite->cases[i];

		if (test->outcome == KTAP_XPASS)
			printf("  %s%s%s\n", test->name, *test->reason ? ": " : "", test->reason);
	}
}

static int by_reason(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The number of cases for each reason. Their names are in results.ktap. */
static void print_by_reason(const struct suite *suite, enum ktap_outcome outcome,
			    const char *heading)
{
	const char **reasons = NULL;
	size_t count = 0;

	for (size_t i = 0; i < suite->case_count; i++) {
		if (suite->cases[i].outcome != outcome)
			continue;
		reasons = grow(reasons, count, sizeof(*reasons));
		reasons[count++] = suite->cases[i].reason;
	}
	if (count) {
		printf("\n%s: %zu\n", heading, count);
		qsort(reasons, count, sizeof(*reasons), by_reason);
	}
	for (size_t i = 0, same = 0; i < count; i += same) {
		same = 1;
		while (i + same < count && !strcmp(reasons[i], reasons[i + same]))
			same++;
		printf("  %4zu  %s\n", same, *reasons[i] ? reasons[i] : "no reason given");
	}
	free(reasons);
}

unsigned int summary_failed(const struct suite *suite, const struct verdict *verdict)
{
	unsigned int failed = suite_failed(suite);

	return failed || verdict->code == EXIT_PASS || verdict->code == EXIT_SKIP_ONLY ? failed : 1;
}

void summary_print(const struct run *run, const struct suite *suite, const struct machine *machine,
		   const struct verdict *verdict)
{
	print_failures(suite);
	print_stale(suite);
	print_by_reason(suite, KTAP_XFAIL, "known failures");
	print_by_reason(suite, KTAP_SKIP, "skipped");
	if (suite->problem_count && suite->started) {
		printf("\nThe result stream is not whole:\n");
		for (size_t i = 0; i < suite->problem_count; i++)
			printf("  %s\n", suite->problems[i]);
	}
	if (verdict->code == EXIT_PANIC || verdict->code == EXIT_NO_BOOT ||
	    verdict->code == EXIT_TIMEOUT) {
		printf("\nLast lines of the console:\n");
		console_print_tail(&machine->console, stdout);
		if (*machine->errors)
			printf("QEMU said:\n%s\n", machine->errors);
	}
	printf("\n%s: %s\n", verdict->name, verdict->reason);
	if (*verdict->next)
		printf("  next: %s\n", verdict->next);
	if (suite->first_test_line)
		printf("image to first test line %.1f s, whole run %.1f s, %.0f cases/s; %s\n",
		       suite->first_test_line - run->started, run->ended - run->started,
		       suite_cases_per_second(suite), run->options->results);
	printf("%u passed, %u failed, %u skipped\n", suite_passed(suite),
	       summary_failed(suite, verdict), suite->totals[KTAP_SKIP]);
}
