// SPDX-License-Identifier: GPL-2.0-only
/*
 * The KTAP reader against golden streams: tools/ktap/test/ktap/NAME.ktap must be read as
 * NAME.golden says, however the bytes are split, and every cut of a good stream must be noticed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../lib/array.h"
#include "../ktap.h"
#include "../../lib/test/tap.h"

#define GOLDEN	"tools/ktap/test/ktap"

struct dump {
	char *bytes;
	size_t length;
	FILE *to;
	unsigned int problems;
};

static void on_plan(void *context, unsigned int depth, long count)
{
	struct dump *dump = context;

	fprintf(dump->to, "plan %u: %ld\n", depth, count);
}

static void on_test(void *context, const struct ktap_test *test)
{
	struct dump *dump = context;

	fprintf(dump->to, "test %u: %ld %s [%s] (%s) subtests %u failed %u\n", test->depth,
		test->number, ktap_outcome_name(test->outcome), test->name, test->reason,
		test->subtests, test->failed_subtests);
	for (const char *line = test->diagnostics; *line;) {
		int length = (int)strcspn(line, "\n");

		fprintf(dump->to, "    | %.*s\n", length, line);
		line += length + (line[length] == '\n');
	}
}

static void on_problem(void *context, enum ktap_problem kind, unsigned int depth,
		       const char *detail)
{
	struct dump *dump = context;

	dump->problems++;
	fprintf(dump->to, "problem %u: %s: %s\n", depth, ktap_problem_name(kind), detail);
}

static const struct ktap_ops dump_ops = {
	.plan = on_plan,
	.test = on_test,
	.problem = on_problem,
};

/* Read @length bytes in pieces of @step. Return: what was reported, to be freed */
static char *read_in_steps(const char *stream, size_t length, size_t step, unsigned int *problems)
{
	struct dump dump = { 0 };
	struct ktap_reader *reader;

	dump.to = open_memstream(&dump.bytes, &dump.length);
	reader = dump.to ? ktap_reader_new(&dump_ops, &dump) : NULL;
	if (!reader)
		tap_bail_out("out of memory");

	for (size_t at = 0; at < length; at += step)
		ktap_reader_feed(reader, stream + at, length - at < step ? length - at : step);
	ktap_reader_finish(reader);
	ktap_reader_free(reader);
	fclose(dump.to);
	if (problems)
		*problems = dump.problems;
	return dump.bytes;
}

static char *slurp(const char *directory, const char *name, const char *suffix, size_t *length)
{
	char path[512];
	char *bytes = NULL;
	FILE *file;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	file = fopen(path, "re");
	if (!file || getdelim(&bytes, &size, EOF, file) < 0)
		tap_bail_out("cannot read %s", path);

	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	fclose(file);
	return bytes;
}

static void compare_with_golden(const char *directory, const char *name)
{
	static const size_t steps[] = { 1, 7, 4096 };
	size_t length, golden_length;
	char *stream = slurp(directory, name, ".ktap", &length);
	char *golden = slurp(directory, name, ".golden", &golden_length);

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *got = read_in_steps(stream, length, steps[i], NULL);
		bool same = !strcmp(got, golden);

		tap_verdict(same, "ktap.%s.steps_of_%zu", name, steps[i]);
		if (!same)
			printf("# expected:\n%s# got:\n%s", golden, got);
		free(got);
	}
	free(stream);
	free(golden);
}

/* A complete stream has no problem; without its last bytes, however few, it has one. */
static void notice_every_cut(const char *directory, const char *name)
{
	size_t length, missed = 0;
	char *stream = slurp(directory, name, ".ktap", &length);
	unsigned int problems;

	free(read_in_steps(stream, length, length, &problems));
	tap_verdict(!problems, "ktap.%s.complete", name);
	for (size_t cut = 0; cut < length; cut++) {
		free(read_in_steps(stream, cut, length, &problems));
		if (problems)
			continue;
		printf("# cut after byte %zu was not noticed\n", cut);
		missed++;
	}
	tap_verdict(!missed, "ktap.%s.every_cut_noticed", name);
	free(stream);
}

static int is_stream(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".ktap");
}

int main(int argc, char **argv)
{
	const char *directory;
	struct dirent **entries;
	int count;

	if (argc == 3 && !strcmp(argv[1], "--dump")) {
		size_t length;
		char *stream = slurp(".", argv[2], "", &length);
		char *got = read_in_steps(stream, length, length, NULL);

		fputs(got, stdout);
		free(got);
		free(stream);
		return 0;
	}
	if (argc > 2) {
		fprintf(stderr, "usage: %s [DIRECTORY] | --dump STREAM\n", argv[0]);
		return 2;
	}
	directory = argc == 2 ? argv[1] : GOLDEN;
	count = scandir(directory, &entries, is_stream, alphasort);
	if (count <= 0)
		tap_bail_out("no *.ktap in %s", directory);

	tap_begin();
	for (int i = 0; i < count; i++) {
		*strrchr(entries[i]->d_name, '.') = '\0';
		compare_with_golden(directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	notice_every_cut(directory, "good");
	return tap_end();
}
