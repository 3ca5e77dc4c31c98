// SPDX-License-Identifier: GPL-2.0-only
/* pincheck-vm: run any kernel image with the module and the suite in QEMU. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../lib/directory.h"
#include "guestfs.h"
#include "kvm.h"
#include "machine.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "splat.h"
#include "suite.h"
#include "summary.h"
#include "util.h"
#include "verdict.h"

#define BOOTS_MAX	2

/* Emulation is that much slower than what the defaults are meant for. */
#define SLOWDOWN		3
#define BOOT_SECONDS		20
#define TOPIC_SECONDS		120
#define TEST_SECONDS		600
/* The guest ends an overdue topic by itself; past this, it no longer can. */
#define TOPIC_GRACE_SECONDS	60

static long scaled(long given, long normal, bool emulated)
{
	return given ? given : emulated ? normal * SLOWDOWN : normal;
}

static long topic_seconds(const struct options *options, bool emulated)
{
	return scaled(options->topic_deadline, TOPIC_SECONDS, emulated);
}

static struct limits limits_of(const struct options *options, bool emulated)
{
	double boot = (double)scaled(options->boot_deadline, BOOT_SECONDS, emulated);

	return (struct limits){
		.boot = boot,
		.boot_total = boot * 5,
		.topic = (double)(topic_seconds(options, emulated) + TOPIC_GRACE_SECONDS),
		.test = (double)scaled(options->test_deadline, TEST_SECONDS, emulated),
	};
}

static FILE *open_log(const struct options *options, const char *name)
{
	char *path = format_text("%s/%s", options->results, name);
	FILE *log = fopen(path, "we");

	if (!log)
		complain("cannot write %s: %s", path, strerror(errno));
	free(path);
	return log;
}

/* What an earlier run left must not be taken for this one's. */
static void remove_old_record(const struct options *options)
{
	static const char *const names[] = { "run.json", "console.stalled.log" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = format_text("%s/%s", options->results, names[i]);

		unlink(path);
		free(path);
	}
}

/* The console of a boot that stalled is the only trace of it: keep it beside the next one. */
static void keep_stalled_console(const struct options *options)
{
	char *from = format_text("%s/console.log", options->results);
	char *to = format_text("%s/console.stalled.log", options->results);

	rename(from, to);
	free(from);
	free(to);
}

static int boot_once(const struct run *run, struct machine *machine, struct suite *suite,
		     struct progress *progress)
{
	const struct options *options = run->options;

	*machine = (struct machine){
		.limits = limits_of(options, run->accel == ACCEL_TCG), .suite = suite,
		.results_log = open_log(options, "results.ktap"),
	};
	machine->console.log = open_log(options, "console.log");
	machine->console.echo = options->verbose;
	if (!machine->results_log || !machine->console.log || suite_init(suite, progress))
		return -1;
	progress_phase(progress, "booting");
	machine_run(machine, run->argv);
	progress_end(progress);
	fclose(machine->results_log);
	fclose(machine->console.log);
	return 0;
}

/*
 * What befalls an emulated boot now and then, and says nothing of the kernel: once more is fair, if
 * it is said. One boot in eleven of 7.3 stalled; one in a hundred panics by an int3 that QEMU did
 * not forget in time, see Documentation/emulation.md.
 */
static bool deserves_another_boot(const struct run *run, const struct machine *machine,
				  const struct suite *suite, struct progress *progress)
{
	if (run->boots == BOOTS_MAX)
		return false;
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

static int run_suite(struct run *run)
{
	const struct options *options = run->options;
	struct progress progress;
	struct machine machine;
	struct verdict verdict;
	struct suite suite;

	progress_init(&progress);
	progress_say(&progress, "booting %s%s%s (%s)", options->name, options->package ? " " : "",
		     options->package ?: "", run->accel == ACCEL_KVM ? "KVM" : "emulated");
	for (run->boots = 1; ; run->boots++) {
		if (boot_once(run, &machine, &suite, &progress))
			return EXIT_RUNNER;
		if (!deserves_another_boot(run, &machine, &suite, &progress))
			break;
		keep_stalled_console(options);
		suite_free(&suite);
	}
	verdict_of(&verdict, &suite, &machine, options);
	summary_print(&suite, &machine, &verdict, options->results);
	if (record_write(run, &suite, &machine, &verdict))
		verdict.code = EXIT_RUNNER;
	suite_free(&suite);
	return verdict.code;
}

static int run_shell(const struct run *run)
{
	struct qemu qemu;
	int status;

	puts("A prompt comes in some seconds. `exit` ends the machine, Ctrl-A X kills it.");
	if (qemu_start(&qemu, run->argv, true))
		return EXIT_RUNNER;
	waitpid(qemu.pid, &status, 0);
	qemu.pid = -1;
	qemu_stop(&qemu);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? EXIT_PASS : EXIT_RUNNER;
}

/* Held until this process ends: two runs must not write into one another. */
static int lock_results(const struct options *options)
{
	int directory = open(options->results, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory >= 0 && !flock(directory, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		complain("another run writes to %s. Wait for it, or choose another: --results DIR",
			 options->results);
	else
		complain("cannot lock %s: %s", options->results, strerror(errno));
	return -1;
}

static int prepare(struct run *run, char *note, size_t size, const char *initrd)
{
	const struct options *options = run->options;
	int error = make_directories(options->results);
	bool emulated;

	if (error) {
		complain("cannot make %s: %s. Choose another: --results DIR", options->results,
			 strerror(-error));
		return -1;
	}
	if (lock_results(options))
		return -1;
	if (!options->shell)
		remove_old_record(options);
	if (options->splats_allowed)
		splat_allow_from(options->splats_allowed);
	run->accel = kvm_choose(options, note, size);
	run->accel_note = note;
	if (*note)
		printf("KVM is not usable here, emulating instead (slower): %s\n", note);
	emulated = run->accel == ACCEL_TCG;
	return guestfs_build(options, emulated, topic_seconds(options, emulated), initrd);
}

int main(int argc, char **argv)
{
	struct options options;
	struct run run = { .options = &options };
	char *initrd, *shell_log;
	char note[512];
	int code = EXIT_RUNNER;

	options_parse(&options, argc, argv);
	initrd = format_text("%s/initramfs.cpio", options.results);
	shell_log = format_text("%s/shell.log", options.results);
	if (!prepare(&run, note, sizeof(note), initrd)) {
		run.argv = qemu_argv(&options, run.accel, initrd,
				     options.shell ? shell_log : NULL);
		for (char **word = run.argv; options.verbose && *word; word++)
			fprintf(stderr, strchr(*word, ' ') ? "'%s'%c" : "%s%c", *word,
				word[1] ? ' ' : '\n');
		code = options.shell ? run_shell(&run) : run_suite(&run);
		qemu_argv_free(run.argv);
	}
	free(initrd);
	free(shell_log);
	return code;
}
