// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measurements as a program of the guest: KTAP, a test a part, which passes when it could be
 * measured. Numbers are diagnostics: "# bench NAME NUMBER". Nothing here judges a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/bench/bench.h"
#include "tools/bench/cases.h"

static void print_number(const char *name, double value)
{
	printf("# bench %s %.6g\n", name, value);
}

static void print_result(size_t number, const char *name, int error)
{
	if (error)
		printf("not ok %zu %s # ERROR %s\n", number, name, cause_of(error));
	else
		printf("ok %zu %s\n", number, name);
}

static void run_part(const struct bench *bench, const struct bench_part *part, size_t number)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < part->needs)
		printf("ok %zu %s # SKIP needs more processors\n", number, part->name);
	else
		print_result(number, part->name, part->run(bench));
}

/* Processes of a case must not overlap: the clock of the guest with one processor counts them all. */
static void run_cases(const struct bench *bench, size_t number)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		printf("ok %zu cases # SKIP needs one processor, whose clock counts instructions\n",
		       number);
	else
		print_result(number, "cases", bench_cases(bench));
}

int main(void)
{
	struct bench bench = { .rounds = BENCH_ROUNDS, .tell = print_number, .session = pincheck_open() };

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%zu\n", (size_t)BENCH_PARTS + 1);
	if (bench.session < 0) {
		printf("Bail out! %s: %s. %s\n", PINCHECK_DEVICE, strerror(-bench.session),
		       pincheck_open_hint(bench.session));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < BENCH_PARTS; i++)
		run_part(&bench, &bench_parts[i], i + 1);
	run_cases(&bench, BENCH_PARTS + 1);
	return EXIT_SUCCESS;
}
