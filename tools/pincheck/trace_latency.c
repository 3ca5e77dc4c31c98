// SPDX-License-Identifier: GPL-2.0-only
/* How long the calls of each function took. */
#include <stdio.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/trace_latency.h"

#define BAR	40	/* characters of the longest bar */

static unsigned int bucket_of(__u64 nanoseconds)
{
	unsigned int bucket = 0;

	while (nanoseconds > 1 && bucket < LATENCY_BUCKETS - 1) {
		nanoseconds >>= 1;
		bucket++;
	}
	return bucket;
}

void latency_add(struct latency *rows, const struct pincheck_traced *call)
{
	struct latency *row = &rows[call->function % LATENCY_FUNCTIONS];

	row->calls++;
	if (call->result > 0)
		row->pins += call->result;
	else
		row->failed++;
	row->fast += call->fast_pages;
	if (call->latency > row->most)
		row->most = call->latency;
	row->buckets[bucket_of(call->latency)]++;
}

/* Return: the upper bound of the bucket that has the call at @share of all calls. */
static __u64 quantile(const struct latency *row, double share)
{
	__u64 sum = 0;
	unsigned int i;

	for (i = 0; i < LATENCY_BUCKETS - 1; i++) {
		sum += row->buckets[i];
		if (sum >= share * row->calls)
			break;
	}
	return 2ULL << i;
}

static void print_buckets(FILE *to, const struct latency *row)
{
	__u64 highest = 1;

	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++)
		if (row->buckets[i] > highest)
			highest = row->buckets[i];
	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++) {
		int length = row->buckets[i] * BAR / highest;

		if (row->buckets[i])
			fprintf(to, "  < %12llu ns %8llu |%.*s\n", 2ULL << i, row->buckets[i],
				length ? length : 1, "########################################");
	}
}

void latency_print(FILE *to, const struct latency *rows)
{
	for (unsigned int i = 0; i < LATENCY_FUNCTIONS; i++) {
		const struct latency *row = &rows[i];

		if (!row->calls)
			continue;
		fprintf(to, "%s: %llu calls, %llu pins", pincheck_function_name(i), row->calls,
			row->pins);
		if (row->fast)
			fprintf(to, " (%llu by GUP-fast)", row->fast);
		if (row->failed)
			fprintf(to, ", %llu calls without any", row->failed);
		fprintf(to, "; half of the calls took < %llu ns, 99%% < %llu ns, the longest %llu ns\n",
			quantile(row, 0.5), quantile(row, 0.99), row->most);
		print_buckets(to, row);
	}
}

static json_t *buckets_json(const struct latency *row)
{
	json_t *buckets = json_array();

	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++)
		if (row->buckets[i])
			json_array_append_new(buckets, json_pack("{sI, sI}", "below_ns",
				(json_int_t)(2ULL << i), "calls", (json_int_t)row->buckets[i]));
	return buckets;
}

json_t *latency_json(const struct latency *rows)
{
	json_t *functions = json_array();

	for (unsigned int i = 0; i < LATENCY_FUNCTIONS; i++) {
		const struct latency *row = &rows[i];

		if (row->calls)
			json_array_append_new(functions, json_pack("{ss, sI, sI, sI, sI, sI, sI, sI, so}",
				"function", pincheck_function_name(i),
				"calls", (json_int_t)row->calls, "pins", (json_int_t)row->pins,
				"fast", (json_int_t)row->fast, "failed", (json_int_t)row->failed,
				"half_below_ns", (json_int_t)quantile(row, 0.5),
				"p99_below_ns", (json_int_t)quantile(row, 0.99),
				"longest_ns", (json_int_t)row->most, "buckets", buckets_json(row)));
	}
	return functions;
}
