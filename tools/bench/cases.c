// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of a case: topics of COW against cow.c of the kernel, which asks less and is what people
 * compare with. Both run in this guest, on the kinds of memory that both have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/bench/cases.h"
#include "tools/lib/cause.h"
#include "tools/lib/page_size.h"

#define MODULE	"/tests/gup_test.ko"
#define NO_KIND	(-1)

/* The kernel's program names the size of a huge page: "THP (2048 kB)". */
static const struct {
	const char *name;
	const char *variants;
	const char *of_cow;
	bool huge;
} kinds[] = {
	{ "base", ".base_", "base page", false },
	{ "swapped", ".swapped_", "swapped out base page", false },
	{ "thp", ".thp_pmd_", "THP", true },
	{ "thp_pte", ".thp_pte_", "PTE-mapped THP", true },
	{ "hugetlb", ".hugetlb_", "hugetlb", true },
};

#define KINDS	ARRAY_SIZE(kinds)

static const char *const topics[] = { "fork", "ro_pin", "reuse", "vmsplice" };

/**
 * struct tally - what the cases of a program took, by kind of memory
 * @instructions: nanoseconds, which are instructions where the clock counts them
 */
struct tally {
	double instructions[KINDS];
	unsigned int cases[KINDS];
	unsigned int failed;
};

/**
 * struct case_reader - a program whose lines are read
 * @kind: of the case that runs, if the program says so before it
 * @last: when the case before ended; 0: what comes first prepares all cases
 */
struct case_reader {
	struct tally *tally;
	int kind;
	uint64_t last;
};

/* "... with THP (2048 kB)" */
static int kind_of_cow(const char *line)
{
	const char *with = strstr(line, " ... with ");
	char name[80];

	for (size_t i = 0; with && i < KINDS; i++) {
		if (kinds[i].huge)
			snprintf(name, sizeof(name), "%s (%zu kB)\n", kinds[i].of_cow, PMD_BYTES >> 10);
		else
			snprintf(name, sizeof(name), "%s\n", kinds[i].of_cow);
		if (!strcmp(with + strlen(" ... with "), name))
			return (int)i;
	}
	return NO_KIND;
}

static int kind_of_variant(const char *line)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strstr(line, kinds[i].variants))
			return (int)i;
	return NO_KIND;
}

static void read_result(struct case_reader *reader, const char *line)
{
	uint64_t now = bench_now();
	int kind = reader->kind == NO_KIND ? kind_of_variant(line) : reader->kind;

	reader->tally->failed += *line == 'n';
	if (reader->last && kind != NO_KIND && !strstr(line, "# SKIP")) {
		reader->tally->instructions[kind] += (double)(now - reader->last);
		reader->tally->cases[kind]++;
	}
	reader->last = now;
}

static void read_line(struct case_reader *reader, const char *line)
{
	if (!strncmp(line, "# [RUN] ", 8))
		reader->kind = kind_of_cow(line);
	else if (!strncmp(line, "ok ", 3) || !strncmp(line, "not ok ", 7))
		read_result(reader, line);
}

static pid_t start_program(const char *name, int *output)
{
	char path[64];
	int ends[2];
	pid_t pid;

	snprintf(path, sizeof(path), "/tests/%s", name);
	if (chmod(path, 0755) || pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		unsetenv("PINCHECK_TESTS");
		unsetenv("PINCHECK_FORM");
		execl(path, name, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	*output = ends[0];
	return pid;
}

static int run_program(const char *name, struct tally *tally)
{
	struct case_reader reader = { .tally = tally, .kind = NO_KIND };
	int output = -1, status = 0;
	pid_t pid = start_program(name, &output);
	size_t size = 0;
	char *line = NULL;
	FILE *lines;

	if (pid < 0)
		return cause_say(pid, "cannot run /tests/%s: %s. Run: make bench", name, strerror(-pid));
	lines = fdopen(output, "r");
	while (lines && getline(&line, &size, lines) > 0)
		read_line(&reader, line);
	free(line);
	if (lines)
		fclose(lines);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || tally->failed)
		return cause_say(-EIO, "%s: wait status %#x, %u cases failed", name, status,
				 tally->failed);
	return 0;
}

static int insert_gup_test(void)
{
	int file = open(MODULE, O_RDONLY | O_CLOEXEC), error = 0;

	if (file < 0 || (syscall(SYS_finit_module, file, "", 0) && errno != EEXIST))
		error = cause_say(-errno, "cannot insert " MODULE ": %s", strerror(errno));
	if (file >= 0)
		close(file);
	return error;
}

/* Instructions of a case: each kind of memory counts the same, however many cases have it. */
static double instructions_of_case(const struct tally *tally)
{
	double sum = 0;

	for (size_t i = 0; i < KINDS; i++) {
		if (tally->cases[i])
			sum += tally->instructions[i] / tally->cases[i];
	}
	return sum / KINDS;
}

static void tell_ratios(const struct bench *bench, const struct tally *ours, const struct tally *cow)
{
	char name[48];

	bench->tell("cases_vs_cow", instructions_of_case(ours) / instructions_of_case(cow));
	bench->tell("case_ns", instructions_of_case(ours));
	bench->tell("cow_case_ns", instructions_of_case(cow));
	for (size_t i = 0; i < KINDS; i++) {
		snprintf(name, sizeof(name), "cases_vs_cow_%s", kinds[i].name);
		bench->tell(name, ours->instructions[i] / ours->cases[i] /
			    (cow->instructions[i] / cow->cases[i]));
	}
}

static int run_topics(const struct bench *bench, struct tally *all)
{
	char name[48];

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		struct tally tally = { 0 };
		int error = run_program(topics[i], &tally);

		if (error)
			return error;
		for (size_t kind = 0; kind < KINDS; kind++) {
			all->instructions[kind] += tally.instructions[kind];
			all->cases[kind] += tally.cases[kind];
		}
		snprintf(name, sizeof(name), "case_ns_%s", topics[i]);
		bench->tell(name, instructions_of_case(&tally));
	}
	return 0;
}

int bench_cases(const struct bench *bench)
{
	struct tally ours = { 0 }, cow = { 0 };
	int error = insert_gup_test();

	if (!error)
		error = run_program("cow", &cow);
	if (!error)
		error = run_topics(bench, &ours);
	for (size_t i = 0; i < KINDS && !error; i++) {
		if (!ours.cases[i])
			error = cause_say(-ENODATA, "no case of the topics on %s memory", kinds[i].name);
		else if (!cow.cases[i])
			error = cause_say(-ENODATA, "no case of cow on %s memory", kinds[i].name);
	}
	if (!error)
		tell_ratios(bench, &ours, &cow);
	return error;
}
