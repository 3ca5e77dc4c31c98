/* SPDX-License-Identifier: GPL-2.0-only */
/* What came over the result stream: cases, topics, and whether the stream is whole. */
#ifndef PINCHECK_VM_SUITE_H
#define PINCHECK_VM_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include "../lib/ktap.h"

struct progress;
struct qmp;

/**
 * struct test_case - a test without subtests, or a topic that failed though no test of it did
 * @of_suite: false for the runner's own tests: boot, insmod, clean
 */
struct test_case {
	char *name;
	char *reason;
	char *diagnostics;
	enum ktap_outcome outcome;
	bool of_suite;
};

/**
 * struct topic - one test program
 * @began: by the host's clock, as @ended
 * @outcomes: of its cases
 */
struct topic {
	char *name;
	double began;
	double ended;
	long planned;
	unsigned int outcomes[KTAP_OUTCOMES];
	bool filtered;
};

/**
 * struct suite - the whole
 * @qmp: does what tests ask for by MARK_ASK; may be NULL
 * @running: the case that the harness said it runs, "" between cases
 * @first_test_line: host's clock, 0 until the first line of a topic
 * @activity: host's clock at the last top-level result or topic, for the watchdog
 * @problems: of the stream, one line each
 */
struct suite {
	struct ktap_reader *reader;
	struct progress *progress;
	struct qmp *qmp;
	struct test_case *cases;
	size_t case_count;
	struct topic *topics;
	size_t topic_count;
	bool in_topic;
	char *problems[32];
	size_t problem_count;
	unsigned int totals[KTAP_OUTCOMES];
	unsigned int suite_cases;
	unsigned int results;
	unsigned int end_results;
	bool started;
	bool booted;
	bool probe_answered;
	bool ended;
	bool splat;
	char first_splat[256];
	char running[128];
	double first_test_line;
	double activity;
	double end_time;
};

int suite_init(struct suite *suite, struct progress *progress);
void suite_feed(struct suite *suite, const char *bytes, size_t length);
void suite_finish(struct suite *suite);
void suite_free(struct suite *suite);

unsigned int suite_passed(const struct suite *suite);
unsigned int suite_failed(const struct suite *suite);

/** suite_cases_per_second() - cases of topics by the time the topics took */
double suite_cases_per_second(const struct suite *suite);

#endif
