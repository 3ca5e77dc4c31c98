/* SPDX-License-Identifier: GPL-2.0-only */
/* The result stream: cases, topics, and whether the stream is complete. */
#ifndef PINCHECK_VM_SUITE_H
#define PINCHECK_VM_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include "../ktap/ktap.h"

struct qmp;
struct suite;
struct topic;

/**
 * struct run_case - a test without subtests, or a topic that failed without a failed test
 *
 * The runner keeps cases as the stream brings them; pincheck-report reads a finished file and has its
 * own struct test_case, with the facts and the evidence.
 *
 * @of_suite: false for the runner's own tests: boot, insmod, clean
 */
struct run_case {
	char *name;
	char *reason;
	char *diagnostics;
	enum ktap_outcome outcome;
	bool of_suite;
};

/**
 * struct topic - one test program
 * @began: by the host's clock
 * @ended: by the host's clock
 * @planned: cases that the program announced, -1 before that
 * @outcomes: number of its cases with each outcome
 * @filtered: the filter chose no case of it
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
 * struct suite_ops - functions to call for events of the stream, for the screen of a person
 * @case_ended: @topic is NULL for a test of the runner
 */
struct suite_ops {
	void (*topic_begins)(void *context, const char *name);
	void (*topic_ended)(void *context, const struct topic *topic, const struct ktap_test *test);
	void (*case_ended)(void *context, const struct suite *suite, const struct topic *topic,
			   long number);
	void (*splat)(void *context, const char *message);
};

/**
 * struct suite - the results of all guests, one after the other
 * @ops: NULL to report nothing
 * @qmp: gets the requests of tests (MARK_ASK); may be NULL
 * @now: when the bytes came that are read, by the host's clock
 * @end_results: the number of results that the guests sent, by their end markers
 * @started: the guest sent a byte
 * @booted: its first result arrived
 * @ended: its end marker arrived
 * @running: the case that the harness said it runs, "" between cases
 * @first_test_line: host's clock, 0 until the first line of a topic
 * @activity: host's clock at the last top-level result or topic, for the watchdog
 * @problems: what is wrong with the stream, one line each
 */
struct suite {
	struct ktap_reader *reader;
	const struct suite_ops *ops;
	void *context;
	struct qmp *qmp;
	struct run_case *cases;
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
	double now;
	double first_test_line;
	double activity;
	double end_time;
};

/** suite_init() - @context is for @ops, which may be NULL. Return: 0, or -1 without memory */
int suite_init(struct suite *suite, const struct suite_ops *ops, void *context);

/** suite_next_guest() - what is fed from now on comes from the next guest */
void suite_next_guest(struct suite *suite);
void suite_note_splat(struct suite *suite, const char *message);

/** suite_feed() - the next bytes of the stream, which came @when */
void suite_feed(struct suite *suite, const char *bytes, size_t length, double when);
void suite_finish(struct suite *suite);
void suite_free(struct suite *suite);

unsigned int suite_passed(const struct suite *suite);
unsigned int suite_failed(const struct suite *suite);

/**
 * suite_cases_per_second() - number of cases divided by the seconds in which a topic ran
 *
 * Seconds in which topics of several guests ran count once.
 */
double suite_cases_per_second(const struct suite *suite);

#endif
