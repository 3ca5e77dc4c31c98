// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report summary: the failures and skips of several KTAP files, and their counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "results.h"

#define MAX_REASONS	64

struct counts {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
};

/* Number of skipped cases for each reason: reasons are a few constant strings. */
struct skip {
	const char *reason;
	unsigned int cases;
};

static void print_evidence(const char *evidence)
{
	while (*evidence) {
		int length = (int)strcspn(evidence, "\n");

		printf("    %.*s\n", length, evidence);
		evidence += length + (evidence[length] == '\n');
	}
}

static void print_failure(const struct test_case *failed, const char *path)
{
	const char *what = failed->outcome == KTAP_XPASS ?
		"stale entry of known-issues, it passes" : ktap_outcome_name(failed->outcome);

	printf("%s: %s%s%s (%s)\n", what, failed->name, *failed->reason ? ": " : "", failed->reason,
	       path);
	if (*failed->facts)
		printf("    %s\n", failed->facts);
	print_evidence(failed->evidence);
}

static void count_skip(struct skip *skips, const char *reason)
{
	size_t i = 0;

	if (!*reason)
		reason = "no reason given";
	while (i < MAX_REASONS - 1 && skips[i].reason && strcmp(skips[i].reason, reason))
		i++;
	if (!skips[i].reason)
		skips[i].reason = reason;
	skips[i].cases++;
}

static void count_results(const struct results *results, size_t from, const char *path,
			  struct counts *counts, struct skip *skips)
{
	for (size_t i = from; i < results->count; i++) {
		const struct test_case *at = &results->cases[i];

		if (ktap_is_failure(at->outcome)) {
			counts->failed++;
			print_failure(at, path);
		} else if (at->outcome == KTAP_SKIP) {
			counts->skipped++;
			count_skip(skips, at->reason);
		} else {
			counts->passed++;
		}
	}
}

static void print_known_failures(const struct results *results)
{
	for (size_t i = 0; i < results->count; i++)
		if (results->cases[i].outcome == KTAP_XFAIL)
			printf("known failure: %s: %s\n", results->cases[i].name,
			       results->cases[i].reason);
}

int command_summary(const struct arguments *arguments)
{
	struct skip skips[MAX_REASONS] = { 0 };
	struct results results = { 0 };
	struct counts counts = { 0 };
	int code;

	for (char **path = arguments->operands; *path; path++) {
		size_t before = results.count;
		int error = results_read(&results, *path);

		if (error)
			results_add(&results, STREAM_CASE, STREAM_CASE, KTAP_ERROR, strerror(-error), "");
		count_results(&results, before, *path, &counts, skips);
	}
	print_known_failures(&results);
	for (size_t i = 0; skips[i].reason; i++)
		printf("skipped %u: %s\n", skips[i].cases, skips[i].reason);
	printf("%u passed, %u failed, %u skipped\n", counts.passed, counts.failed, counts.skipped);
	code = counts.failed ? EXIT_FAIL : counts.passed ? EXIT_PASS : EXIT_SKIP_ONLY;
	results_free(&results);
	return code;
}
