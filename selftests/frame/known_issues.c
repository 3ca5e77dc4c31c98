// SPDX-License-Identifier: GPL-2.0-only
/* The table selftests/known-issues: reading it, and matching names. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "known_issues.h"

enum column { PATTERN, KERNELS, ROWS, BROKEN_BY, FIXED_BY, WHY, COLUMNS };

static int compare_versions(const char *a, const char *b)
{
	int i;

	for (i = 0; i < 3; i++) {
		char *a_end, *b_end;
		long x = strtol(a, &a_end, 10), y = strtol(b, &b_end, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = *a_end == '.' ? a_end + 1 : "";
		b = *b_end == '.' ? b_end + 1 : "";
	}
	return 0;
}

static int rule_holds(const char *condition, known_issues_rule *rule)
{
	bool not = *condition == '!';
	int follows = rule(condition + not);

	return follows < 0 ? -EINVAL : not != !!follows;
}

static int condition_holds(const char *kernel, const char *condition, known_issues_rule *rule)
{
	bool less = condition[0] == '<', or_equal = condition[1] == '=';
	const char *version = condition + 1 + or_equal;
	int order;

	if (!less && condition[0] != '>')
		return rule_holds(condition, rule);
	if (*version < '0' || *version > '9')
		return -EINVAL;
	order = compare_versions(kernel, version);
	if (!order)
		return or_equal;
	return less ? order < 0 : order > 0;
}

int kernel_in_range(const char *kernel, const char *range, known_issues_rule *rule)
{
	char *copy, *condition, *rest;
	int in = 1;

	if (!strcmp(range, "all"))
		return 1;
	copy = rest = strdup(range);
	if (!copy)
		return -ENOMEM;
	while (in > 0 && (condition = strsep(&rest, " "))) {
		if (*condition)
			in = condition_holds(kernel, condition, rule);
	}
	free(copy);
	return in;
}

void kernel_version(char *version, size_t size)
{
	struct utsname name;
	const char *from;

	if (uname(&name)) {
		snprintf(version, size, "0");
		return;
	}
	from = strstr(name.version, "Debian ");
	from = from ? from + strlen("Debian ") : name.release;
	snprintf(version, size, "%.*s", (int)strspn(from, "0123456789."), from);
}

static char *trimmed_text(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length && strchr(" \t\n", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* "race: TEXT" or "race" in the column "broken by". Return: false if TEXT is too long */
static bool read_race(const char *broken_by, struct known_issue *issue)
{
	size_t length = strcspn(broken_by, ":");

	issue->race = length == strlen("race") && !strncmp(broken_by, "race", length);
	*issue->said = '\0';
	if (!issue->race || !broken_by[length])
		return true;
	broken_by += length + 1;
	broken_by += strspn(broken_by, " ");
	return snprintf(issue->said, sizeof(issue->said), "%s", broken_by) < (int)sizeof(issue->said);
}

/* Return: 1 if the line applies to @kernel, 0 if not or if the line is empty, or -EINVAL. */
static int read_issue_line(char *line, const char *kernel, known_issues_rule *rule,
			   struct known_issue *issue)
{
	char *column[COLUMNS], *rest = trimmed_text(line);
	int i, in;

	if (!*rest || *rest == '#')
		return 0;
	for (i = 0; i < COLUMNS; i++) {
		char *text = strsep(&rest, "|");

		if (!text)
			return -EINVAL;
		column[i] = trimmed_text(text);
	}
	if (rest || !*column[PATTERN] || !*column[WHY])
		return -EINVAL;
	if (strlen(column[PATTERN]) >= sizeof(issue->pattern) ||
	    strlen(column[ROWS]) >= sizeof(issue->rows) ||
	    strlen(column[WHY]) >= sizeof(issue->why) || !read_race(column[BROKEN_BY], issue))
		return -EINVAL;
	in = kernel_in_range(kernel, column[KERNELS], rule);
	if (in <= 0)
		return in;
	snprintf(issue->pattern, sizeof(issue->pattern), "%s", column[PATTERN]);
	snprintf(issue->rows, sizeof(issue->rows), "%s", column[ROWS]);
	snprintf(issue->why, sizeof(issue->why), "%s", column[WHY]);
	return 1;
}

int known_issues_load(struct known_issues *issues, const char *path, const char *kernel,
		      known_issues_rule *rule, unsigned int *error_line)
{
	FILE *table = fopen(path, "re");
	unsigned int number = 0;
	struct known_issue issue, *grown;
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	*issues = (struct known_issues) { 0 };
	*error_line = 0;
	if (!table)
		return -errno;
	while (error >= 0 && getline(&line, &size, table) >= 0) {
		number++;
		error = read_issue_line(line, kernel, rule, &issue);
		if (error <= 0)
			continue;
		grown = realloc(issues->issue, (issues->count + 1) * sizeof(issue));
		if (!grown) {
			error = -ENOMEM;
			continue;
		}
		issues->issue = grown;
		issues->issue[issues->count++] = issue;
	}
	if (error < 0)
		*error_line = number;
	free(line);
	fclose(table);
	return error < 0 ? error : 0;
}

/* Comparing the part before the first wildcard rules most globs out, and is fast. */
static bool begins_alike(const char *glob, const char *name)
{
	return !strncmp(glob, name, strcspn(glob, "*?[{\\ \t"));
}

/* Replaces the first braces by each of their alternatives, then matches the rest likewise. */
static bool glob_matches(const char *glob, const char *name)
{
	const char *open = strchr(glob, '{'), *close = open ? strchr(open, '}') : NULL;
	const char *from, *to;
	char chosen[512];

	if (!begins_alike(glob, name))
		return false;
	if (!close)
		return !fnmatch(glob, name, 0);
	for (from = open + 1; from <= close; from = to + 1) {
		to = from + strcspn(from, ",}");
		snprintf(chosen, sizeof(chosen), "%.*s%.*s%s", (int)(open - glob), glob,
			 (int)(to - from), from, close + 1);
		if (glob_matches(chosen, name))
			return true;
	}
	return false;
}

bool name_matches(const char *pattern, const char *name)
{
	const char *glob = pattern + strspn(pattern, " \t");
	bool matches = false, excluded = false;
	size_t length, not;
	char one[512];

	for (; *glob; glob += length + strspn(glob + length, " \t")) {
		length = strcspn(glob, " \t");
		not = *glob == '!';
		if (!begins_alike(glob + not, name))
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)(length - not), glob + not);
		if (glob_matches(one, name)) {
			matches = matches || !not;
			excluded = excluded || not;
		}
	}
	return matches && !excluded;
}

bool known_issue_covers(const struct known_issue *issue, const char *reason)
{
	return strstr(reason, issue->said);
}

const struct known_issue *known_issues_find(const struct known_issues *issues, const char *name)
{
	size_t i;

	for (i = 0; i < issues->count; i++) {
		if (name_matches(issues->issue[i].pattern, name))
			return &issues->issue[i];
	}
	return NULL;
}
