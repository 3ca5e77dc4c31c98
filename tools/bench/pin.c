// SPDX-License-Identifier: GPL-2.0-only
/* HOLD and RELEASE against the kernel's own calls, in turns. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/bench/bench.h"

#define BYTES	(64 * MIB)

/**
 * struct turns - what each turn took, in nanoseconds
 */
struct turns {
	double *ours;
	double *bare;
	double *ratio;
};

static int time_ours(const struct bench *bench, const struct bench_memory *memory, double *took)
{
	uint64_t start = bench_now();
	__u32 id;
	int error = bench_hold(bench->session, memory->user.start, memory->user.bytes, &id);
	long given = error ? error : pincheck_release(bench->session, id);

	*took = (double)(bench_now() - start);
	return given < 0 ? (int)given : 0;
}

static int time_bare(const struct bench *bench, const struct bench_memory *memory, double *took)
{
	struct pincheck_bench_sample sample = { 0 };
	struct pincheck_bench call = {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST,
		.flags = PINCHECK_HOLD_WRITE, .addr = (uintptr_t)memory->user.start,
		.len = memory->user.bytes, .rounds = 1, .samples = (uintptr_t)&sample,
	};
	int error = pincheck_bench(bench->session, &call);

	*took = (double)(sample.take_ns + sample.give_ns);
	return error;
}

/* In turns, so that whatever else the machine does meets both alike. */
static int time_turns(const struct bench *bench, const struct bench_memory *memory, struct turns *turns)
{
	int error = 0;

	/* The first of each warms up. */
	for (int i = -1; i < (int)bench->rounds && !error; i++) {
		int at = i < 0 ? 0 : i;

		error = time_ours(bench, memory, &turns->ours[at]);
		if (!error)
			error = time_bare(bench, memory, &turns->bare[at]);
		turns->ratio[at] = turns->ours[at] / turns->bare[at];
	}
	return error;
}

static void tell_turns(const struct bench *bench, const struct bench_memory *memory, struct turns *turns)
{
	const char *name = bench_memory_name(memory);
	double pages = (double)(memory->user.bytes / PAGE_BYTES);
	char key[64];

	snprintf(key, sizeof(key), "pin_vs_kernel_%s", name);
	bench->tell(key, bench_median(turns->ratio, bench->rounds));
	snprintf(key, sizeof(key), "pin_ns_per_page_%s", name);
	bench->tell(key, bench_median(turns->ours, bench->rounds) / pages);
	snprintf(key, sizeof(key), "kernel_ns_per_page_%s", name);
	bench->tell(key, bench_median(turns->bare, bench->rounds) / pages);
}

static int measure_kind(const struct bench *bench, enum usermem_row row)
{
	struct bench_memory memory = { .user.session = bench->session };
	double *numbers = calloc(bench->rounds, 3 * sizeof(*numbers));
	struct turns turns = { numbers, numbers + bench->rounds, numbers + 2 * bench->rounds };
	int error = numbers ? bench_memory_open(&memory, row, BYTES) : -ENOMEM;

	if (!error) {
		error = time_turns(bench, &memory, &turns);
		bench_memory_close(&memory);
	}
	if (!error)
		tell_turns(bench, &memory, &turns);
	free(numbers);
	return error;
}

int bench_pin(const struct bench *bench)
{
	int error = measure_kind(bench, USERMEM_BASE);

	return error ? error : measure_kind(bench, USERMEM_THP);
}
