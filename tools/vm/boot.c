// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest from power-on to its end. A boot that failed because of the emulator is tried once more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "boot.h"
#include "guests.h"
#include "machine.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "suite.h"
#include "util.h"

/* An emulated guest gets the default deadlines times this. */
#define SLOWDOWN		3
#define BOOT_SECONDS		20
#define TOPIC_SECONDS		120
#define TEST_SECONDS		1200
#define SHELL_SECONDS		(24 * 60 * 60)
/* The guest itself ends an overdue topic. After this time more, the guest must be stuck. */
#define TOPIC_GRACE_SECONDS	60

static long deadline_seconds(long given, long normal, bool emulated)
{
	return given ? given : emulated ? normal * SLOWDOWN : normal;
}

long boot_topic_seconds(const struct options *options, bool emulated)
{
	return deadline_seconds(options->topic_deadline, TOPIC_SECONDS, emulated);
}

static struct limits limits_of(const struct options *options, bool emulated)
{
	double boot = (double)deadline_seconds(options->boot_deadline, BOOT_SECONDS, emulated);
	struct limits limits = {
		.boot = boot,
		.boot_total = boot * 5,
		.topic = (double)(boot_topic_seconds(options, emulated) + TOPIC_GRACE_SECONDS),
		.test = (double)deadline_seconds(options->test_deadline, TEST_SECONDS, emulated),
	};

	/* Nobody knows how long the commands of a shell take. */
	if (options->shell) {
		limits.test = (double)(options->test_deadline ?: SHELL_SECONDS);
		limits.topic = limits.test;
	}
	return limits;
}

/* Guests of one run share the logs: a later one goes on where the one before it ended. */
static FILE *open_log(const struct run *run, const char *name)
{
	char *path = format_text("%s/%s", run->options->results, name);
	FILE *log = fopen(path, run->guest->number == 1 ? "we" : "ae");

	if (!log)
		complain("cannot write %s: %s", path, strerror(errno));
	free(path);
	return log;
}

/* The console is the only trace of a boot that stalled: keep it beside that of the next boot. */
static void keep_stalled_console(const struct options *options)
{
	char *from = format_text("%s/console.log", options->results);
	char *to = format_text("%s/console.stalled.log", options->results);

	rename(from, to);
	free(from);
	free(to);
}

static int begin_suite(const struct run *run, struct suite *suite, struct progress *progress)
{
	if (run->guest->number == 1)
		return suite_init(suite, &progress_ops, progress);
	suite_next_guest(suite);
	return 0;
}

static int boot_once(struct run *run, struct machine *machine, struct suite *suite,
		     struct shell *shell, struct progress *progress)
{
	const struct options *options = run->options;

	*machine = (struct machine){
		.limits = limits_of(options, run->accel == ACCEL_TCG), .suite = suite,
		.shell = shell,
		.results_log = open_log(run, "results.ktap"),
	};
	machine->console.log = open_log(run, "console.log");
	machine->console.echo = options->verbose;
	if (!machine->results_log || !machine->console.log || begin_suite(run, suite, progress))
		return -1;
	run->boots++;
	progress_phase(progress, "booting");
	machine_run(machine, run->guest->argv);
	progress_end(progress);
	if (run->guest->number == 1)
		run->started = machine->started;
	if (*machine->qmp.error)
		complain("%s", machine->qmp.error);
	fclose(machine->results_log);
	fclose(machine->console.log);
	return 0;
}

/*
 * Emulated boots sometimes fail for reasons unrelated to the kernel: retry once, and say so. One
 * boot in eleven of 7.3 stalled; one in a hundred panics by an int3 that QEMU did not forget in
 * time, see Documentation/emulation.md.
 */
static bool deserves_another_boot(const struct run *run, const struct machine *machine,
				  const struct suite *suite, struct progress *progress)
{
	if (machine->end == END_NO_PROGRESS) {
		progress_say(progress, "the boot stalled (nothing new for %.0f s), trying once more; "
			     "see console.stalled.log", machine->limits.boot);
		return true;
	}
	if (run->accel == ACCEL_TCG && machine->console.int3 && !suite->started) {
		progress_say(progress, "the emulator tripped over an int3 of the past, trying once "
			     "more; see console.stalled.log");
		return true;
	}
	return false;
}

static void say_boot(const struct run *run, struct progress *progress)
{
	const struct options *options = run->options;

	if (run->guest->number > 1)
		progress_say(progress, "booting once more, guest %u, for %s", run->guest->number,
			     run->guest->title);
	else
		progress_say(progress, "booting %s%s%s (%s)", options->name,
			     options->package ? " " : "", options->package ?: "",
			     run->accel == ACCEL_KVM ? "KVM" : "emulated");
}

int boot_run(struct run *run, struct machine *machine, struct suite *suite, struct shell *shell,
	     struct progress *progress)
{
	say_boot(run, progress);
	if (boot_once(run, machine, suite, shell, progress))
		return -1;
	if (!deserves_another_boot(run, machine, suite, progress))
		return 0;
	keep_stalled_console(run->options);
	/* Without a result of the guest yet, what came of a later one was diagnostics at most. */
	if (run->guest->number == 1)
		suite_free(suite);
	return boot_once(run, machine, suite, shell, progress);
}
