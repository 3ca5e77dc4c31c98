/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() of a topic: chooses cases and runs them, each by the harness.
 *
 * The harness would walk all cases for each -r option, and does not know which products exist: so
 * this file makes the list of cases, once.
 */
#ifndef PINCHECK_SELFTESTS_SUITE_MAIN_H
#define PINCHECK_SELFTESTS_SUITE_MAIN_H

#include <fnmatch.h>
#include <libgen.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio_ext.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../../tools/vm/protocol.h"
#include "huge_text.h"
#include "knob_journal.h"
#include "pin_accounting.h"
#include "quiet.h"

/**
 * TOPIC_NEEDS() - what this topic needs of the guest and others are better off without
 *
 * Words with spaces between them: names of tools/vm/needs.c ("pmem virtio_mem"), and kernel
 * parameters ("numa=fake=2"), for which pincheck-vm boots a guest of its own. pincheck-vm reads
 * them from the program. They are an offer only: a case still says by SUITE_NEEDS() what it cannot
 * do without.
 */
#define TOPIC_NEEDS(words)									\
	const char topic_needs[] __attribute__((used, section(NEEDS_SECTION))) = words

extern const char topic_needs[] __attribute__((weak));

struct suite_run {
	struct suite_case *cases;
	size_t count;
	struct known_issues issues;
};

/**
 * struct suite_board - memory that the tests share with the process from which they are forked
 * @results: of the harness
 * @met: see suite_skip()
 * @asked: a process of the case that runs asked for a device that the run is to do without
 * @evidence: of the case that runs
 * @xfails: a place for each case, for those that show a known issue; the journal of settings is behind
 *
 * One mapping for all: every mapping makes every fork of every case slower.
 */
struct suite_board {
	struct __test_results results;
	requirement_set met;
	bool asked;
	struct kept_lines evidence;
	struct __test_xfail xfails[];
};

/* For suite_asked_for_module() */
static const struct suite_run *suite_all;
static bool *suite_asked;

static void suite_case_name(const struct suite_case *this, char *name, size_t size)
{
	snprintf(name, size, "%s%s%s.%s", this->fixture->name, this->variant->name[0] ? "." : "",
		 this->variant->name, this->test->name);
}

static bool suite_case_exists(const struct suite_case *this)
{
	const struct scenario *row = this->scenario;
	const struct product *product = this->variant->data;

	return (product->memory->traits & row->memory) == row->memory &&
	       !(product->memory->traits & row->not_memory) &&
	       (product->hold->traits & row->hold) == row->hold &&
	       !(product->hold->traits & row->not_hold) &&
	       (!row->exists || row->exists(product));
}

static bool suite_glob_matches(const char *globs, const char *name)
{
	char *copy = strdup(globs), *rest = copy, *glob;
	bool matches = false;

	while (!matches && (glob = strsep(&rest, " ")))
		matches = *glob && !fnmatch(glob, name, 0);
	free(copy);
	return matches;
}

static bool suite_case_chosen(const struct suite_case *this, char **globs)
{
	const char *environment = getenv("PINCHECK_TESTS");
	char name[256];

	suite_case_name(this, name, sizeof(name));
	if (*globs) {
		for (; *globs; globs++) {
			if (suite_glob_matches(*globs, name))
				return true;
		}
		return false;
	}
	return !environment || !*environment || suite_glob_matches(environment, name);
}

static void *suite_shared(size_t bytes)
{
	void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		ksft_exit_fail_msg("no memory to share with the tests\n");
	return shared;
}

static void suite_expect_failures(struct suite_run *run, struct __test_xfail *xfails)
{
	char name[256];
	size_t i;

	for (i = 0; i < run->count; i++) {
		struct suite_case *this = &run->cases[i];

		suite_case_name(this, name, sizeof(name));
		this->issue = known_issues_find(&run->issues, name);
		if (!this->issue)
			continue;
		this->xfail = xfails++;
		this->xfail->fixture = this->fixture;
		this->xfail->variant = this->variant;
		/* A test without verdicts fails as a whole: see suite_reached_the_end(). */
		this->xfail->test = this->scenario ? NULL : this->test;
		__register_xfail(this->xfail);
	}
}

/* A copy of @data where fork does not look: a fork copies what it has to for each page of the heap. */
static void *suite_hide(const void *data, size_t bytes)
{
	void *hidden = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (hidden == MAP_FAILED || madvise(hidden, bytes, MADV_DONTFORK))
		ksft_exit_fail_msg("no memory for the list of cases\n");
	return memcpy(hidden, data, bytes);
}

#define SUITE_STACK_BYTES	(256 << 10)	/* more than the preparations use */

/* Gives up pages of the stack that the preparations used. It grows towards lower addresses. */
static void __attribute__((noinline)) suite_drop_stack(void)
{
	uintptr_t end = ((uintptr_t)__builtin_frame_address(0) & -PAGE_BYTES) - PAGE_BYTES;

	/* ENOMEM: a part of the range is no stack. */
	madvise((void *)(end - SUITE_STACK_BYTES), SUITE_STACK_BYTES, MADV_DONTNEED);
}

/* No case needs these tables: suite_begin_case() gives a case what it does. */
static void suite_hide_tables(struct suite_run *run)
{
	struct suite_case *cases = run->cases;

	run->cases = suite_hide(cases, run->count * sizeof(*cases));
	free(cases);
	malloc_trim(0);
	suite_drop_stack();
}

static void suite_add(struct suite_run *run, const struct suite_case *this)
{
	run->cases = realloc(run->cases, (run->count + 1) * sizeof(*this));
	if (!run->cases)
		ksft_exit_fail_msg("no memory for the list of cases\n");
	run->cases[run->count++] = *this;
}

/*
 * PINCHECK_FORM=short leaves a product out if the scenario has its kind of memory and its kind of
 * hold already, in other products. Topics without products are always whole.
 */
static bool suite_form_leaves_out(const struct suite_run *run, const struct suite_case *this)
{
	const struct product *product = this->variant->data;
	const char *form = getenv("PINCHECK_FORM");
	bool memory = false, hold = false;
	size_t i;

	if (!form || strcmp(form, "short"))
		return false;
	for (i = 0; i < run->count; i++) {
		const struct product *other = run->cases[i].variant->data;

		if (run->cases[i].scenario != this->scenario)
			continue;
		memory |= other->memory == product->memory;
		hold |= other->hold == product->hold;
	}
	return memory && hold;
}

static void suite_choose_scenarios(struct suite_run *run, struct suite_case *this, char **globs)
{
	struct scenario *row;

	for (row = suite_scenarios; row; row = row->next) {
		if (strcmp(row->topic, this->fixture->name))
			continue;
		this->scenario = row;
		this->test = row->test;
		if (suite_case_exists(this) && suite_case_chosen(this, globs) &&
		    !suite_form_leaves_out(run, this))
			suite_add(run, this);
	}
	this->scenario = NULL;
}

/* Scenarios are tests without a fixture for the harness: they are no TEST() of their own. */
static bool suite_is_scenario(const struct __test_metadata *test)
{
	const struct scenario *row;

	for (row = suite_scenarios; row && row->test != test; row = row->next)
		;
	return row;
}

static void suite_choose_tests(struct suite_run *run, struct suite_case *this, char **globs)
{
	for (this->test = this->fixture->tests; this->test; this->test = this->test->next) {
		if (!suite_is_scenario(this->test) && suite_case_chosen(this, globs))
			suite_add(run, this);
	}
}

static void suite_choose(struct suite_run *run, char **globs)
{
	static struct __fixture_variant_metadata no_variant = { .name = "" };
	struct suite_case this = { 0 };

	for (this.fixture = __fixture_list; this.fixture; this.fixture = this.fixture->next) {
		this.variant = this.fixture->variant ? this.fixture->variant : &no_variant;
		for (; this.variant; this.variant = this.variant->next) {
			suite_choose_scenarios(run, &this, globs);
			suite_choose_tests(run, &this, globs);
		}
	}
}

/* Return: 1, 0, or -ENOENT. */
static int suite_rule(const char *name)
{
	int rule = rule_by_name(name);

	return rule < 0 ? rule : kernel_has_rule(rule);
}

static void suite_self(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	path[length < 0 ? 0 : length] = '\0';
}

static void suite_load_issues(struct suite_run *run)
{
	char self[4096], path[4096 + 32], kernel[64];
	struct known_issue *loaded;
	unsigned int line = 0;
	int error;

	suite_self(self, sizeof(self));
	snprintf(path, sizeof(path), "%s/known-issues", dirname(self));
	kernel_version(kernel, sizeof(kernel));
	error = known_issues_load(&run->issues, path, kernel, suite_rule, &line);
	if (line)
		ksft_exit_fail_msg("%s:%u: wants six columns separated by |, the second a range "
				   "of kernels\n", path, line);
	if (error)
		ksft_exit_fail_msg("cannot open %s: %s. Install the suite as a whole: make\n", path,
				   strerror(-error));
	if (!run->issues.count)
		return;
	loaded = run->issues.issue;
	run->issues.issue = suite_hide(loaded, run->issues.count * sizeof(*loaded));
	free(loaded);
}

static void suite_check_module(void)
{
	struct pincheck_info info;
	int session = pincheck_open(), error;

	if (session < 0)
		ksft_exit_fail_msg("cannot open %s: %s: %s\n", PINCHECK_DEVICE, strerror(-session),
				   pincheck_open_hint(session));
	error = pincheck_info(session, &info);
	close(session);
	if (error || info.abi != PINCHECK_ABI)
		ksft_exit_fail_msg("the loaded module speaks another ABI: load the one built with "
				   "this suite\n");
}

/* Probes run once, here: every test inherits their results. */
static void suite_prepare(struct suite_run *run)
{
	bool products = false;
	int error = 0;
	size_t i;

	if (!pincheck_is_forbidden())
		suite_check_module();
	for (i = 0; i < run->count; i++) {
		struct suite_case *this = &run->cases[i];
		const struct product *product = this->variant->data;

		if (!this->scenario)
			continue;
		require_missing(this->scenario->needs | suite_product_needs(product));
		products = true;
	}
	/* Each case would ask the module again: a session more. */
	pin_bias();
	if (pins_readable() || !pincheck_is_forbidden())
		error = pins_baseline();
	if (error)
		ksft_exit_fail_msg("cannot read the machine's pins: %s. Run as root\n",
				   strerror(-error));
	error = products ? rules_probe() : 0;
	if (error)
		ksft_exit_fail_msg("cannot find out by which rules this kernel goes: %s\n",
				   cause_of(error));
	if (suite_prepared)
		suite_prepared();
}

/*
 * The steps of a case follow each other, in whatever process. On one CPU they take half the time
 * under emulation, and the LRU batches of that CPU have pages of this case only. The last CPU
 * serves the fewest interrupts. A topic about races calls stage_use_all_cpus().
 */
static void suite_stay_on_one_cpu(void)
{
	int cpu = CPU_SETSIZE - 1;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return;
	while (cpu > 0 && !CPU_ISSET(cpu, &cpus))
		cpu--;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static int suite_number(const char *variable, int otherwise)
{
	const char *value = getenv(variable);
	int number = value ? atoi(value) : 0;

	return number > 0 ? number : otherwise;
}

/* Under SOAK=minutes, suite_has_time() is true for these minutes. */
static void suite_set_timeouts(void)
{
	int factor = suite_number("PINCHECK_TIMEOUT_FACTOR", 1);
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	suite_soak_seconds = 60 * suite_number("PINCHECK_SOAK", 0);
	for (fixture = __fixture_list; fixture; fixture = fixture->next) {
		for (test = fixture->tests; test; test = test->next) {
			test->timeout *= factor;
			if (suite_soak_seconds)
				test->timeout = suite_soak_seconds * 3 / 2;
		}
	}
}

#define SUITE_END_SECONDS	10

/*
 * The harness kills the process group of a case that timed out, but does not wait for it; of other
 * cases it waits for the first process only. Processes that are left have sessions open, which the
 * next case would take into its baseline. This process is their subreaper: see suite_run_cases().
 */
static void suite_end_processes(pid_t group)
{
	int64_t end = nanoseconds() + SUITE_END_SECONDS * 1000000000LL;
	pid_t child;

	while ((child = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (child)
			continue;
		if (group > 0)
			kill(-group, SIGKILL);
		if (!moment_goes_on(end))
			break;
	}
	if (child >= 0)
		ksft_print_msg("processes of this case do not end: what they hold is not given back\n");
}

/*
 * A case that failed, or that ended early because the run has no module, may have died with holds. The next
 * case begins when they are given back; those that stay go into its baseline, so that it does not fail for
 * them.
 */
static void suite_after_failure(const struct pin_accounting *before)
{
	if (!pins_readable())
		return;
	pin_accounting_wait(before);
	pins_baseline();
}

static void suite_add_facts_of_test(const struct suite_case *this, struct case_facts *facts)
{
	const struct test_facts *test;

	for (test = suite_tests; test; test = test->next) {
		if (strcmp(test->topic, this->fixture->name) ||
		    strcmp(test->name, this->test->name))
			continue;
		facts->rows = test->rows;
		if (test->event)
			facts->event = test->event;
	}
}

static void suite_print_facts(const struct suite_case *this)
{
	struct case_facts facts = { .event = suite_event };

	if (this->scenario) {
		const struct product *product = this->variant->data;

		facts.memory = product->memory->name;
		facts.hold = product->hold->name;
		facts.rows = this->scenario->rows;
		if (this->scenario->event)
			facts.event = this->scenario->event;
	} else if (suite_facts && this->variant->data) {
		suite_facts(this->variant->name, this->variant->data, &facts);
	}
	suite_add_facts_of_test(this, &facts);
	evidence_of_case(&facts);
}

/*
 * One write for each case, not for each line: every write wakes the reader. The harness flushes before
 * it forks, so the output of a case is complete before the next case begins.
 */
static char suite_output[2048];

/* The evidence of a case goes before its result, which the harness has printed to stdout. */
static void suite_print_evidence(struct kept_lines *evidence)
{
	size_t result = __fpending(stdout);
	char copy[512];

	if (result > sizeof(copy)) {
		evidence_stream();
		return;
	}
	memcpy(copy, suite_output, result);
	__fpurge(stdout);
	fwrite(evidence->text, 1, evidence->used, stdout);
	fwrite(copy, 1, result, stdout);
	evidence->used = 0;
}

/* What the harness prints behind XFAIL, or behind XPASS. */
static void suite_say_why(struct __test_metadata *test, bool passed)
{
	const struct known_issue *issue = suite_current->issue;

	snprintf(test->results->reason, sizeof(test->results->reason), "%s: %s",
		 passed ? "known-issues says it fails" : issue->rows, issue->why);
}

/* The function of the test that runs. */
static void (*suite_test)(struct __test_metadata *test,
			  struct __fixture_variant_metadata *variant);

/* This machine lacks what all cases need: each is skipped with the reason. */
static void suite_skip_cases(const struct suite_run *run, const char *reason)
{
	char name[256];
	size_t i;

	for (i = 0; i < run->count; i++) {
		suite_case_name(&run->cases[i], name, sizeof(name));
		suite_print_facts(&run->cases[i]);
		ksft_test_result_code(KSFT_SKIP, name, "%s", reason);
	}
}

/*
 * What a run without the module, or without root, cannot see is no pass. A case passes by the verdicts
 * that it could judge: unless there is none, or known-issues says that one of the others fails.
 */
static void suite_end_unseen(struct __test_metadata *test)
{
	requirement_set needs = suite_unknown | (*suite_asked ? NEEDS_MODULE : 0);
	bool nothing = !suite_judged || *suite_asked;

	if (suite_current->issue)
		needs |= suite_unseen;
	if (test->exit_code == KSFT_FAIL && *suite_asked && !suite_broken)
		test->exit_code = KSFT_PASS;
	if (needs && test->exit_code == KSFT_PASS && (nothing || suite_current->issue))
		suite_skip(test, needs);
	if (test->exit_code == KSFT_SKIP && suite_current->xfail)
		suite_current->xfail->test = NULL;
}

static void suite_end_case(struct __test_metadata *test)
{
	const struct __test_xfail *xfail = suite_current->xfail;

	suite_end_unseen(test);
	if (xfail && xfail->test)
		suite_say_why(test, test->exit_code == KSFT_PASS);
}

/* The process that runs the case. */
static pid_t suite_case_pid;

/*
 * A run without the module: whoever asks for the device needs it. A process that the case has forked
 * leaves the verdict to the case.
 */
static void suite_asked_for_module(void)
{
	struct __test_metadata *test;

	if (!suite_current) {
		suite_skip_cases(suite_all, require_missing(NEEDS_MODULE));
		ksft_exit(true);
	}
	test = suite_current->test;
	/* What failed before anybody asked does not fail for want of the module. */
	if (getpid() == suite_case_pid && test->exit_code == KSFT_FAIL && !*suite_asked)
		suite_broken = true;
	*suite_asked = true;
	if (getpid() == suite_case_pid) {
		/* What is broken so far may be a known failure. */
		suite_reached_the_end(test);
		suite_end_case(test);
	}
	evidence_stream();
	_exit(getpid() == suite_case_pid ? test->exit_code : KSFT_SKIP);
}

/* Runs in the process of a case, which may die in the test. */
static void suite_case_process(struct __test_metadata *test,
			       struct __fixture_variant_metadata *variant)
{
	struct __test_xfail *xfail = suite_current->xfail;

	suite_case_pid = getpid();
	if (xfail && xfail->test)
		suite_say_why(test, false);
	suite_test(test, variant);
	if (getpid() == suite_case_pid)
		suite_end_case(test);
}

static void suite_run_case(const struct suite_case *this)
{
	suite_test = this->test->fn;
	this->test->fn = suite_case_process;
	__run_test(this->fixture, this->variant, this->test);
	this->test->fn = suite_test;
}

/* The list of all cases is not there after the fork. */
static void suite_begin_case(const struct suite_run *run, size_t number)
{
	static struct known_issue issue;
	static struct suite_case this;

	this = run->cases[number];
	this.ends_variant = number + 1 == run->count ||
			    run->cases[number + 1].variant != this.variant;
	if (this.issue) {
		issue = *this.issue;
		this.issue = &issue;
	}
	suite_current = &this;
	*suite_asked = false;
	suite_case_began = nanoseconds();
}

static bool suite_run_cases(struct suite_run *run, struct suite_board *board)
{
	unsigned int knobs = knob_mark();
	struct pin_accounting before = { 0 };
	bool passed = true;
	int error;
	size_t i;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pin_accounting_read(&before);
	for (i = 0; i < run->count; i++) {
		struct __test_metadata *test = run->cases[i].test;

		suite_begin_case(run, i);
		test->results = &board->results;
		suite_print_facts(suite_current);
		suite_run_case(suite_current);
		suite_print_evidence(&board->evidence);
		test->results = NULL;
		suite_end_processes(test->pid);
		error = knob_restore(knobs);
		if (error)
			ksft_print_msg("%s\n", cause_of(error));
		/* A known failure that passes is red: its entry in known-issues must go. */
		if (test->exit_code == KSFT_FAIL || test->exit_code == KSFT_XPASS)
			passed = false;
		if (test->exit_code == KSFT_FAIL || test->exit_code == KSFT_XFAIL || *suite_asked)
			suite_after_failure(&before);
	}
	return passed;
}

static int suite_list(const struct suite_run *run)
{
	char name[256];
	size_t i;

	if (topic_needs)
		fprintf(stderr, "needs of the guest: %s\n", topic_needs);
	for (i = 0; i < run->count; i++) {
		suite_case_name(&run->cases[i], name, sizeof(name));
		puts(name);
	}
	return KSFT_PASS;
}

/* For pincheck doctor: each requirement of the suite, and whether this machine meets it. */
static int suite_print_requirements(void)
{
	const char *name, *reason;

	for (size_t i = 0; require_row(i, &name, &reason); i++) {
		if (name)
			printf("%s\t%s\t%s\n", reason ? "skip" : "met", name, reason ?: "-");
	}
	return KSFT_PASS;
}

/*
 * Program, heap, stack and mappings each at an address by chance need page tables of their own, which each
 * fork of each case has to copy.
 */
static void suite_fix_addresses(char **argv)
{
	int now = personality(0xffffffff);
	char self[4096];

	if (now < 0 || now & ADDR_NO_RANDOMIZE || personality(now | ADDR_NO_RANDOMIZE) < 0)
		return;
	suite_self(self, sizeof(self));
	execv(self, argv);
}

static int suite_main(char **argv)
{
	struct suite_run run = { 0 };
	struct suite_board *board;
	const char *lacks;
	bool passed;
	bool list = argv[1] && !strcmp(argv[1], "-l");

	if (argv[1] && !strcmp(argv[1], "-r"))
		return suite_print_requirements();
	if (!list)
		suite_fix_addresses(argv);
	suite_choose(&run, argv + 1 + list);
	if (list)
		return suite_list(&run);
	ksft_print_header();
	ksft_set_plan(run.count);
	setvbuf(stdout, suite_output, _IOFBF, sizeof(suite_output));
	if (!run.count)
		return KSFT_SKIP;
	lacks = require_base();
	if (lacks) {
		suite_skip_cases(&run, lacks);
		ksft_exit(true);
	}
	board = suite_shared(sizeof(*board) + run.count * sizeof(*board->xfails) +
			     knob_journal_bytes());
	suite_met = &board->met;
	suite_asked = &board->asked;
	suite_all = &run;
	if (!strcmp(getenv(ENV_MODULE) ?: "", MODULE_NO))
		pincheck_forbid(suite_asked_for_module);
	evidence_keep(&board->evidence);
	knob_journal_open(board->xfails + run.count);
	huge_text();
	/* First: what SUITE_PREPARE starts must go on. */
	quiet_begin();
	suite_prepare(&run);
	suite_load_issues(&run);
	suite_set_timeouts();
	suite_expect_failures(&run, board->xfails);
	suite_stay_on_one_cpu();
	suite_hide_tables(&run);
	passed = suite_run_cases(&run, board);
	/* Cases leave the swap device on for the next case: swapoff waits for an RCU grace period. */
	swap_async_off();
	ksft_exit(passed);
	return KSFT_FAIL;
}

#define PINCHECK_TEST_MAIN									\
	int main(int argc, char **argv)								\
	{											\
		return argc ? suite_main(argv) : KSFT_FAIL;					\
	}

#endif
