// SPDX-License-Identifier: GPL-2.0-only
/* The verdict on a run: the worst event decides. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../arch/arch.h"
#include "../lib/array.h"
#include "machine.h"
#include "options.h"
#include "suite.h"
#include "verdict.h"

/**
 * struct evidence - the input of a rule
 */
struct evidence {
	const struct suite *suite;
	const struct machine *machine;
	const struct options *options;
};

static void __attribute__((format(printf, 2, 3)))
set_reason(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, arguments);
	va_end(arguments);
}

static void __attribute__((format(printf, 2, 3)))
set_next(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->next, sizeof(verdict->next), format, arguments);
	va_end(arguments);
}

/*
 * QEMU printed an error and exited before the firmware printed a byte: the kernel is not to blame.
 */
static bool qemu_refused(const struct evidence *evidence)
{
	const struct machine *machine = evidence->machine;

	return machine->end == END_BY_ITSELF && *machine->errors && !machine->console.lines &&
	       !machine->console.length && evidence->options->accel != ACCEL_KVM;
}

static bool runner_error(const struct evidence *evidence, struct verdict *verdict)
{
	const struct options *options = evidence->options;

	set_reason(verdict, "QEMU did not start: %.300s", evidence->machine->errors);
	if (*options->qemu_args)
		set_next(verdict, "correct the words for QEMU: --qemu-args (QEMU_ARGS=) '%.200s'",
			 options->qemu_args);
	return evidence->machine->end == END_RUNNER_ERROR || qemu_refused(evidence);
}

/* Without a byte of results, init never ran: a panic then means that the kernel cannot boot. */
static bool no_boot(const struct evidence *evidence, struct verdict *verdict)
{
	const struct machine *machine = evidence->machine;
	const struct arch *arch = evidence->options->arch;

	if (evidence->suite->started)
		return false;
	if (*machine->console.panic)
		set_reason(verdict, "the kernel panicked while booting: %s",
			   machine->console.panic);
	else if (machine->end == END_NO_PROGRESS)
		set_reason(verdict, "the boot stalled: nothing new on the console for %.0f s",
			   machine->limits.boot);
	else
		set_reason(verdict, "QEMU ended before the guest reached userspace%s%.300s",
			   *machine->errors ? ": " : "", machine->errors);
	if (evidence->options->accel == ACCEL_KVM) {
		set_next(verdict, "KVM was forced, and may be broken here: try --accel tcg");
		return true;
	}
	set_next(verdict, "is the image for %s, with %s and CONFIG_BLK_DEV_INITRD? See it boot: the "
		 "same command with -v, or --shell", arch->name, arch->console_config);
	return true;
}

static const char *topic_name(const struct suite *suite)
{
	return suite->in_topic ? suite->topics[suite->topic_count - 1].name : "TOPIC";
}

/* The case, or else the topic, that was running */
static const char *place_of(const struct suite *suite)
{
	static char text[256];

	if (!suite->in_topic)
		return "outside the topics";
	if (*suite->running)
		snprintf(text, sizeof(text), "during %s", suite->running);
	else
		snprintf(text, sizeof(text), "during topic %s", topic_name(suite));
	return text;
}

static bool panic(const struct evidence *evidence, struct verdict *verdict)
{
	const struct machine *machine = evidence->machine;
	const struct suite *suite = evidence->suite;

	if (!*machine->console.panic && (suite->ended || machine->end != END_BY_ITSELF))
		return false;
	set_reason(verdict, "%s: %s", place_of(suite),
		   *machine->console.panic ? machine->console.panic :
		   "the guest ended without a panic message and without the end marker");
	set_next(verdict, "the trace is in console.log; run that topic alone with --filter '%s.*', "
		 "or try by hand with --shell", topic_name(suite));
	return true;
}

static bool timeout(const struct evidence *evidence, struct verdict *verdict)
{
	const struct machine *machine = evidence->machine;
	const struct suite *suite = evidence->suite;

	if (machine->end == END_NO_PROGRESS)
		set_reason(verdict, "the guest stopped talking before its tests began");
	else if (machine->end == END_TOPIC_DEADLINE)
		set_reason(verdict, "the guest no longer answers, %s", place_of(suite));
	else if (machine->end == END_TEST_DEADLINE)
		set_reason(verdict, "all topics together took more than %.0f s, %s",
			   machine->limits.test, place_of(suite));
	else if (suite->totals[KTAP_TIMEOUT])
		set_reason(verdict, "%u topics overran their deadline",
			   suite->totals[KTAP_TIMEOUT]);
	else
		return false;
	set_next(verdict, "results.ktap shows where it hung; --topic-deadline and --test-deadline "
		 "give more time");
	return true;
}

static bool splat(const struct evidence *evidence, struct verdict *verdict)
{
	const struct suite *suite = evidence->suite;
	const struct console *console = &evidence->machine->console;

	if (!suite->splat && !*console->splat)
		return false;
	set_reason(verdict, "%s", suite->splat ? suite->first_splat : console->splat);
	set_next(verdict, "the trace is in console.log and results.ktap; if it is known to be "
		 "harmless, name it in tools/vm/splats-allowed with the reason");
	return true;
}

static bool damaged(const struct evidence *evidence, struct verdict *verdict)
{
	const struct suite *suite = evidence->suite;

	set_reason(verdict, "the result stream is not whole: %s",
		   suite->problem_count ? suite->problems[0] : "");
	return suite->problem_count;
}

static bool failed(const struct evidence *evidence, struct verdict *verdict)
{
	unsigned int count = suite_failed(evidence->suite);

	set_reason(verdict, "%u failed", count);
	return count;
}

static bool nothing_chosen(const struct evidence *evidence, struct verdict *verdict)
{
	set_reason(verdict, "no test matches '%s'", evidence->options->filter ?: "");
	set_next(verdict, "names are topic.variant.scenario and the glob is for all of it; "
		 "names of an earlier run: grep -o 'ok [0-9]* .*' results.ktap");
	return evidence->options->filter && !evidence->suite->suite_cases;
}

static bool skip_only(const struct evidence *evidence, struct verdict *verdict)
{
	const struct suite *suite = evidence->suite;

	for (size_t i = 0; i < suite->case_count; i++)
		if (suite->cases[i].of_suite && suite->cases[i].outcome != KTAP_SKIP)
			return false;
	set_reason(verdict, "every test was skipped");
	set_next(verdict, "the reasons are above");
	return true;
}

static bool passed(const struct evidence *evidence, struct verdict *verdict)
{
	(void)evidence;
	set_reason(verdict, "every test passed");
	return true;
}

/* From the worst to the best. The first rule that holds is the verdict. */
static const struct {
	bool (*holds)(const struct evidence *evidence, struct verdict *verdict);
	enum exit_code code;
	const char *name;
} rules[] = {
	{ runner_error, EXIT_USAGE, "runner error" },
	{ no_boot, EXIT_NO_BOOT, "no boot" },
	{ panic, EXIT_PANIC, "panic" },
	{ timeout, EXIT_TIMEOUT, "timeout" },
	{ splat, EXIT_SPLAT, "splat" },
	{ damaged, EXIT_FAIL, "fail" },
	{ failed, EXIT_FAIL, "fail" },
	{ nothing_chosen, EXIT_USAGE, "runner error" },
	{ skip_only, EXIT_SKIP_ONLY, "skip only" },
	{ passed, EXIT_PASS, "pass" },
};

void verdict_of(struct verdict *verdict, const struct suite *suite, const struct machine *machine,
		const struct options *options)
{
	const struct evidence evidence = { suite, machine, options };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		*verdict = (struct verdict){ .code = rules[i].code, .name = rules[i].name };
		if (rules[i].holds(&evidence, verdict))
			return;
	}
}
