/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader of KTAP streams (Documentation/dev-tools/ktap.rst) that trusts nothing: it is fed
 * bytes as they come, follows nested tests, and tells a complete stream from one that was cut,
 * repeated, garbled by printk or never planned.
 */
#ifndef PINCHECK_LIB_KTAP_H
#define PINCHECK_LIB_KTAP_H

#include <stdbool.h>
#include <stddef.h>

enum ktap_outcome {
	KTAP_PASS,
	KTAP_FAIL,
	KTAP_SKIP,
	KTAP_XFAIL,
	KTAP_XPASS,
	KTAP_TIMEOUT,
	KTAP_ERROR,
	KTAP_OUTCOMES
};

/** enum ktap_problem - what makes a stream unfit to carry a verdict */
enum ktap_problem {
	KTAP_NO_VERSION,	/* results without a version line above them */
	KTAP_NO_PLAN,		/* a level that never said how many results it has */
	KTAP_NO_RESULT,		/* a stream without any result */
	KTAP_SHORT_PLAN,	/* fewer results than planned */
	KTAP_LONG_PLAN,		/* more results than planned */
	KTAP_DUPLICATE,		/* a number came twice */
	KTAP_MISSING,		/* a number was left out */
	KTAP_ORPHANS,		/* subtests whose parent has no result */
	KTAP_MISMATCH,		/* a parent passes although one of its subtests failed */
	KTAP_GARBLED,		/* a result mixed with something else, printk most often */
	KTAP_CUT_LINE,		/* the stream ends inside a line */
	KTAP_BAIL_OUT,		/* the test program gave up */
	KTAP_PROBLEMS
};

/**
 * struct ktap_test - one result line
 * @depth: 0 for a top-level test
 * @number: as the stream has it
 * @outcome: the directive counts more than ok / not ok
 * @subtests: results seen one level below, 0 for a leaf
 * @failed_subtests: those of them that count as failures
 * @name: "" if the stream gave none
 * @reason: text after the directive, or after a bare '#'; "" if none
 * @diagnostics: lines since the previous result of this level, without "# "
 */
struct ktap_test {
	unsigned int depth;
	long number;
	enum ktap_outcome outcome;
	unsigned int subtests;
	unsigned int failed_subtests;
	const char *name;
	const char *reason;
	const char *diagnostics;
};

/**
 * struct ktap_ops - what the reader reports, each may be NULL
 *
 * Strings are valid during the call only.
 */
struct ktap_ops {
	void (*plan)(void *context, unsigned int depth, long count);
	void (*test)(void *context, const struct ktap_test *test);
	void (*diagnostic)(void *context, unsigned int depth, const char *text);
	void (*problem)(void *context, enum ktap_problem problem, unsigned int depth,
			const char *detail);
};

struct ktap_reader;

/** ktap_reader_new() - Return: a reader, or NULL without memory */
struct ktap_reader *ktap_reader_new(const struct ktap_ops *ops, void *context);

/** ktap_reader_feed() - the next @length bytes of the stream, split anywhere */
void ktap_reader_feed(struct ktap_reader *reader, const char *data, size_t length);

/** ktap_reader_finish() - the stream is over: report what is missing */
void ktap_reader_finish(struct ktap_reader *reader);

void ktap_reader_free(struct ktap_reader *reader);

/** ktap_read() - the whole stream in the file @path. Return: 0 or -errno */
int ktap_read(const char *path, const struct ktap_ops *ops, void *context);

/** ktap_is_failure() - does @outcome make a parent fail? A stale expectation (XPASS) does */
bool ktap_is_failure(enum ktap_outcome outcome);

/** ktap_failures() - how many of these outcomes are failures */
unsigned int ktap_failures(const unsigned int outcomes[KTAP_OUTCOMES]);

const char *ktap_outcome_name(enum ktap_outcome outcome);
const char *ktap_problem_name(enum ktap_problem problem);

#endif
