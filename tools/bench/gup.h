/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The microbenchmark of GUP: the kernel's own calls, timed inside the module (PINCHECK_IOC_BENCH), on
 * memory in each state that makes GUP do other work.
 */
#ifndef PINCHECK_BENCH_GUP_H
#define PINCHECK_BENCH_GUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/usermem.h"

/** enum gup_state - what the memory is like before each call */
enum gup_state {
	/** @GUP_WARM: present and writable; nothing happens between two calls */
	GUP_WARM,
	/** @GUP_COLD: not there: the call faults each page in */
	GUP_COLD,
	/** @GUP_REUSE: write-protected by a fork whose child is gone: the write fault reuses the page */
	GUP_REUSE,
	/** @GUP_COPY: shared with a child: the write fault copies the page */
	GUP_COPY,
	/** @GUP_UNSHARE: the same, but a read-only pin unshares the page (Linux 5.19) */
	GUP_UNSHARE,
	GUP_STATES
};

/**
 * struct gup_call - a kind of call
 * @name: as in the tables
 * @kind: PINCHECK_KIND_*, @path: PINCHECK_PATH_*, @flags: PINCHECK_HOLD_*
 */
struct gup_call {
	const char *name;
	uint32_t kind;
	uint32_t path;
	uint32_t flags;
};

/**
 * struct gup_row - one thing that is measured
 * @one_page: each call takes one page, not all memory
 * @threads: that do it at the same time; 0: as many as there are processors
 * @shared: the threads use the same memory, not each its own
 */
struct gup_row {
	const struct gup_call *call;
	enum usermem_row memory;
	enum gup_state state;
	bool one_page;
	unsigned int threads;
	bool shared;
};

/**
 * struct gup_plan - how much is measured
 * @bytes: of memory of each thread
 * @passes: over all rows; each has memory of its own, because where its frames lie matters
 * @warm_up: calls of a row and pass that do not count
 * @repeats: calls of a row and pass that count
 * @threads: most threads; 0: one for each processor
 */
struct gup_plan {
	size_t bytes;
	unsigned int passes;
	unsigned int warm_up;
	unsigned int repeats;
	unsigned int threads;
};

/**
 * struct gup_samples - nanoseconds of each call, of all threads and passes
 * @take: to take the references, @give: to give them back
 */
struct gup_samples {
	double *take;
	double *give;
	size_t count;
};

/** GUP_PASSES_MAX - most passes */
#define GUP_PASSES_MAX	64

/**
 * struct gup_result - what a row came to
 * @row: that was measured
 * @threads: that ran
 * @pages: base pages of each call
 * @fast: of these, those that GUP-fast took, and @slow: under mmap_lock
 * @samples: of all calls
 * @medians: of each pass: nanoseconds that a call takes, with giving the pages back
 * @passes: that were measured
 * @error: a negative errno, if the row could not be measured
 */
struct gup_result {
	const struct gup_row *row;
	unsigned int threads;
	size_t pages;
	uint64_t fast;
	uint64_t slow;
	struct gup_samples samples;
	double medians[GUP_PASSES_MAX];
	unsigned int passes;
	int error;
};

/** gup_state_name() - as in the tables */
const char *gup_state_name(enum gup_state state);

/** gup_rows - what is measured, in the order of the table */
extern const struct gup_row gup_rows[];

/** gup_rows_count() - the number of rows */
size_t gup_rows_count(void);

/**
 * gup_measure() - one pass of one row; adds its samples to @result
 *
 * Return: 0; or a negative errno, see cause_of(): the samples of this pass are not there.
 */
int gup_measure(const struct gup_row *row, const struct gup_plan *plan, struct gup_result *result);

#endif
