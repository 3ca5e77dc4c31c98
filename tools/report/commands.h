/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of pincheck-report. */
#ifndef PINCHECK_REPORT_COMMANDS_H
#define PINCHECK_REPORT_COMMANDS_H

#include <stdbool.h>
#include "../lib/exit_code.h"

/**
 * struct arguments - the command line
 * @operands: files or kernels, ends with NULL
 * @results: --results, a directory that has a subdirectory for each kernel
 * @output: --output, a directory or "-"
 * @origin: --origin, who submits to KCIDB
 * @renames: --renames, a table of cases that have another name today, or NULL
 * @commit: --commit, of the kernel's source, for KCIDB; NULL if none is given, like those that follow
 * @repository: --repository, of that commit
 * @patchset: --patchset, hash of the patches on top of it
 * @architecture: --arch, where run.json has none or another
 * @log_url: --log-url, where the directories of the runs are published
 * @by_topic: --level topic: a test a topic, not a case
 * @facts: --facts, the facts.json of an image, or NULL
 * @name: --name, of the kernel, or NULL
 * @json: --json
 */
struct arguments {
	char **operands;
	const char *results;
	const char *output;
	const char *origin;
	const char *renames;
	const char *commit;
	const char *repository;
	const char *patchset;
	const char *architecture;
	const char *log_url;
	bool by_topic;
	const char *facts;
	const char *name;
	bool json;
};

int command_summary(const struct arguments *arguments);
int command_matrix(const struct arguments *arguments);
int command_junit(const struct arguments *arguments);
int command_kcidb(const struct arguments *arguments);
int command_compare(const struct arguments *arguments);
int command_merge(const struct arguments *arguments);
int command_lava(const struct arguments *arguments);
int command_rows(const struct arguments *arguments);
int command_known(const struct arguments *arguments);
int command_holders(const struct arguments *arguments);
int command_kernel_tests(const struct arguments *arguments);

#endif
