/* SPDX-License-Identifier: GPL-2.0-only */
/* The cases of a KTAP file as a flat list: every output of pincheck-report is made from it. */
#ifndef PINCHECK_REPORT_RESULTS_H
#define PINCHECK_REPORT_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include "ktap.h"

/* The case that stands for a stream with problems: cut, short of its plan, garbled. */
#define STREAM_CASE	"stream"

#define FACT_BYTES	256	/* of the value of a fact */

/**
 * struct test_case - a leaf of the stream, or a parent that failed for a reason of its own
 * @name: topic.variant.scenario
 * @topic: the top-level test that it was found in
 * @reason: "" if none
 * @facts: what the case said of itself (memory, hold, event, rows), as tools/lib/pairs.h; or ""
 * @evidence: diagnostics without the harness's own lines, one a line; "" if none
 */
struct test_case {
	char *name;
	char *topic;
	enum ktap_outcome outcome;
	char *reason;
	char *facts;
	char *evidence;
};

/**
 * struct results - of one or several streams
 * @cases: all of them
 * @topics: the top-level results, parents too: they explain the cases that have no result
 */
struct results {
	struct test_case *cases;
	size_t count;
	size_t size;
	struct test_case *topics;
	size_t topic_count;
	size_t topic_size;
};

/** results_read() - add what @path holds. Return: 0, or -errno when it cannot be read */
int results_read(struct results *results, const char *path);

/** results_add() - a case of one's own; copies its strings */
struct test_case *results_add(struct results *results, const char *name, const char *topic,
			      enum ktap_outcome outcome, const char *reason, const char *evidence);

void results_free(struct results *results);

#endif
