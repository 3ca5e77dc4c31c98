/* SPDX-License-Identifier: GPL-2.0-only */
/* The table selftests/known-issues: what kernels are known to get wrong. */
#ifndef PINCHECK_SELFTESTS_KNOWN_ISSUES_H
#define PINCHECK_SELFTESTS_KNOWN_ISSUES_H

#include <stdbool.h>
#include <stddef.h>

/** known_issues_rule - does the running kernel follow the rule @name? Return: 1, 0, or -errno */
typedef int known_issues_rule(const char *name);

/**
 * struct known_issue - a line of the table that applies to the running kernel
 * @pattern: globs for name_matches()
 * @rows: of the catalogue
 * @why: the cause, in one line
 * @race: the failure comes and goes, so that passing does not make the line stale
 * @said: of a race: what the reason of the failure has in it, "" for any reason
 */
struct known_issue {
	char pattern[512];
	char rows[32];
	char why[160];
	bool race;
	char said[96];
};

/** struct known_issues - the lines that apply */
struct known_issues {
	struct known_issue *issue;
	size_t count;
};

/**
 * known_issues_load() - read the table at @path
 * @kernel: version of the kernel, as "6.12.117"
 * @rule: evaluates conditions that are not versions
 * @error_line: (out) number of the line that has an error, or 0
 *
 * Return: 0 or a negative errno (-EINVAL: see @error_line).
 */
int known_issues_load(struct known_issues *issues, const char *path, const char *kernel,
		      known_issues_rule *rule, unsigned int *error_line);

/** known_issue_covers() - is a failure that gives @reason the one that @issue knows? */
bool known_issue_covers(const struct known_issue *issue, const char *reason);

/** known_issues_find() - the first line that matches @name, or NULL */
const struct known_issue *known_issues_find(const struct known_issues *issues, const char *name);

/**
 * name_matches() - does @pattern cover topic.variant.scenario @name?
 *
 * A pattern is a list of globs separated by spaces. Alternatives in braces do not nest. One glob
 * must match, and no glob that begins with "!": "fork.{base,swapped}_pin_*.* !*.grandchild".
 */
bool name_matches(const char *pattern, const char *name);

/**
 * kernel_in_range() - is version @kernel in @range?
 *
 * A range is "all", or conditions separated by spaces that must all hold: versions (">=5.12
 * <6.14"), and rules of rules.h that the running kernel follows ("exclusive") or not
 * ("!exclusive").
 *
 * Return: 1, 0, or -EINVAL where @range has an error.
 */
int kernel_in_range(const char *kernel, const char *range, known_issues_rule *rule);

/**
 * kernel_version() - the running kernel's upstream version
 *
 * Debian's uname -r may say 5.10.0 for a 5.10.223: uname -v has the stable version.
 */
void kernel_version(char *version, size_t size);

#endif
