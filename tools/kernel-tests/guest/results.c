// SPDX-License-Identifier: GPL-2.0-only
/* The results of a topic. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../../selftests/frame/known_issues.h"
#include "../../vm/guest/guest.h"
#include "results.h"

#define ISSUES	"/kernel-tests.known-issues"

static struct known_issues issues;
static const char *topic_name;
static char **names;
static size_t name_count;
static unsigned int failed, skipped;
static bool race_ended;

/* No condition of this table needs the module. */
static int no_rule(const char *name)
{
	(void)name;
	return -EINVAL;
}

void results_begin(const char *topic, const char *directory)
{
	char path[512], version[64];
	unsigned int line;
	int error;

	topic_name = topic;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
	snprintf(path, sizeof(path), "%s" ISSUES, directory);
	kernel_version(version, sizeof(version));
	error = known_issues_load(&issues, path, version, no_rule, &line);
	if (error)
		printf("# no known issues: %s:%u: %s\n", path, line, strerror(-error));
}

bool kernel_is_from(const char *version)
{
	char range[64], kernel[64];

	kernel_version(kernel, sizeof(kernel));
	snprintf(range, sizeof(range), ">=%s", version);
	return kernel_in_range(kernel, range, no_rule) > 0;
}

static bool name_is_taken(const char *name)
{
	for (size_t i = 0; i < name_count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Add "_2" and so on to a name that another result has. */
static void make_unique(char *name, size_t size)
{
	size_t length = strlen(name);
	char **grown;

	for (int number = 2; name_is_taken(name); number++)
		snprintf(name + length, size - length, "_%d", number);
	grown = realloc(names, (name_count + 1) * sizeof(*grown));
	if (!grown)
		return;
	names = grown;
	names[name_count] = strdup(name);
	name_count += !!names[name_count];
}

static void print_result(bool ok, const char *name, const char *directive, const char *reason)
{
	bool comment = *directive || *reason;

	printf("%sok %zu %s%s%s%s%s\n", ok ? "" : "not ", name_count, name, comment ? " # " : "",
	       directive, *directive && *reason ? " " : "", reason);
}

void results_add(enum ktap_outcome outcome, const char *variant, const char *name, const char *reason)
{
	static const char *const directives[KTAP_OUTCOMES] = {
		[KTAP_PASS] = "", [KTAP_FAIL] = "", [KTAP_SKIP] = "SKIP", [KTAP_XFAIL] = "XFAIL",
		[KTAP_XPASS] = "XPASS", [KTAP_TIMEOUT] = "TIMEOUT", [KTAP_ERROR] = "ERROR",
	};
	const struct known_issue *issue;
	size_t length = strlen(topic_name);
	char whole[384], why[sizeof(issue->why) + 8];

	/* Fixtures often have the name of their program. */
	if (!strncmp(name, topic_name, length) && name[length] == '.')
		name += length + 1;
	snprintf(whole, sizeof(whole), "%s%s%s.%.250s", topic_name, *variant ? "." : "", variant, name);
	make_unique(whole, sizeof(whole));
	issue = known_issues_find(&issues, whole);
	if (issue && ktap_is_failure(outcome) && known_issue_covers(issue, reason)) {
		if (*reason)
			printf("# %s\n", reason);
		outcome = KTAP_XFAIL;
		snprintf(why, sizeof(why), "%s%s", issue->race ? "race: " : "", issue->why);
		reason = why;
		race_ended |= issue->race && !strcmp(name, "ended");
	} else if (issue && outcome == KTAP_PASS && !issue->race) {
		outcome = KTAP_XPASS;
		reason = issue->why;
	}
	failed += ktap_is_failure(outcome);
	skipped += outcome == KTAP_SKIP;
	print_result(!ktap_is_failure(outcome), whole, directives[outcome], reason);
}

bool results_race_ended(void)
{
	bool ended = race_ended;

	race_ended = false;
	return ended;
}

int results_end(void)
{
	printf("1..%zu\n", name_count);
	return failed ? 1 : skipped == name_count ? 4 : 0;
}
