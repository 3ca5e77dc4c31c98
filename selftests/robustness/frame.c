// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame: the suite's own frame runs cases made for it. Nothing that a case leaves, even a killed
 * one, and no setting that it changed reaches the next case; and a case that repeats something ends
 * before its time limit. A line of known-issues decides how a failure counts, and gives its reason. What a
 * run without the module cannot see is no pass.
 * Invariant: CLEAN.
 */
#include "suite.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "pin_accounting.h"
#include "stage.h"

#define CASES		2
#define SETTING		"/proc/sys/vm/vfs_cache_pressure"	/* 1 more does no harm */
#define WIDE_BYTES	(64UL << 20)	/* unmapping takes a while */

FIXTURE(frame)
{
	struct pin_accounting before;
};

/* The counters that the inner cases must find: set before they are forked. */
static struct pin_accounting expected;
static long expected_setting;
/* The value that an inner case gave the setting. */
static long *setting_changed;

FIXTURE_SETUP(frame)
{
	/* The harness ends a case by a timer. */
	SUITE_NEEDS(NEEDS_TIMERS | NEEDS_MODULE);
	ASSERT_EQ(0, pin_accounting_read(&self->before));
	expected = self->before;
	expected_setting = knob_number(SETTING);
	setting_changed = suite_shared(sizeof(*setting_changed));
}

FIXTURE_TEARDOWN(frame)
{
	struct pin_accounting now;

	ASSERT_EQ(0, pin_accounting_read(&now));
	EXPECT_EQ(self->before.sessions, now.sessions);
}

/*
 * Opens a session in a process whose memory the kernel unmaps before it closes the session, so that
 * the session ends a while after SIGKILL.
 */
static void hold_session_for_ever(struct __test_metadata *_metadata)
{
	unsigned char *wide = mmap(NULL, WIDE_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)wide);
	ASSERT_LE(0, pincheck_open());
	madvise(wide, WIDE_BYTES, MADV_NOHUGEPAGE);
	memset(wide, 1, WIDE_BYTES);
	for (;;)
		pause();
}

static void inner_exceeds_its_time(struct __test_metadata *_metadata,
				   struct __fixture_variant_metadata *variant)
{
	if (fork() >= 0)
		hold_session_for_ever(_metadata);
}

/* The case passes while its child has a session. */
static void inner_leaves_a_child(struct __test_metadata *_metadata,
				 struct __fixture_variant_metadata *variant)
{
	struct pin_accounting now = expected;

	if (!fork())
		hold_session_for_ever(_metadata);
	while (now.sessions == expected.sessions && !pin_accounting_read(&now))
		sched_yield();
}

static void inner_next(struct __test_metadata *_metadata,
		       struct __fixture_variant_metadata *variant)
{
	struct pin_accounting now;

	EXPECT_EQ(0, pin_accounting_read(&now));
	EXPECT_EQ(expected.sessions, now.sessions);
	EXPECT_EQ(expected.references, now.references);
	EXPECT_EQ(expected_setting, knob_number(SETTING));
}

static void inner_changes_and_fails(struct __test_metadata *_metadata,
				    struct __fixture_variant_metadata *variant)
{
	ASSERT_EQ(0, knob_change_number(SETTING, expected_setting + 1));
	*setting_changed = knob_number(SETTING);
	ASSERT_TRUE(false);
}

static void inner_changes_and_hangs(struct __test_metadata *_metadata,
				    struct __fixture_variant_metadata *variant)
{
	ASSERT_EQ(0, knob_change_number(SETTING, expected_setting + 1));
	*setting_changed = knob_number(SETTING);
	for (;;)
		pause();
}

static void inner_repeats(struct __test_metadata *_metadata,
			  struct __fixture_variant_metadata *variant)
{
	unsigned int rounds;

	for (rounds = 0; suite_has_time(); rounds++)
		sched_yield();
	EXPECT_OFTEN(~0U, rounds);
}

typedef void inner_function(struct __test_metadata *_metadata,
			    struct __fixture_variant_metadata *variant);

/* Runs the inner cases without output, which would mix with that of the outer run. */
static void run_inner(struct suite_run *run, struct suite_board *board)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	evidence_keep(&board->evidence);
	/* What an inner case asks for must not excuse the outer one. */
	suite_asked = &board->asked;
	suite_run_cases(run, board);
	_exit(0);
}

/*
 * Runs @functions as the cases of a suite, with a time limit of a second, and with the table @known of
 * known issues, or with none. Return: NULL on error
 */
static struct __test_metadata *run_known(inner_function *const functions[CASES],
					 const struct known_issues *known)
{
	static struct __fixture_metadata fixture = { .name = "inner" };
	static struct __fixture_variant_metadata variant;
	struct __test_metadata *tests = suite_shared(CASES * sizeof(*tests));
	struct suite_board *board = suite_shared(sizeof(*board) + CASES * sizeof(*board->xfails));
	static struct suite_case cases[CASES];
	struct suite_run run = { .cases = cases, .count = CASES };
	pid_t child;

	variant = (struct __fixture_variant_metadata) { .name = "" };
	for (size_t i = 0; i < CASES; i++) {
		tests[i] = (struct __test_metadata) {
			.name = "case", .fn = functions[i], .termsig = -1, .timeout = 1,
		};
		cases[i] = (struct suite_case) {
			.fixture = &fixture, .variant = &variant, .test = &tests[i],
		};
	}
	if (known) {
		run.issues = *known;
		suite_expect_failures(&run, board->xfails);
	}
	child = fork();
	if (!child)
		run_inner(&run, board);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		return NULL;
	tests[CASES - 1].results = &board->results;
	return tests;
}

static struct __test_metadata *run_cases(inner_function *const functions[CASES])
{
	return run_known(functions, NULL);
}

CASE(frame, killed_case_leaves_nothing, .rows = "D27")
{
	static inner_function *const functions[CASES] = { inner_exceeds_its_time, inner_next };
	const struct __test_metadata *tests = run_cases(functions);

	ASSERT_NE(NULL, tests);
	evidence("exit_code=%d next_exit_code=%d note=\"a case and its child exceeded the time and were killed\"",
		 tests[0].exit_code, tests[1].exit_code);
	EXPECT_TRUE(tests[0].timed_out);
	EXPECT_EQ(KSFT_FAIL, tests[0].exit_code);
	EXPECT_EQ(KSFT_PASS, tests[1].exit_code);
}

static void expect_put_back(struct __test_metadata *_metadata, inner_function *changes)
{
	inner_function *const functions[CASES] = { changes, inner_next };
	const struct __test_metadata *tests = run_cases(functions);

	ASSERT_NE(NULL, tests);
	evidence("setting=%s before=%ld in_case=%ld exit_code=%d after=%ld next_exit_code=%d",
		 SETTING, expected_setting, *setting_changed, tests[0].exit_code,
		 knob_number(SETTING), tests[1].exit_code);
	EXPECT_EQ(KSFT_FAIL, tests[0].exit_code);
	EXPECT_EQ(expected_setting + 1, *setting_changed);
	EXPECT_EQ(KSFT_PASS, tests[1].exit_code);
	EXPECT_EQ(expected_setting, knob_number(SETTING));
}

CASE(frame, failed_case_changes_no_setting, .rows = "D27")
{
	expect_put_back(_metadata, inner_changes_and_fails);
}

CASE(frame, killed_case_changes_no_setting, .rows = "D27")
{
	expect_put_back(_metadata, inner_changes_and_hangs);
}

CASE(frame, child_of_a_case_leaves_nothing, .rows = "D27")
{
	static inner_function *const functions[CASES] = { inner_leaves_a_child, inner_next };
	const struct __test_metadata *tests = run_cases(functions);

	ASSERT_NE(NULL, tests);
	evidence("exit_code=%d next_exit_code=%d note=\"a case ended before its child\"",
		 tests[0].exit_code, tests[1].exit_code);
	EXPECT_EQ(KSFT_PASS, tests[0].exit_code);
	EXPECT_EQ(KSFT_PASS, tests[1].exit_code);
}

CASE(frame, repetition_ends_in_time, .rows = "D27")
{
	static inner_function *const functions[CASES] = { inner_repeats, inner_next };
	const struct __test_metadata *tests = run_cases(functions);

	ASSERT_NE(NULL, tests);
	evidence("exit_code=%d note=\"a case that repeats itself ended in time\"",
		 tests[0].exit_code);
	EXPECT_FALSE(tests[0].timed_out);
	EXPECT_EQ(KSFT_PASS, tests[0].exit_code);
	EXPECT_EQ(KSFT_PASS, tests[1].exit_code);
}

static void inner_fails(struct __test_metadata *_metadata,
			struct __fixture_variant_metadata *variant)
{
	EXPECT_TRUE(false);
}

static void inner_skips(struct __test_metadata *_metadata,
			struct __fixture_variant_metadata *variant)
{
	SUITE_WINDOW(false);
}

#define CAUSE	"made for this test"

static const struct {
	const char *name;
	inner_function *function;
	int exit_code;
	const char *reason;
} known_cases[] = {
	{ "expect", inner_fails, KSFT_XFAIL, "X0: " CAUSE },
	{ "assert", inner_changes_and_fails, KSFT_XFAIL, "X0: " CAUSE },
	{ "timeout", inner_exceeds_its_time, KSFT_XFAIL, "X0: " CAUSE },
	{ "pass", inner_next, KSFT_XPASS, "known-issues says it fails: " CAUSE },
	{ "skip", inner_skips, KSFT_SKIP,
	  "window never met: the event did not come about this time" },
};

/* Cases without products, which fail as a whole, match a line of known-issues. */
CASE(frame, known_failure_has_its_reason, .rows = "D30")
{
	struct known_issue issue = { .pattern = "inner.case", .rows = "X0", .why = CAUSE };
	struct known_issues known = { .issue = &issue, .count = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(known_cases); i++) {
		inner_function *const functions[CASES] = { inner_next, known_cases[i].function };
		const struct __test_metadata *tests = run_known(functions, &known);

		ASSERT_NE(NULL, tests);
		evidence("case=%s exit_code=%d reason=\"%s\"", known_cases[i].name,
			 tests[1].exit_code, tests[1].results->reason);
		EXPECT_EQ(known_cases[i].exit_code, tests[1].exit_code);
		EXPECT_STREQ(known_cases[i].reason, tests[1].results->reason);
	}
}

static void judge_verdict(struct __test_metadata *_metadata, bool kept, requirement_set unknown)
{
	struct verdict verdict = { .invariant = "CLEAN", .kept = kept, .unknown = unknown };

	suite_judge(_metadata, &verdict);
}

static void inner_asks(struct __test_metadata *_metadata, struct __fixture_variant_metadata *variant)
{
	pincheck_forbid(suite_asked_for_module);
	EXPECT_LE(0, pincheck_open());
}

static void inner_asks_with_no_session(struct __test_metadata *_metadata,
				       struct __fixture_variant_metadata *variant)
{
	struct pincheck_info info;

	pincheck_forbid(suite_asked_for_module);
	EXPECT_EQ(0, pincheck_info(PAGES_BY_PROC, &info));
}

static void inner_child_asks(struct __test_metadata *_metadata,
			     struct __fixture_variant_metadata *variant)
{
	int status = 0;
	pid_t child;

	pincheck_forbid(suite_asked_for_module);
	child = fork();
	if (!child)
		_exit(pincheck_open() < 0);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

static void inner_judges_nothing(struct __test_metadata *_metadata,
				 struct __fixture_variant_metadata *variant)
{
	pincheck_forbid(suite_asked_for_module);
	judge_verdict(_metadata, true, NEEDS_MODULE);
}

static void inner_judges_a_part(struct __test_metadata *_metadata,
				struct __fixture_variant_metadata *variant)
{
	inner_judges_nothing(_metadata, variant);
	judge_verdict(_metadata, true, 0);
}

static void inner_breaks_and_asks(struct __test_metadata *_metadata,
				  struct __fixture_variant_metadata *variant)
{
	judge_verdict(_metadata, false, 0);
	inner_asks(_metadata, variant);
}

static void inner_fails_and_asks(struct __test_metadata *_metadata,
				 struct __fixture_variant_metadata *variant)
{
	EXPECT_EQ(1, 2);
	inner_asks(_metadata, variant);
}

static const struct {
	const char *name;
	inner_function *function;
	int exit_code;
	bool known;
} cases_without_module[] = {
	{ "asks", inner_asks, KSFT_SKIP, false },
	{ "asks_with_no_session", inner_asks_with_no_session, KSFT_SKIP, false },
	{ "child_asks", inner_child_asks, KSFT_SKIP, false },
	{ "judges_nothing", inner_judges_nothing, KSFT_SKIP, false },
	{ "judges_a_part", inner_judges_a_part, KSFT_PASS, false },
	{ "judges_a_part_known", inner_judges_a_part, KSFT_SKIP, true },
	{ "breaks_and_asks", inner_breaks_and_asks, KSFT_FAIL, false },
	{ "breaks_and_asks_known", inner_breaks_and_asks, KSFT_XFAIL, true },
	{ "fails_and_asks", inner_fails_and_asks, KSFT_FAIL, false },
};

/* What a run without the module cannot see is no pass, and hides no failure. */
CASE(frame, unseen_is_no_pass, .rows = "P44")
{
	struct known_issue issue = { .pattern = "inner.case", .rows = "X0", .why = CAUSE };
	struct known_issues known = { .issue = &issue, .count = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(cases_without_module); i++) {
		inner_function *const functions[CASES] = {
			inner_next, cases_without_module[i].function
		};
		const struct __test_metadata *tests =
			run_known(functions, cases_without_module[i].known ? &known : NULL);

		ASSERT_NE(NULL, tests);
		evidence("case=%s exit_code=%d reason=\"%s\"", cases_without_module[i].name,
			 tests[1].exit_code, tests[1].results->reason);
		EXPECT_EQ(cases_without_module[i].exit_code, tests[1].exit_code);
	}
}

PINCHECK_TEST_MAIN
