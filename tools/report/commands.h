/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of pincheck-report. */
#ifndef PINCHECK_REPORT_COMMANDS_H
#define PINCHECK_REPORT_COMMANDS_H

#include <stdbool.h>

/* Exit codes: those of a run, as far as a report can come to them. */
#define EXIT_PASS	0
#define EXIT_FAIL	1
#define EXIT_USAGE	2
#define EXIT_SKIP_ONLY	4

/**
 * struct arguments - the command line
 * @operands: what is no option: files or kernels, ends with NULL
 * @results: --results, the directory with a subdirectory a kernel
 * @output: --output, a directory or "-"
 * @origin: --origin, who submits to KCIDB
 * @renames: --renames, a table of cases that have another name today, or NULL
 * @json: --json
 */
struct arguments {
	char **operands;
	const char *results;
	const char *output;
	const char *origin;
	const char *renames;
	bool json;
};

int command_summary(const struct arguments *arguments);
int command_matrix(const struct arguments *arguments);
int command_junit(const struct arguments *arguments);
int command_kcidb(const struct arguments *arguments);
int command_compare(const struct arguments *arguments);

#endif
