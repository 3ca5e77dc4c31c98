// SPDX-License-Identifier: GPL-2.0-only
/* The result stream: cases, topics, and whether the stream is complete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "protocol.h"
#include "qmp.h"
#include "suite.h"
#include "util.h"

static struct topic *current_topic(struct suite *suite)
{
	return suite->in_topic ? &suite->topics[suite->topic_count - 1] : NULL;
}

static void begin_topic(struct suite *suite, const char *name)
{
	suite->topics = grow(suite->topics, suite->topic_count, sizeof(*suite->topics));
	suite->topics[suite->topic_count++] = (struct topic){
		.name = format_text("%s", name), .began = suite->now, .planned = -1,
	};
	suite->in_topic = true;
	suite->activity = suite->now;
	if (suite->ops)
		suite->ops->topic_begins(suite->context, name);
}

static void end_topic(struct suite *suite, const struct ktap_test *test)
{
	struct topic *topic = current_topic(suite);

	topic->ended = suite->now;
	topic->filtered = test->outcome == KTAP_SKIP && !strcmp(test->reason, REASON_FILTER);
	suite->in_topic = false;
	if (suite->ops)
		suite->ops->topic_ended(suite->context, topic, test);
}

static void add_case(struct suite *suite, const struct ktap_test *test, bool of_suite)
{
	struct topic *topic = current_topic(suite);

	suite->cases = grow(suite->cases, suite->case_count, sizeof(*suite->cases));
	suite->cases[suite->case_count++] = (struct run_case){
		.name = format_text("%s", test->name), .reason = format_text("%s", test->reason),
		.diagnostics = format_text("%s", test->diagnostics), .outcome = test->outcome,
		.of_suite = of_suite,
	};
	suite->totals[test->outcome]++;
	suite->suite_cases += of_suite;
	if (topic)
		topic->outcomes[test->outcome]++;
	if (suite->ops)
		suite->ops->case_ended(suite->context, suite, topic, test->number);
}

/*
 * Cases are counted, not topics. A parent counts as a case only if its result adds something: if it
 * failed without a failed child, or has no children.
 */
static void on_test(void *context, const struct ktap_test *test)
{
	struct suite *suite = context;
	bool top = !test->depth;
	bool is_topic = top && suite->in_topic;
	bool filtered = is_topic && test->outcome == KTAP_SKIP &&
			!strcmp(test->reason, REASON_FILTER);
	bool own_failure = ktap_is_failure(test->outcome) && !test->failed_subtests;

	suite->results++;
	*suite->running = '\0';
	if (!filtered && (!test->subtests || own_failure))
		add_case(suite, test, suite->in_topic);
	/* A topic that hung is a failure of its own, beside its failed cases. */
	else if (top && test->outcome == KTAP_TIMEOUT)
		add_case(suite, test, suite->in_topic);
	if (!top)
		return;
	suite->activity = suite->now;
	suite->booted = true;
	if (is_topic)
		end_topic(suite, test);
}

static void on_plan(void *context, unsigned int depth, long count)
{
	struct suite *suite = context;

	if (depth == 1 && suite->in_topic && !suite->first_test_line)
		suite->first_test_line = suite->now;
	if (depth == 1 && suite->in_topic)
		current_topic(suite)->planned = count;
}

void suite_note_splat(struct suite *suite, const char *message)
{
	if (!suite->splat)
		snprintf(suite->first_splat, sizeof(suite->first_splat), "%s", message);
	suite->splat = true;
	if (suite->ops)
		suite->ops->splat(suite->context, message);
}

static void note_end(struct suite *suite, const char *counts)
{
	unsigned int results;

	suite->ended = sscanf(counts, "results=%u", &results) == 1;
	suite->end_results += suite->ended ? results : 0;
	if (suite->end_time < suite->now)
		suite->end_time = suite->now;
}

static void note_probe(struct suite *suite, const char *rest)
{
	(void)rest;
	suite->probe_answered = true;
}

/* "fork.base_pin_rw_fast.parent_writes ...": a panic from now on belongs to that case */
static void note_running(struct suite *suite, const char *name)
{
	name += strspn(name, " ");
	snprintf(suite->running, sizeof(suite->running), "%.*s", (int)strcspn(name, " "), name);
}

static void note_ask(struct suite *suite, const char *text)
{
	qmp_ask(suite->qmp, text);
}

static const struct {
	unsigned int depth;
	const char *mark;
	void (*note)(struct suite *suite, const char *rest);
} marks[] = {
	{ 0, MARK_TOPIC, begin_topic },
	{ 0, MARK_SPLAT, suite_note_splat },
	{ 0, MARK_END, note_end },
	{ 0, MARK_PROBE, note_probe },
	{ 0, MARK_ASK, note_ask },
	{ 1, MARK_ASK, note_ask },
	{ 1, " RUN ", note_running },
};

static void on_diagnostic(void *context, unsigned int depth, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t length = strlen(marks[i].mark);

		if (marks[i].depth == depth && !strncmp(text, marks[i].mark, length))
			marks[i].note(context, text + length);
	}
}

static void on_problem(void *context, enum ktap_problem kind, unsigned int depth,
		       const char *detail)
{
	struct suite *suite = context;

	if (suite->problem_count < ARRAY_SIZE(suite->problems))
		suite->problems[suite->problem_count++] =
			format_text("%s, level %u: %s", ktap_problem_name(kind), depth, detail);
}

static const struct ktap_ops ktap_ops = {
	.plan = on_plan,
	.test = on_test,
	.diagnostic = on_diagnostic,
	.problem = on_problem,
};

int suite_init(struct suite *suite, const struct suite_ops *ops, void *context)
{
	memset(suite, 0, sizeof(*suite));
	suite->ops = ops;
	suite->context = context;
	suite->reader = ktap_reader_new(&ktap_ops, suite);
	return suite->reader ? 0 : -1;
}

void suite_next_guest(struct suite *suite)
{
	suite->started = false;
	suite->booted = false;
	suite->ended = false;
}

void suite_feed(struct suite *suite, const char *bytes, size_t length, double when)
{
	suite->started = true;
	suite->now = when;
	ktap_reader_feed(suite->reader, bytes, length);
}

void suite_finish(struct suite *suite)
{
	ktap_reader_finish(suite->reader);
	if (suite->in_topic)
		current_topic(suite)->ended = seconds_now();
	if (suite->ended && suite->end_results != suite->results &&
	    suite->problem_count < ARRAY_SIZE(suite->problems))
		suite->problems[suite->problem_count++] =
			format_text("the guest sent %u results, %u arrived", suite->end_results,
				    suite->results);
}

void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->case_count; i++) {
		free(suite->cases[i].name);
		free(suite->cases[i].reason);
		free(suite->cases[i].diagnostics);
	}
	for (size_t i = 0; i < suite->topic_count; i++)
		free(suite->topics[i].name);
	for (size_t i = 0; i < suite->problem_count; i++)
		free(suite->problems[i]);
	free(suite->cases);
	free(suite->topics);
	ktap_reader_free(suite->reader);
	memset(suite, 0, sizeof(*suite));
}

unsigned int suite_passed(const struct suite *suite)
{
	return suite->totals[KTAP_PASS] + suite->totals[KTAP_XFAIL];
}

unsigned int suite_failed(const struct suite *suite)
{
	return ktap_failures(suite->totals);
}

static int by_beginning(const void *a, const void *b)
{
	const struct topic *left = a, *right = b;

	return (left->began > right->began) - (left->began < right->began);
}

/* The length of the union of all topics' times */
static double seconds_of_topics(const struct topic *topics, size_t count)
{
	double seconds = 0, until = 0;

	for (size_t i = 0; i < count; i++) {
		double from = topics[i].began > until ? topics[i].began : until;

		if (topics[i].ended <= from)
			continue;
		seconds += topics[i].ended - from;
		until = topics[i].ended;
	}
	return seconds;
}

double suite_cases_per_second(const struct suite *suite)
{
	struct topic *sorted = calloc(suite->topic_count + 1, sizeof(*sorted));
	double seconds;

	if (!sorted)
		return 0;
	if (suite->topic_count)
		memcpy(sorted, suite->topics, suite->topic_count * sizeof(*sorted));
	qsort(sorted, suite->topic_count, sizeof(*sorted), by_beginning);
	seconds = seconds_of_topics(sorted, suite->topic_count);
	free(sorted);
	return seconds > 0 ? suite->suite_cases / seconds : 0;
}
