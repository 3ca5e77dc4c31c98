// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck-report kernel-tests: the programs of the kernel's own tests by kernels, with the modules that their
 * topics load and, from runs with BARE=1, without; then the reasons of skips and of known failures.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "commands.h"
#include "kernel_run.h"
#include "matrix.h"
#include "output.h"
#include "text.h"

#define BARE	KERNEL_TESTS "-bare"

enum count { PASSED, KNOWN, FAILED, SKIPPED, COUNTS };

static const char *const count_names[COUNTS] = {
	[PASSED] = "passed", [KNOWN] = "known", [FAILED] = "failed", [SKIPPED] = "skipped",
};

/**
 * struct program - a row of the first table
 * @counts: [run * COUNTS + count]
 */
struct program {
	char *name;
	unsigned int *counts;
};

/**
 * struct reason - a row of the tables below it
 * @count: SKIPPED or KNOWN
 * @text: what the cases say
 * @cases: [run], the number of cases that say so
 */
struct reason {
	enum count count;
	char *program;
	char *text;
	unsigned int *cases;
};

/**
 * struct kernel_tests - all rows
 * @runs: two for each kernel, with the modules and without; a run that was not made has no kernel
 * @names: of their directories
 */
struct kernel_tests {
	struct kernel_run *runs;
	char **names;
	size_t run_count;
	struct program *programs;
	size_t program_count;
	size_t program_size;
	struct reason *reasons;
	size_t reason_count;
	size_t reason_size;
};

static enum count count_of(enum ktap_outcome outcome)
{
	static const enum count counts[STATES] = {
		[STATE_PASS] = PASSED, [STATE_XFAIL] = KNOWN, [STATE_SKIP] = SKIPPED,
		[STATE_FAIL] = FAILED, [STATE_XPASS] = FAILED, [STATE_TIMEOUT] = FAILED, [STATE_MISSING] = FAILED,
	};

	return counts[state_of(outcome)];
}

static unsigned int *new_counts(size_t count)
{
	unsigned int *counts = calloc(count, sizeof(*counts));

	if (!counts)
		errx(EXIT_USAGE, "out of memory");
	return counts;
}

static struct program *find_program(struct kernel_tests *tests, const char *name)
{
	struct program *program;

	for (size_t i = 0; i < tests->program_count; i++)
		if (!strcmp(tests->programs[i].name, name))
			return &tests->programs[i];
	tests->programs = grow(tests->programs, tests->program_count, &tests->program_size,
			       sizeof(*program));
	program = &tests->programs[tests->program_count++];
	program->name = copy_of(name);
	program->counts = new_counts(tests->run_count * COUNTS);
	return program;
}

static struct reason *find_reason(struct kernel_tests *tests, enum count count, const char *program,
				  const char *text)
{
	struct reason *reason;

	for (size_t i = 0; i < tests->reason_count; i++) {
		reason = &tests->reasons[i];
		if (reason->count == count && !strcmp(reason->program, program) && !strcmp(reason->text, text))
			return reason;
	}
	tests->reasons = grow(tests->reasons, tests->reason_count, &tests->reason_size, sizeof(*reason));
	reason = &tests->reasons[tests->reason_count++];
	*reason = (struct reason) {
		.count = count, .program = copy_of(program), .text = copy_of(text),
		.cases = new_counts(tests->run_count),
	};
	return reason;
}

/* Of each guest there is one: clean, clean_2 */
static bool is_topic_of_runner(const char *topic)
{
	return !strcmp(topic, RUN_TOPIC) || kernel_run_is_of_guest(topic);
}

/* What the runner looks at beside the program: its cases that pass are none of the program. */
static bool is_of_runner(const struct test_case *one)
{
	const char *end = strrchr(one->name, '.');

	return is_topic_of_runner(one->topic) || strstr(one->name, ".rmmod.") ||
	       (end && (!strcmp(end, ".pins") || !strcmp(end, ".left") || !strcmp(end, ".splat")));
}

static void count_case(struct kernel_tests *tests, size_t run, const struct test_case *one)
{
	enum count count = count_of(one->outcome);

	if (count == PASSED && is_of_runner(one))
		return;
	find_program(tests, one->topic)->counts[run * COUNTS + count]++;
	if (count == SKIPPED || count == KNOWN)
		find_reason(tests, count, one->topic, one->reason)->cases[run]++;
}

static void load_run(struct kernel_tests *tests, const char *directory, const char *kernel, const char *ending)
{
	size_t number = tests->run_count++;
	char *name = format_of("%s%s", kernel, ending);
	char *path = format_of("%s/%s/results.ktap", directory, name);

	tests->names[number] = name;
	if (!access(path, R_OK))
		kernel_run_load(&tests->runs[number], directory, name);
	free(path);
}

static void load_runs(struct kernel_tests *tests, const struct arguments *arguments)
{
	size_t kernels = 0;

	while (arguments->operands[kernels])
		kernels++;
	tests->runs = calloc(2 * kernels, sizeof(*tests->runs));
	tests->names = calloc(2 * kernels, sizeof(*tests->names));
	if (!tests->runs || !tests->names)
		errx(EXIT_USAGE, "out of memory");
	for (size_t i = 0; i < kernels; i++) {
		load_run(tests, arguments->results, arguments->operands[i], KERNEL_TESTS);
		load_run(tests, arguments->results, arguments->operands[i], BARE);
	}
}

static int compare_programs(const void *a, const void *b)
{
	const struct program *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static int compare_reasons(const void *a, const void *b)
{
	const struct reason *one = a, *other = b;

	return strcmp(one->program, other->program) ?: strcmp(one->text, other->text);
}

static void write_heads(const struct kernel_tests *tests, const char *first, FILE *to)
{
	size_t columns = 0;

	fprintf(to, "| %s |", first);
	for (size_t i = 0; i < tests->run_count; i += 2) {
		if (!tests->runs[i].kernel)
			continue;
		fprintf(to, " %s |", kernel_run_short_name(&tests->runs[i]));
		columns++;
	}
	fputs("\n|---|", to);
	/* The tables of reasons have two columns in front. */
	for (columns += strchr(first, '|') != NULL; columns; columns--)
		fputs("---|", to);
	putc('\n', to);
}

/* Return: false if there is nothing to write */
static bool write_counts(const unsigned int counts[COUNTS], const char *before, FILE *to)
{
	bool any = false;

	for (int count = 0; count < COUNTS; count++) {
		if (!counts[count])
			continue;
		fprintf(to, "%s%u %s", any ? ", " : before, counts[count], count_names[count]);
		any = true;
	}
	return any;
}

static void write_programs(const struct kernel_tests *tests, FILE *to)
{
	write_heads(tests, "program", to);
	for (size_t i = 0; i < tests->program_count; i++) {
		const struct program *program = &tests->programs[i];

		fprintf(to, "| `%s` |", program->name);
		for (size_t run = 0; run < tests->run_count; run += 2) {
			const unsigned int *counts = &program->counts[run * COUNTS];

			if (!tests->runs[run].kernel)
				continue;
			if (!write_counts(counts, " ", to))
				fputs(" -", to);
			write_counts(counts + COUNTS, "; without: ", to);
			fputs(" |", to);
		}
		putc('\n', to);
	}
}

/* Runs without the modules do not count here: most of their skips want the module. */
static void write_reasons(const struct kernel_tests *tests, enum count count, const char *heads, FILE *to)
{
	putc('\n', to);
	write_heads(tests, heads, to);
	for (size_t i = 0; i < tests->reason_count; i++) {
		const struct reason *reason = &tests->reasons[i];
		unsigned int sum = 0;

		for (size_t run = 0; run < tests->run_count; run += 2)
			sum += reason->cases[run];
		if (reason->count != count || !sum)
			continue;
		fprintf(to, "| `%s` | ", reason->program);
		for (const char *at = reason->text; *at; at++)
			fprintf(to, "%s%c", strchr("|<>*_`\\", *at) ? "\\" : "", *at);
		fputs(" |", to);
		for (size_t run = 0; run < tests->run_count; run += 2) {
			if (!tests->runs[run].kernel)
				continue;
			if (reason->cases[run])
				fprintf(to, " %u |", reason->cases[run]);
			else
				fputs(" - |", to);
		}
		putc('\n', to);
	}
}

static void free_tests(struct kernel_tests *tests)
{
	for (size_t i = 0; i < tests->run_count; i++) {
		if (tests->runs[i].kernel)
			kernel_run_free(&tests->runs[i]);
		free(tests->names[i]);
	}
	for (size_t i = 0; i < tests->program_count; i++) {
		free(tests->programs[i].name);
		free(tests->programs[i].counts);
	}
	for (size_t i = 0; i < tests->reason_count; i++) {
		free(tests->reasons[i].program);
		free(tests->reasons[i].text);
		free(tests->reasons[i].cases);
	}
	free(tests->runs);
	free(tests->names);
	free(tests->programs);
	free(tests->reasons);
}

int command_kernel_tests(const struct arguments *arguments)
{
	struct kernel_tests tests = { 0 };
	struct output output;

	load_runs(&tests, arguments);
	for (size_t run = 0; run < tests.run_count; run++)
		for (size_t i = 0; i < tests.runs[run].results.count; i++)
			count_case(&tests, run, &tests.runs[run].results.cases[i]);
	if (!tests.program_count)
		errx(EXIT_USAGE, "kernel-tests takes kernels on which the kernel's own tests ran: make selftests-kernel");
	qsort(tests.programs, tests.program_count, sizeof(*tests.programs), compare_programs);
	if (tests.reason_count)
		qsort(tests.reasons, tests.reason_count, sizeof(*tests.reasons), compare_reasons);
	output_open(&output, arguments->output, "kernel-tests.md");
	write_programs(&tests, output.to);
	write_reasons(&tests, KNOWN, "program | known failure", output.to);
	write_reasons(&tests, SKIPPED, "program | reason of skips", output.to);
	output_close(&output);
	free_tests(&tests);
	return EXIT_PASS;
}
