// SPDX-License-Identifier: GPL-2.0-only
/* SCAN of all memory. */
#include <errno.h>
#include <stdlib.h>
#include "tools/bench/bench.h"

#define CAPACITY	256

/* Return: page frame numbers that were looked at, or a negative errno */
static long scan_all(const struct bench *bench, __u32 flags)
{
	__u64 pfns[CAPACITY], cursor = 0, end = 0, count;
	int error;

	do {
		count = CAPACITY;
		error = pincheck_scan(bench->session, flags, &cursor, &end, pfns, &count);
	} while (!error && cursor < end);
	return error ? error : (long)end;
}

static int measure_scan(const struct bench *bench, __u32 flags, double *ns_per_pfn)
{
	double *numbers = calloc(bench->rounds, sizeof(*numbers));
	long pfns = numbers ? 1 : -ENOMEM;

	for (unsigned int i = 0; i < bench->rounds && pfns > 0; i++) {
		uint64_t start = bench_now();

		pfns = scan_all(bench, flags);
		numbers[i] = (double)(bench_now() - start) / (double)pfns;
	}
	if (pfns > 0)
		*ns_per_pfn = bench_median(numbers, bench->rounds);
	free(numbers);
	return pfns > 0 ? 0 : (int)pfns;
}

int bench_scan(const struct bench *bench)
{
	double pinned, excess;
	int error = measure_scan(bench, PINCHECK_SCAN_PINNED, &pinned);

	if (!error)
		error = measure_scan(bench, PINCHECK_SCAN_EXCESS, &excess);
	if (error)
		return error;
	bench->tell("scan_ns_per_pfn", pinned);
	bench->tell("scan_mpfns_per_s", 1000 / pinned);
	bench->tell("scan_excess_ns_per_pfn", excess);
	return 0;
}
