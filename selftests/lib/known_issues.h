/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels are known to get wrong: the table selftests/known-issues. */
#ifndef PINCHECK_SELFTESTS_KNOWN_ISSUES_H
#define PINCHECK_SELFTESTS_KNOWN_ISSUES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct known_issue - a line of the table that applies to the running kernel
 * @pattern: fnmatch() over topic.variant.scenario
 * @rows: of the catalogue
 * @why: one line
 */
struct known_issue {
	char pattern[128];
	char rows[32];
	char why[160];
};

/** struct known_issues - those that apply */
struct known_issues {
	struct known_issue *issue;
	size_t count;
};

/**
 * known_issues_load() - read the table at @path
 * @kernel: version of the kernel, as "6.12.117"
 * @error_line: (out) the line that cannot be read, or 0
 *
 * Return: 0 or a negative errno (-EINVAL: see @error_line).
 */
int known_issues_load(struct known_issues *issues, const char *path, const char *kernel,
		      unsigned int *error_line);

/** known_issues_find() - the first that matches @name, or NULL */
const struct known_issue *known_issues_find(const struct known_issues *issues, const char *name);

/**
 * kernel_in_range() - is version @kernel in @range?
 *
 * "all", or conditions joined by spaces, all of which have to hold: ">=5.12 <6.14".
 *
 * Return: 1, 0, or -EINVAL where @range cannot be read.
 */
int kernel_in_range(const char *kernel, const char *range);

/**
 * kernel_version() - the running kernel's upstream version
 *
 * Debian's uname -r of a stable kernel may say 5.10.0 for 5.10.223; uname -v tells the truth.
 */
void kernel_version(char *version, size_t size);

#endif
