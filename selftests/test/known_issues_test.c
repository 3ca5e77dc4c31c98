// SPDX-License-Identifier: GPL-2.0-only
/* The table of known issues: ranges of kernels, and lines that cannot be read. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "known_issues.h"

static unsigned int tests, failures;

static void verdict(int ok, const char *what, const char *detail)
{
	printf("%sok %u %s: %s\n", ok ? "" : "not ", ++tests, what, detail);
	failures += !ok;
}

/* Rules of a kernel that follows one of the two it knows. */
static int rule(const char *name)
{
	if (!strcmp(name, "followed"))
		return 1;
	return strcmp(name, "ignored") ? -ENOENT : 0;
}

static const struct {
	const char *kernel;
	const char *range;
	int in;
} ranges[] = {
	{ "6.12.117", "all", 1 },
	{ "6.12.117", ">=5.12 <6.14", 1 },
	{ "6.14", ">=5.12 <6.14", 0 },
	{ "6.14.0", "<=6.14", 1 },
	{ "5.12", ">=5.12 <6.14", 1 },
	{ "5.9.16", ">=5.12 <6.14", 0 },
	{ "5.10.223", "<5.10.9", 0 },
	{ "5.10.8", "<5.10.9", 1 },
	{ "6.12", ">6.12", 0 },
	{ "6.12.1", ">6.12", 1 },
	{ "10.2", ">=5.12  >6", 1 },
	{ "6.12", "followed", 1 },
	{ "6.12", "!followed", 0 },
	{ "6.12", "ignored", 0 },
	{ "6.12", ">=5.12 !ignored <6.14", 1 },
	{ "6.14", ">=5.12 !ignored <6.14", 0 },
	{ "6.12", "unheard_of", -EINVAL },
	{ "6.12", "!unheard_of", -EINVAL },
	{ "6.12", "!", -EINVAL },
	{ "6.12", "6.12", -EINVAL },
	{ "6.12", ">=", -EINVAL },
	{ "6.12", "=6.12", -EINVAL },
	{ "6.12", ">=5 rubbish", -EINVAL },
	{ "6.12", ">= 5", -EINVAL },
};

static void check_ranges(void)
{
	char what[128];
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		snprintf(what, sizeof(what), "%s in \"%s\"", ranges[i].kernel, ranges[i].range);
		verdict(kernel_in_range(ranges[i].kernel, ranges[i].range, rule) == ranges[i].in,
			"range", what);
	}
}

/* As long as nothing that a program says */
#define LONG	"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 01234567"

static const struct {
	const char *what;
	const char *text;
	int error;
	unsigned int line;
	size_t count;
} tables[] = {
	{ "empty", "", 0, 0, 0 },
	{ "comments and blank lines", "# a | b\n\n  \t\n", 0, 0, 0 },
	{ "one", "a.* | all | R1 | x | y | why\n", 0, 0, 1 },
	{ "no newline at the end", "a.* | all | R1 | x | y | why", 0, 0, 1 },
	{ "not this kernel", "a.* | <6 | R1 | x | y | why\nb | all | R2 | x | y | z\n", 0, 0, 1 },
	{ "five columns", "# c\na.* | all | R1 | x | y\n", -EINVAL, 2, 0 },
	{ "seven columns", "a.* | all | R1 | x | y | why | more\n", -EINVAL, 1, 0 },
	{ "no pattern", " | all | R1 | x | y | why\n", -EINVAL, 1, 0 },
	{ "long race", "a | all | R | race: " LONG " | y | why\n", -EINVAL, 1, 0 },
	{ "bad range", "a | all | R | x | y | w\na | 6.12 | R1 | x | y | why\n", -EINVAL, 2, 1 },
};

static int load_text(struct known_issues *issues, const char *text, unsigned int *line)
{
	char path[] = "/tmp/known-issues.XXXXXX";
	int fd = mkstemp(path), error;
	size_t length = strlen(text);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		return -EIO;
	close(fd);
	error = known_issues_load(issues, path, "6.12.117", rule, line);
	unlink(path);
	return error;
}

static void check_tables(void)
{
	struct known_issues issues;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		unsigned int line = 99;
		int error = load_text(&issues, tables[i].text, &line);

		verdict(error == tables[i].error && line == tables[i].line &&
			issues.count == tables[i].count, "table", tables[i].what);
		free(issues.issue);
	}
}

/* A race covers a failure that says what the line says; any other line covers each failure. */
static const struct {
	const char *broken_by;
	const char *reason;
	bool race;
	bool covers;
} races[] = {
	{ "race", "anything", true, true },
	{ "race: no page", "bail out: no page at 0", true, true },
	{ "race:no page", "no page", true, true },
	{ "race: no page", "no time", true, false },
	{ "race: no page", "", true, false },
	{ "1234567890ab", "no page", false, true },
	{ "races: no page", "no time", false, true },
	{ "-", "", false, true },
};

static void check_races(void)
{
	struct known_issues issues;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(races) / sizeof(*races); i++) {
		unsigned int line;

		snprintf(text, sizeof(text), "a | all | - | %s | - | why", races[i].broken_by);
		verdict(!load_text(&issues, text, &line) && issues.count == 1 &&
			issues.issue[0].race == races[i].race &&
			known_issue_covers(&issues.issue[0], races[i].reason) == races[i].covers,
			"race", text);
		free(issues.issue);
	}
}

static const struct {
	const char *pattern;
	const char *name;
	bool matches;
} names[] = {
	{ "fork.*", "fork.base_none.x", true },
	{ "fork.*", "spoon.base_none.x", false },
	{ "a.* fork.*", "fork.base_none.x", true },
	{ "fork.* !*.x", "fork.base_none.x", false },
	{ "!*.x fork.*", "fork.base_none.x", false },
	{ "fork.* !*.x", "fork.base_none.y", true },
	{ "!*.x", "fork.base_none.y", false },
	{ "fork.{base,swapped}_*.x", "fork.swapped_none.x", true },
	{ "fork.{base,swapped}_*.x", "fork.hugetlb_none.x", false },
	{ "fork.{base,swapped}_{none,pin}.x", "fork.base_pin.x", true },
	{ "fork.{base,swapped}_{none,pin}.x", "fork.base_get.x", false },
	{ "fork.* !*.base_{none,pin}.*", "fork.base_pin.x", false },
	{ "fork.x{,_more}", "fork.x", true },
	{ "fork.{base", "fork.base", false },
	{ "{spoon,fork}.*", "fork.base_none.x", true },
	{ "f?rk.*", "fork.base_none.x", true },
	{ "fork.base_none.x", "fork.base_none.x", true },
	{ "fork.base_none.xy", "fork.base_none.x", false },
	{ "fork.base_none", "fork.base_none.x", false },
	{ "spoon.*  fork.*", "fork.base_none.x", true },
	{ "!fork.base_none.x fork.*", "fork.base_none.x", false },
	{ "", "fork.base", false },
};

static void check_names(void)
{
	char what[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(what, sizeof(what), "\"%s\" %s %s", names[i].pattern,
			 names[i].matches ? "covers" : "leaves out", names[i].name);
		verdict(name_matches(names[i].pattern, names[i].name) == names[i].matches, "name",
			what);
	}
}

/* Rules in the real table: this kernel follows all that a new one does. */
static int any_rule(const char *name)
{
	return *name ? 1 : -ENOENT;
}

/* The table as it is, and the order: the first line that matches is the one that speaks. */
static void check_find(const char *path)
{
	struct known_issues issues;
	unsigned int line;
	const struct known_issue *issue;

	verdict(!known_issues_load(&issues, path, "6.12.117", any_rule, &line), "reads", path);
	issue = known_issues_find(&issues, "mprotect.hugetlb_pin_rw_fast.forked_while_readonly");
	verdict(issue && !strcmp(issue->rows, "R7"), "finds", "R7");
	verdict(!known_issues_find(&issues, "fork.base_pin_rw_fast.parent_writes"), "finds not",
		"a case that passes");
	free(issues.issue);
	verdict(known_issues_load(&issues, "/nonexistent", "6.12", rule, &line) == -ENOENT && !line,
		"missing", "file");
}

int main(int argc, char **argv)
{
	printf("TAP version 13\n");
	check_ranges();
	check_names();
	check_tables();
	check_races();
	check_find(argc > 1 ? argv[1] : "selftests/known-issues");
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
