// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-report: the results of runs, for people and for other programs. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "text.h"

static const struct {
	const char *name;
	int (*run)(const struct arguments *arguments);
} commands[] = {
	{ "summary", command_summary },
	{ "matrix", command_matrix },
	{ "junit", command_junit },
	{ "kcidb", command_kcidb },
	{ "compare", command_compare },
	{ "lava", command_lava },
	{ "merge", command_merge },
	{ "rows", command_rows },
	{ "known", command_known },
	{ "holders", command_holders },
	{ "kernel-tests", command_kernel_tests },
};

struct command_line {
	struct arguments arguments;
	char **words;
	unsigned int count;
};

enum option_key {
	OPT_FACTS = 0x100,
	OPT_NAME,
	OPT_COMMIT,
	OPT_REPOSITORY,
	OPT_PATCHSET,
	OPT_ARCH,
	OPT_LOG_URL,
	OPT_LEVEL,
};

static const struct argp_option options[] = {
	{ "results", 'r', "DIR", 0, "Where the runs are: DIR/KERNEL/results.ktap "
	  "[build/results]", 0 },
	{ "output", 'o', "DIR", 0, "Where the report goes [build/results], which is made; junit, kcidb, "
	  "rows, known, holders and kernel-tests write to standard output if it is -", 0 },
	{ "origin", 'O', "NAME", 0, "Origin of the submission to KCIDB [pincheck]", 0 },
	{ "commit", OPT_COMMIT, "HASH", 0, "Of kcidb: commit of the kernel's source", 0 },
	{ "repository", OPT_REPOSITORY, "URL", 0, "Of kcidb: repository that has the commit", 0 },
	{ "patchset", OPT_PATCHSET, "HASH", 0, "Of kcidb: hash of the patches on top of the commit; "
	  "empty for none", 0 },
	{ "arch", OPT_ARCH, "NAME", 0, "Of kcidb: architecture of the kernels [that of the run]", 0 },
	{ "log-url", OPT_LOG_URL, "URL", 0, "Of kcidb: where the runs are published: "
	  "URL/KERNEL/console.log", 0 },
	{ "level", OPT_LEVEL, "topic|case", 0, "Of kcidb: what a test is [case]", 0 },
	{ "renames", 'n', "FILE", 0, "Cases that have another name in the second run of compare: "
	  "lines of OLD NEW", 0 },
	{ "facts", OPT_FACTS, "FILE", 0, "Of lava: facts.json of the image that the lab booted", 0 },
	{ "name", OPT_NAME, "KERNEL", 0, "Of lava: name of the kernel [that in --facts]", 0 },
	{ "json", 'J', NULL, 0, "compare prints JSON", 0 },
	{ 0 }
};

/* The field of struct arguments that takes an option's argument */
static const struct {
	int key;
	size_t offset;
} fields[] = {
	{ 'r', offsetof(struct arguments, results) },
	{ 'o', offsetof(struct arguments, output) },
	{ 'O', offsetof(struct arguments, origin) },
	{ 'n', offsetof(struct arguments, renames) },
	{ OPT_FACTS, offsetof(struct arguments, facts) },
	{ OPT_NAME, offsetof(struct arguments, name) },
	{ OPT_COMMIT, offsetof(struct arguments, commit) },
	{ OPT_REPOSITORY, offsetof(struct arguments, repository) },
	{ OPT_PATCHSET, offsetof(struct arguments, patchset) },
	{ OPT_ARCH, offsetof(struct arguments, architecture) },
	{ OPT_LOG_URL, offsetof(struct arguments, log_url) },
};

static bool set_field(struct arguments *arguments, int key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].key != key)
			continue;
		*(const char **)((char *)arguments + fields[i].offset) = value;
		return true;
	}
	return false;
}

static bool is_topic_level(struct argp_state *state, const char *text)
{
	if (strcmp(text, "topic") && strcmp(text, "case"))
		argp_error(state, "--level: '%s' is neither topic nor case", text);
	return !strcmp(text, "topic");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct command_line *line = state->input;

	if (set_field(&line->arguments, key, argument))
		return 0;
	switch (key) {
	case OPT_LEVEL:
		line->arguments.by_topic = is_topic_level(state, argument);
		return 0;
	case 'J':
		line->arguments.json = true;
		return 0;
	case ARGP_KEY_ARGS:
		line->words = state->argv + state->next;
		line->count = (unsigned int)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (line->count < 2)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "summary FILE.ktap...\nmatrix KERNEL...\njunit KERNEL...\nkcidb KERNEL...\n"
		    "compare BEFORE AFTER\nlava LOG...\nmerge DIR...\nrows KERNEL...\nknown KERNEL...\nholders KERNEL...\n"
		    "kernel-tests KERNEL...",
	.doc = "Reports on runs of the pincheck suite.\v"
	       "summary: failures with their evidence, known failures, skips by reason; "
	       "the last line counts all cases.\n"
	       "matrix: scenarios by kernels, in matrix.json, matrix.html and matrix.md, and as a "
	       "table on the terminal.\n"
	       "junit: junit.xml, a test suite a kernel and topic.\n"
	       "kcidb: kcidb.json, version 5.3.\n"
	       "compare: the cases that two runs judge differently. A run is a file results.ktap, "
	       "its directory, or a KERNEL; two directories with KERNEL/results.ktap are compared "
	       "kernel by kernel.\n"
	       "lava: KERNEL/results.ktap, run.json and console.log from logs of a lab's jobs on one kernel: "
	       "its boots, its shards; the exit code is that of pincheck-vm.\n"
	       "merge: one directory of runs from those of many machines and shards: a run a kernel, "
	       "release and architecture; of these the matrix, and first-bad.md, the first bad release of "
	       "each scenario by series.\n"
	       "rows: rows.md, the rows of the catalogue by kernels, and the kernels and mutants "
	       "on which a test of the row fails.\n"
	       "known: known.md, the known failures by kernels, with the commits of "
	       "selftests/known-issues.\n"
	       "holders: holders.md, the drivers of selftests/holders that hold memory, and what the suite "
	       "measured of each.\n"
	       "kernel-tests: kernel-tests.md, the kernel's own tests: programs by kernels, with gup_test.ko "
	       "and without, and the reasons of skips and known failures.\n\n"
	       "Exit codes: 0 nothing is red, 1 something is, 2 usage or no place to write, "
	       "4 everything was skipped.",
};

int main(int argc, char **argv)
{
	struct command_line line = {
		.arguments = { .results = "build/results", .output = "build/results",
			       .origin = "pincheck" },
	};

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&parser, argc, argv, 0, NULL, &line);
	line.arguments.operands = line.words + 1;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, line.words[0]))
			return commands[i].run(&line.arguments);
	argp_help(&parser, stderr, ARGP_HELP_STD_ERR, argv[0]);
	return EXIT_USAGE;
}
