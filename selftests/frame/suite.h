/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The suite's frame around kselftest_harness.h. One topic a file, and a file includes this header
 * first. A topic of products (memory kind x hold) reads:
 *
 *	TOPIC(fork)
 *	FOR_EACH_MEMORY(FOR_EACH_HOLD, TOPIC_VARIANT, fork)
 *
 *	// SYNC, ISOLATION. ... why, and what is expected
 *	SCENARIO(fork, parent_writes, .rows = "B11 R28", .hold = HOLD_PIN)
 *	{
 *		ASSERT_DONE(subject_hold(subject));
 *		ASSERT_DONE(subject_fork(subject, 1));
 *		memory_fill(&subject->memory, AFTER);
 *		EXPECT_SYNC(subject, AFTER);
 *		EXPECT_CHILD_SEES(subject, 0, BEFORE);
 *	}
 *
 *	PINCHECK_TEST_MAIN
 *
 * A scenario begins with @subject's memory mapped, of the variant's kind (checked) and filled
 * with BEFORE; it takes the hold and forks when it wants to. Whatever it leaves is given back
 * after it, and CLEAN is judged: the session has nothing left and the pages' counts are explained
 * without it; at the end of each variant the machine's balance of pins is what it was.
 * The fields after the name say for which rows a scenario means something, by traits that rows
 * must have (.memory, .hold) or must not have (.not_memory, .not_hold); products outside of that
 * do not exist, they are not skipped. .needs adds to what memory and hold need.
 *
 * A topic without products uses FIXTURE and FIXTURE_VARIANT_ADD of the harness as they are, plus
 * CASE(), ASSERT_DONE, EXPECT_VERDICT and PINCHECK_TEST_MAIN; SUITE_NEEDS() skips, and SUITE_PREPARE
 * does what is dear once for all cases. Keep the names topic.variant.scenario. SCENARIO() and CASE()
 * name the rows of Documentation/catalogue.md that the test shows.
 *
 * The binary: run cases that match one of its arguments, or of PINCHECK_TESTS (globs over
 * topic.variant.scenario, separated by spaces), or all. -l lists them, and TOPIC_NEEDS() of the
 * topic. PINCHECK_TIMEOUT_FACTOR multiplies the time limit of each. PINCHECK_FORM=short chooses a
 * part of the products, PINCHECK_SOAK lengthens races: see suite_main.h. Exit code 0: none failed,
 * 1: some failed, 4: none matched.
 */
#ifndef PINCHECK_SELFTESTS_SUITE_H
#define PINCHECK_SELFTESTS_SUITE_H

#include "evidence.h"
/* What the harness prints comes after the evidence before it. */
#define TH_LOG_STREAM	evidence_stream()
/* The process that runs the cases has no threads. */
#include "plain_fork.h"
#define fork()	plain_fork()
#include <kselftest_harness.h>
#undef fork
#include "../../tools/lib/cause.h"
#include "clock.h"
#include "known_issues.h"
#include "one_process.h"
#include "require.h"
#include "rules.h"
#include "subject.h"
#include "swap_async.h"

/**
 * struct scenario - a row beside a test: the products that it is for, and the rows that it covers
 * @topic: fixture of the test
 * @name: of the test
 * @rows: of the catalogue
 * @event: what happens to the memory; NULL: SUITE_EVENT() of the topic
 * @needs: NEEDS_... of require.h
 * @memory: enum memory_trait that the memory must have
 * @not_memory: and must not have
 * @hold: enum hold_trait that the hold must have
 * @not_hold: and must not have
 * @exists: NULL, or whether the scenario is for this variant: for variants of more than a product
 * @seconds: time limit of a case; 0: that of the harness
 * @test: of the harness
 * @next: in the list of all
 */
struct scenario {
	const char *topic;
	const char *name;
	const char *rows;
	const char *event;
	requirement_set needs;
	unsigned int memory;
	unsigned int not_memory;
	unsigned int hold;
	unsigned int not_hold;
	bool (*exists)(const void *variant);
	int seconds;
	struct __test_metadata *test;
	struct scenario *next;
};

/**
 * struct test_facts - what all cases of a test without products say of themselves
 * @topic: fixture of the test
 * @name: of the test
 * @rows: of the catalogue
 * @event: what happens to the memory; NULL: what SUITE_FACTS() or SUITE_EVENT() of the topic says
 * @next: in the list of all
 */
struct test_facts {
	const char *topic;
	const char *name;
	const char *rows;
	const char *event;
	struct test_facts *next;
};

/**
 * struct suite_case - one case of this program
 * @fixture: as the harness has it
 * @variant: as the harness has it
 * @test: as the harness has it
 * @scenario: its row, or NULL for a test without one
 * @issue: the known issue that this case shows on the running kernel, or NULL
 * @xfail: by which the harness knows of @issue; shared with the process of the test
 * @ends_variant: the next case is of another variant
 */
struct suite_case {
	struct __fixture_metadata *fixture;
	struct __fixture_variant_metadata *variant;
	struct __test_metadata *test;
	const struct scenario *scenario;
	const struct known_issue *issue;
	struct __test_xfail *xfail;
	bool ends_variant;
};

static struct scenario *suite_scenarios;
static struct test_facts *suite_tests;
static void (*suite_prepared)(void);
static const char *suite_event;
static void (*suite_facts)(const char *name, const void *variant, struct case_facts *facts);
static struct suite_case *suite_current;
static int64_t suite_case_began;

/*
 * A known failure must not hide a skip, an error, a crash or a timeout. The harness compares
 * @xfail with the test when the test is over: @xfail names it only once it reached its end without
 * an error.
 */
static bool suite_erred;

static inline void suite_reached_the_end(struct __test_metadata *_metadata)
{
	if (suite_current && suite_current->xfail && !suite_erred && !_metadata->aborted)
		suite_current->xfail->test = suite_current->test;
}

/**
 * suite_has_time() - has this case used less than two thirds of its time limit?
 *
 * A case that repeats something calls this in each round: on a busy machine it then ends in time,
 * with fewer rounds, which EXPECT_OFTEN() accepts.
 */
static inline bool suite_has_time(void)
{
	return nanoseconds() - suite_case_began <
	       suite_current->test->timeout * 1000000000LL * 2 / 3;
}

/* SOAK=minutes: how long a race goes on after it has what it needs; 0: not at all. */
static int suite_soak_seconds;

/**
 * suite_goes_on() - shall this case, which repeats a race, begin another round?
 * @enough: the race has met often enough, or had its greatest number of rounds
 *
 * Under SOAK=minutes a race goes on for these minutes, whatever @enough says.
 */
static inline bool suite_goes_on(bool enough)
{
	return suite_has_time() && (suite_soak_seconds || !enough);
}

/** EXPECT_OFTEN() - @seen is @least or more; 1 or more if suite_has_time() was false */
#define EXPECT_OFTEN(least, seen)	EXPECT_LE(suite_has_time() ? (least) : 1, seen)

/* Requirements that an earlier case found met; shared, for each case has a process of its own. */
static requirement_set *suite_met;

static inline bool suite_skip(struct __test_metadata *_metadata, requirement_set needs)
{
	const char *reason = require_missing(needs & ~*suite_met);

	if (!reason) {
		*suite_met |= needs & ~NEEDS_MODULE;
		return false;
	}
	SKIP(return true, "%s", reason);
}

/* A step talks to its child by sockets: a kernel without them skips the case. */
static inline bool suite_lacks_sockets(struct __test_metadata *_metadata, int error)
{
	return (error == -EAFNOSUPPORT || error == -ENOSYS) && suite_skip(_metadata, NEEDS_UNIX);
}

/*
 * The verdicts of this case: how many are judged, and what others need that is not met. A case without a
 * verdict that is judged shows nothing.
 */
static unsigned int suite_judged;
static bool suite_broken;
static requirement_set suite_unknown;

/*
 * A run without the module is for ordinary users, too. What the kernel refuses them is a skip, and so is a
 * page whose number they do not see, for which many steps have -ENODATA.
 */
static inline bool suite_lacks_root(struct __test_metadata *_metadata, int error)
{
	bool refused = error == -EPERM || error == -EACCES || error == -EROFS;

	if (!pincheck_is_forbidden() || _metadata->exit_code == KSFT_FAIL)
		return false;
	return (refused && suite_skip(_metadata, NEEDS_ROOT)) ||
	       (error == -ENODATA && suite_skip(_metadata, NEEDS_PFNS));
}

static inline void suite_error(struct __test_metadata *_metadata, const char *what, int error)
{
	if (suite_lacks_sockets(_metadata, error) || suite_lacks_root(_metadata, error))
		return;
	__TH_LOG("ERROR %s: %s", what, cause_of(error));
	suite_erred = true;
	_metadata->exit_code = KSFT_FAIL;
}

/** SUITE_NEEDS() - leave a test of a topic without products, if @needs is not met */
#define SUITE_NEEDS(needs) do {									\
	if (suite_skip(_metadata, needs))							\
		return;										\
} while (0)

/**
 * SUITE_WINDOW() - leave a case that tried to hit a moment, and never did: it shows nothing
 *
 * A case that failed before stays failed.
 */
#define SUITE_WINDOW(hits) do {									\
	if (!(hits) && _metadata->exit_code == KSFT_PASS)					\
		SKIP(return, "window never met: the event did not come about this time");	\
} while (0)

/** ASSERT_DONE() - a step that must work for the test to mean something: 0, else an error */
#define ASSERT_DONE(step) do {									\
	int suite_step_error = (step);								\
												\
	if (suite_step_error < 0) {								\
		suite_error(_metadata, #step, suite_step_error);				\
		return;										\
	}											\
} while (0)

static inline void suite_judge(struct __test_metadata *_metadata, const struct verdict *verdict)
{
	bool unknown = verdict->kept && verdict->unknown;

	evidence_line("# %s %s %s", verdict->invariant,
		      verdict->error ? "ERROR" : unknown ? "unknown" : verdict->kept ? "kept" : "BROKEN",
		      verdict->evidence);
	suite_unknown |= verdict->unknown;
	suite_judged += !unknown;
	if (verdict->kept)
		return;
	/* A kernel with a bug may not live until the end of the case. */
	evidence_stream();
	if (verdict->error && suite_lacks_root(_metadata, verdict->error))
		return;
	suite_broken = true;
	_metadata->exit_code = KSFT_FAIL;
	if (verdict->error)
		suite_erred = true;
}

/** EXPECT_VERDICT() - fill in a verdict by @function(arguments..., &verdict) and print it */
#define EXPECT_VERDICT(function, ...) do {							\
	struct verdict suite_verdict;								\
												\
	function(__VA_ARGS__, &suite_verdict);							\
	suite_judge(_metadata, &suite_verdict);							\
} while (0)

/* A subject without a hold, and a hold whose path is unknown, have no path to judge. */
#define EXPECT_PATH(subject, state) do {							\
	if (hold_expected_path((subject)->product->hold, state) != PINCHECK_PATH_UNKNOWN)	\
		EXPECT_VERDICT(verdict_path, subject, state);					\
} while (0)
#define EXPECT_SYNC(subject, generation)	EXPECT_VERDICT(verdict_sync, subject, generation)
#define EXPECT_PROMISE(subject, event, older, newer)						\
	EXPECT_VERDICT(verdict_promise, subject, event, older, newer)
#define EXPECT_SAME_PAGE(subject, before)	EXPECT_VERDICT(verdict_same_page, subject, before)
#define EXPECT_FOLLOWS_PAGE(subject, older, newer)						\
	EXPECT_VERDICT(verdict_follows_page, subject, older, newer)
#define EXPECT_CPU_SEES(subject, generation)							\
	EXPECT_VERDICT(verdict_cpu_sees, subject, generation)
#define EXPECT_DEVICE_SEES(subject, generation)							\
	EXPECT_VERDICT(verdict_device_sees, subject, generation)
#define EXPECT_CHILD_SEES(subject, level, generation)						\
	EXPECT_VERDICT(verdict_child_sees, subject, level, generation)
#define EXPECT_CHILD_MAY_NOT_WRITE(subject, level)						\
	EXPECT_VERDICT(verdict_child_may_not_write, subject, level)
#define EXPECT_CHILD_APART(subject, level)							\
	EXPECT_VERDICT(verdict_child_has_own_page, subject, level, true)
#define EXPECT_CHILD_SHARES(subject, level)							\
	EXPECT_VERDICT(verdict_child_has_own_page, subject, level, false)
#define EXPECT_SOFT_DIRTY(subject, pages, set)							\
	EXPECT_VERDICT(verdict_soft_dirty, subject, pages, set)
#define EXPECT_ACCURATE(subject)		EXPECT_VERDICT(verdict_accurate, subject)

/* What the verdicts that every case gets need, and is not met. A case may pass without them. */
static requirement_set suite_unseen;

/* A verdict that every case gets: printed only if it is broken. */
#define EXPECT_QUIETLY(function, ...) do {							\
	struct verdict suite_verdict;								\
												\
	function(__VA_ARGS__, &suite_verdict);							\
	if (!suite_verdict.kept)								\
		suite_judge(_metadata, &suite_verdict);						\
	suite_unseen |= suite_verdict.unknown;							\
} while (0)

static inline requirement_set suite_product_needs(const struct product *product)
{
	bool module = product->hold->ops == &hold_ops_pincheck;

	return memory_needs(product->memory) | product->hold->needs | (module ? NEEDS_MODULE : 0);
}

static inline void suite_setup(struct __test_metadata *_metadata, struct subject *subject,
			       const struct product *product)
{
	requirement_set needs = suite_product_needs(product);
	int error;

	if (suite_current && suite_current->scenario)
		needs |= suite_current->scenario->needs;
	if (suite_skip(_metadata, needs))
		return;
	error = subject_begin(subject, product);
	if (error) {
		suite_error(_metadata, "setting up", error);
		subject_end(subject);
	}
}

static inline void suite_teardown(struct __test_metadata *_metadata, struct subject *subject)
{
	int error = child_end(&subject->child);

	if (error)
		suite_error(_metadata, "ending the child", error);
	if (subject_release(subject)) {
		suite_error(_metadata, "giving the hold back", -EIO);
	} else if (_metadata->exit_code == KSFT_PASS) {
		if (subject->memory.mapped)
			EXPECT_QUIETLY(verdict_accurate, subject);
		EXPECT_QUIETLY(verdict_given_back, subject,
			       !suite_current || suite_current->ends_variant);
	}
	/* What is left now, memory and descriptors, goes when this process exits. */
	suite_reached_the_end(_metadata);
}

/**
 * SUITE_PREPARE() - followed by a body that runs once before all cases of a topic
 *
 * It runs in the process from which all cases are forked.
 */
#define SUITE_PREPARE										\
	static void suite_prepare_topic(void);							\
	static void __attribute__((constructor)) suite_prepare_add(void)			\
	{											\
		suite_prepared = suite_prepare_topic;						\
	}											\
	static void suite_prepare_topic(void)

/** SUITE_EVENT() - what happens to the memory in all cases of a topic, by a word: "fork" */
#define SUITE_EVENT(event)	static const char *suite_event = event;

/**
 * SUITE_FACTS() - followed by a body: what the cases of a variant say of themselves
 *
 * For topics without products. It gets @name and @variant, and fills in the strings of @facts.
 */
#define SUITE_FACTS(topic)									\
	static void topic##_facts(const char *name, const FIXTURE_VARIANT(topic) *variant,	\
				  struct case_facts *facts);					\
	static void topic##_facts_of(const char *name, const void *variant,			\
				     struct case_facts *facts)					\
	{											\
		topic##_facts(name, variant, facts);						\
	}											\
	static void (*suite_facts)(const char *name, const void *variant,			\
				   struct case_facts *facts) = topic##_facts_of;		\
	static void topic##_facts(const char __attribute__((unused)) *name,			\
				  const FIXTURE_VARIANT(topic) __attribute__((unused)) *variant,	\
				  struct case_facts *facts)

/** TOPIC() - the fixture of a topic of products */
#define TOPIC(topic)										\
	FIXTURE(topic) { };									\
	FIXTURE_VARIANT(topic) { struct product product; };

/** TOPIC_VARIANT() - one product: @memory_row and @hold_row name rows of memory.h and hold.h */
#define TOPIC_VARIANT(topic, memory_row, hold_row, ...)						\
	extern const struct hold_kind hold_##hold_row;						\
	FIXTURE_VARIANT_ADD(topic, memory_row##_##hold_row) {					\
		.product = { .memory = &memory_##memory_row, .hold = &hold_##hold_row },	\
	};

/** FOR_EACH_PIN() - every pin, that of io_uring too */
#define FOR_EACH_PIN(X, topic, memory)								\
	FOR_EACH_PIN_ROW(X, topic, memory)							\
	X(topic, memory, uring)

/** FOR_EACH_HOLD() - every hold that keeps references, and none as the control */
#define FOR_EACH_HOLD(X, topic, memory)								\
	X(topic, memory, none)									\
	FOR_EACH_PIN(X, topic, memory)								\
	FOR_EACH_GET_ROW(X, topic, memory)

/** FOR_EACH_MEMORY() - @EACH is FOR_EACH_HOLD or a topic's own choice of holds */
#define FOR_EACH_MEMORY(EACH, X, topic)								\
	EACH(X, topic, base)									\
	EACH(X, topic, swapped)									\
	EACH(X, topic, thp_pmd)									\
	EACH(X, topic, thp_pte)									\
	EACH(X, topic, hugetlb)

/* Runs once in each process: every case is forked. */
static inline void suite_scenario(struct __test_metadata *_metadata,
				  void (*body)(struct __test_metadata *, struct subject *))
{
	static struct subject subject;

	suite_setup(_metadata, &subject, suite_current->variant->data);
	if (_metadata->exit_code)
		return;
	body(_metadata, &subject);
	suite_teardown(_metadata, &subject);
}

/* Constructors run in the order of the source, and that is the order of the list. */
static inline void suite_register(struct scenario *row, struct __test_metadata *test)
{
	struct scenario **last = &suite_scenarios;

	while (*last)
		last = &(*last)->next;
	*last = row;
	row->test = test;
	test->name = row->name;
	if (row->seconds)
		test->timeout = row->seconds;
}

/**
 * SCENARIO() - a test over the products of a topic: see the top of this file
 *
 * It is a TEST of the harness, and its setup and teardown are those of all scenarios.
 */
#define SCENARIO(topic_name, scenario_name, ...)						\
	static void topic_name##_##scenario_name##_body(					\
		struct __test_metadata *_metadata, struct subject *subject);			\
	TEST(topic_name##_##scenario_name)							\
	{											\
		suite_scenario(_metadata, topic_name##_##scenario_name##_body);			\
	}											\
	static struct scenario topic_name##_##scenario_name##_row = {				\
		.topic = #topic_name, .name = #scenario_name, __VA_ARGS__			\
	};											\
	static void __attribute__((constructor))						\
	topic_name##_##scenario_name##_add(void)						\
	{											\
		suite_register(&topic_name##_##scenario_name##_row,				\
			       &_##topic_name##_##scenario_name##_object);			\
	}											\
	static void topic_name##_##scenario_name##_body(					\
		struct __test_metadata __attribute__((unused)) *_metadata,			\
		struct subject __attribute__((unused)) *subject)

/** CASE_TIMEOUT() - CASE() with a time limit of its own, in seconds */
#define CASE_TIMEOUT(topic_name, test_name, seconds, ...)					\
	static struct test_facts topic_name##_##test_name##_facts = {				\
		.topic = #topic_name, .name = #test_name, __VA_ARGS__				\
	};											\
	static void __attribute__((constructor)) topic_name##_##test_name##_facts_add(void)	\
	{											\
		topic_name##_##test_name##_facts.next = suite_tests;				\
		suite_tests = &topic_name##_##test_name##_facts;				\
	}											\
	TEST_F_TIMEOUT(topic_name, test_name, seconds)

/**
 * CASE() - a test of a topic without products: CASE(scan, all_memory, .rows = "P17")
 *
 * The fields after the name are those of struct test_facts. In the body, @self and @variant are
 * those of the harness's TEST_F(), which has no rows: tools/catalogue refuses it.
 */
#define CASE(topic_name, test_name, ...)							\
	CASE_TIMEOUT(topic_name, test_name, TEST_TIMEOUT_DEFAULT, __VA_ARGS__)

#include "suite_main.h"

#endif
