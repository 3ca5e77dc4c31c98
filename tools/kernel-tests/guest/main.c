// SPDX-License-Identifier: GPL-2.0-only
/*
 * .kernel-test: the interpreter of the scripts that are topics of `make selftests-kernel`. It runs programs of
 * the kernel's own tests, reads their output, and adds what they do not look at: pins that were not given back,
 * and other things that they left.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../vm/guest/guest.h"
#include "ledger.h"
#include "machine.h"
#include "output.h"
#include "plan.h"
#include "program.h"
#include "results.h"
#include "splats.h"

#define EXIT_WRONG	2
#define EXIT_SKIP	4

/* Of a run that a race ended before it was whole */
#define RACE_ROUNDS	3

/* io_uring unpins its buffers, and hugetlb gets its pages back, some time after a process is gone. */
#define SETTLE_SECONDS	10

static void forward_line(void *context, const char *text)
{
	(void)context;
	printf("# %s\n", text);
}

static void forward_result(void *context, enum ktap_outcome outcome, const char *name, const char *reason)
{
	const struct plan_run *run = context;

	results_add(outcome, run->variant, name, reason);
}

static const struct output_ops output_ops = {
	.line = forward_line,
	.result = forward_result,
};

static bool ledger_is_settled(const struct ledger *before, const struct ledger *now)
{
	return !ledger_compare(before, now, NULL) &&
	       now->acquired - before->acquired == now->released - before->released;
}

/* Take the ledger again and again until it is that of @before, or for as long as things may take. */
static void settle_ledger(const struct ledger *before, struct ledger *now)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	double deadline = monotonic_seconds() + SETTLE_SECONDS;

	ledger_take(now);
	while (!ledger_is_settled(before, now) && monotonic_seconds() < deadline && !nanosleep(&pause, NULL)) {
		ledger_free(now);
		ledger_take(now);
	}
}

static void print_difference(const char *name, const char *was, const char *is)
{
	if (!was)
		printf("# left: %s (%s)\n", name, is);
	else if (!is)
		printf("# gone: %s (%s)\n", name, was);
	else
		printf("# left: %s: %s, was %s\n", name, is, was);
}

/* PINS: each pin is given back. */
static void judge_pins(const struct ledger *before, const struct ledger *now)
{
	unsigned long long acquired = now->acquired - before->acquired;
	unsigned long long released = now->released - before->released;
	char reason[96];

	if (before->pins_error || now->pins_error) {
		results_add(KTAP_SKIP, "", "pins", "needs the counters nr_foll_pin of /proc/vmstat");
		return;
	}
	snprintf(reason, sizeof(reason), "acquired %llu, released %llu", acquired, released);
	results_add(acquired == released ? KTAP_PASS : KTAP_FAIL, "", "pins", reason);
}

static void judge_rest(const struct ledger *before, const struct ledger *now, unsigned int processes)
{
	unsigned int differences = ledger_compare(before, now, print_difference);
	char reason[96];

	snprintf(reason, sizeof(reason), "%u processes, %u other things", processes, differences);
	results_add(processes || differences ? KTAP_FAIL : KTAP_PASS, "", "left", reason);
}

/* Return: the module that is missing, NULL if there is all that the topic cannot do without */
static const struct plan_module *modules_up(const struct plan *plan, const char *tests, bool *inserted)
{
	const struct plan_module *missing = NULL;

	for (size_t i = 0; i < plan->module_count; i++) {
		const struct plan_module *module = &plan->modules[i];
		char path[512];
		int error;

		inserted[i] = false;
		if (*module->present && !access(module->present, F_OK)) {
			printf("# %s: the kernel's own\n", module->present);
			continue;
		}
		error = module_find(module->name, tests, path, sizeof(path)) ? module_insert(path) : -ENOENT;
		inserted[i] = !error;
		if (error)
			printf("# module %s: %s\n", module->name, strerror(-error));
		if (error && module->required)
			missing = module;
	}
	return missing;
}

static void modules_down(const struct plan *plan, const char *tests, const bool *inserted)
{
	for (size_t i = plan->module_count; i-- > 0;) {
		char path[512];
		int error;

		if (!inserted[i] || !module_find(plan->modules[i].name, tests, path, sizeof(path)))
			continue;
		error = module_remove(path);
		results_add(error ? KTAP_FAIL : KTAP_PASS, "rmmod", plan->modules[i].name,
			    error ? strerror(-error) : "");
	}
}

static unsigned int run_once(const struct plan *plan, struct plan_run *run, const char *tests)
{
	struct output *output = output_new(&output_ops, run, plan->ltp);
	double start = monotonic_seconds();
	unsigned int processes = 0;

	if (!output)
		return 0;
	if (*run->module)
		module_test_run(run, tests, output);
	else
		processes = program_run(plan, run, tests, output);
	printf("# %s%s%s took %.1f s\n", plan->topic, *run->variant ? "." : "", run->variant,
	       monotonic_seconds() - start);
	return processes;
}

/* A run that a known race ended tells nothing of what was to come after it: once more, as the variant "again". */
static unsigned int run_until_whole(const struct plan *plan, struct plan_run *run, const char *tests)
{
	unsigned int processes = run_once(plan, run, tests), again = 0;
	struct plan_run copy = *run;

	snprintf(copy.variant, sizeof(copy.variant), "%.57s%sagain", run->variant, *run->variant ? "." : "");
	while (results_race_ended() && again++ < RACE_ROUNDS)
		processes += run_once(plan, &copy, tests);
	if (again > RACE_ROUNDS)
		results_add(KTAP_FAIL, run->variant, "whole", "a race ended the run each time");
	return processes;
}

static unsigned int run_all(const struct plan *plan, const char *tests)
{
	unsigned int processes = 0;

	for (size_t i = 0; i < plan->run_count; i++)
		processes += run_until_whole(plan, &plan->runs[i], tests);
	return processes;
}

static int __attribute__((format(printf, 1, 2))) skip_topic(const char *format, ...)
{
	va_list arguments;

	printf("1..0 # SKIP ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	return EXIT_SKIP;
}

/* Return: 0 if this machine can run the topic, or the exit status of a topic that said what is missing */
static int skip_what_cannot_run(const struct plan *plan)
{
	if (*plan->lacks)
		return skip_topic("%s", plan->lacks);
	if (*plan->slow && getenv(ENV_SLOW))
		return skip_topic("%s", plan->slow);
	if (*plan->from && !kernel_is_from(plan->from))
		return skip_topic("needs %s (Linux %s)", plan->feature, plan->from);
	return 0;
}

static int run_plan(const struct plan *plan, const char *tests)
{
	bool inserted[ARRAY_SIZE(plan->modules)];
	const struct plan_module *missing;
	struct ledger before, now;
	unsigned int processes;

	missing = modules_up(plan, tests, inserted);
	if (missing)
		return skip_topic("needs the module %s", module_missing(missing->name, tests));
	splats_begin(tests);
	ledger_take(&before);
	processes = run_all(plan, tests);
	settle_ledger(&before, &now);
	judge_pins(&before, &now);
	judge_rest(&before, &now, processes);
	splats_judge();
	ledger_restore(&before, &now);
	modules_down(plan, tests, inserted);
	ledger_free(&before);
	ledger_free(&now);
	return results_end();
}

/* Orphaned processes become children of this one, and reap_descendants() waits for their ends. */
static void become_subreaper(void)
{
	sigset_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
}

int main(int argc, char **argv)
{
	const char *filter = getenv(ENV_FILTER);
	char *slash = argc == 2 ? strrchr(argv[1], '/') : NULL;
	struct plan plan;
	unsigned int line;
	int code, error;

	if (!slash) {
		fprintf(stderr, "%s: wants the path of a script\n", argv[0]);
		return EXIT_WRONG;
	}
	error = plan_read(&plan, argv[1], &line);
	if (error) {
		fprintf(stderr, "%s:%u: %s\n", argv[1], line, strerror(-error));
		return EXIT_WRONG;
	}
	if (filter && !topic_may_be_chosen(plan.topic, filter))
		return EXIT_SKIP;
	report_to(STDOUT_FILENO);
	become_subreaper();
	*slash = '\0';
	machine_up(argv[1]);
	results_begin(plan.topic, argv[1]);
	code = skip_what_cannot_run(&plan) ?: run_plan(&plan, argv[1]);
	plan_free(&plan);
	return code;
}
