/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace of the device, as a test has it: all its records, and sums over them. */
#ifndef PINCHECK_SELFTESTS_TRACE_RECORDS_H
#define PINCHECK_SELFTESTS_TRACE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pincheck.h>

#define TRACE_RECORDS	4096

/** TRACE_TOPIC() - the fixture of a topic: the session that traces is not that of the stage */
#define TRACE_TOPIC(topic)									\
	FIXTURE(topic)										\
	{											\
		struct stage stage;								\
		int session;									\
		struct trace_records *trace;							\
	};											\
												\
	FIXTURE_SETUP(topic)									\
	{											\
		SUITE_NEEDS(NEEDS_TRACE);							\
		ASSERT_STAGE_OPEN(&self->stage);						\
		self->session = pincheck_open();						\
		ASSERT_LE(0, self->session);							\
		self->trace = calloc(1, sizeof(*self->trace));					\
		ASSERT_NE(NULL, self->trace);							\
	}

/**
 * struct trace_records - the records of a trace
 * @session: that traces
 * @count: of @records
 * @state: the last answer of TRACE_READ
 */
struct trace_records {
	int session;
	size_t count;
	struct pincheck_trace_read state;
	struct pincheck_traced records[TRACE_RECORDS];
};

/** trace_start() - begin a trace of @pid (0: everybody) with PINCHECK_TRACE_* @flags. Return: 0 or -errno */
int trace_start(struct trace_records *trace, int session, pid_t pid, uint32_t flags);

/** trace_collect() - read what was recorded since the last time, in place of the records. Return: 0 or -errno */
int trace_collect(struct trace_records *trace);

/**
 * trace_call() - the next record of a call behind @record (NULL: the first), that is INSIDE
 * @release: one that gives pins back, or one that takes them
 *
 * Return: NULL if there is none
 */
const struct pincheck_traced *trace_call(const struct trace_records *trace,
					 const struct pincheck_traced *record, bool release);

/** trace_pins() - the sum of what all calls, by whomever, have taken (given back). */
int64_t trace_pins(const struct trace_records *trace, bool release);

/** trace_pages() - the page frame numbers of the call of @record, @most at most. Return: number */
size_t trace_pages(const struct trace_records *trace, const struct pincheck_traced *record,
		   uint64_t *pfns, size_t most);

/** trace_probed() - does the kernel list a probe (of anybody) on a function that gives pins back? */
bool trace_probed(void);

#endif
