/* SPDX-License-Identifier: GPL-2.0-only */
/* How long the calls of each function took: sums, and a histogram by powers of two. */
#ifndef PINCHECK_TRACE_LATENCY_H
#define PINCHECK_TRACE_LATENCY_H

#include <jansson.h>
#include <stdio.h>
#include <linux/pincheck.h>

#define LATENCY_FUNCTIONS	32
#define LATENCY_BUCKETS		40

/**
 * struct latency - the calls of a function
 * @calls: number of calls
 * @pins: that they took or gave back
 * @fast: pins that came by GUP-fast
 * @failed: number of calls that took none
 * @most: nanoseconds of the longest call
 * @buckets: number of calls of less than 2 << index nanoseconds, and not less than half of that
 */
struct latency {
	__u64 calls;
	__u64 pins;
	__u64 fast;
	__u64 failed;
	__u64 most;
	__u64 buckets[LATENCY_BUCKETS];
};

/** latency_add() - count @call in the row of its function, of LATENCY_FUNCTIONS rows */
void latency_add(struct latency *rows, const struct pincheck_traced *call);

/** latency_print() - print the histogram of each function that was called */
void latency_print(FILE *to, const struct latency *rows);

/** latency_json() - the same as an array of objects */
json_t *latency_json(const struct latency *rows);

#endif
