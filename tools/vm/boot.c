// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest from power-on to its end. A boot that failed because of the emulator is tried once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "boot.h"
#include "guestfs.h"
#include "guests.h"
#include "logs.h"
#include "progress.h"
#include "protocol.h"
#include "record.h"
#include "util.h"
#include "verdict.h"

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

/* Two guests may be up at once. The initramfs of the first one stays, for a person who tries its command line. */
static char *initrd_path(const struct boot *boot)
{
	const char *results = boot->options.results;

	if (boot->guest->number < 2)
		return format_text("%s/initramfs.cpio", results);
	return format_text("%s/initramfs.%u.cpio", results, boot->guest->number);
}

static void remove_initrd(const struct boot *boot)
{
	char *path = initrd_path(boot);

	if (boot->guest->number > 1)
		unlink(path);
	free(path);
}

static void print_argv(char *const *argv)
{
	for (; *argv; argv++)
		fprintf(stderr, strchr(*argv, ' ') ? "'%s'%c" : "%s%c", *argv,
			argv[1] ? ' ' : '\n');
}

int boot_prepare(const struct run *run, struct boot *boot, struct guest *guest)
{
	const struct options *options = &boot->options;
	char *initrd, *shell_log;
	int error;

	*boot = (struct boot){ .guest = guest, .options = guest_options(guest, run->options) };
	initrd = initrd_path(boot);
	shell_log = format_text("%s/shell.log", options->results);
	error = guestfs_build(options, guest, run->guests->results, run->accel == ACCEL_TCG, initrd);
	if (!error)
		guest->argv = qemu_argv(options, run->accel, initrd,
					options->shell && !options->script ? shell_log : NULL);
	if (!error && options->verbose)
		print_argv(guest->argv);
	free(initrd);
	free(shell_log);
	return error;
}

void boot_say(const struct run *run, const struct guest *guest, bool beside,
	      struct progress *progress)
{
	const struct options *options = run->options;

	if (guest->number > 1)
		progress_say(progress, "booting %s, guest %u, for %s",
			     beside ? "one more beside it" : "once more", guest->number, guest->title);
	else
		progress_say(progress, "booting %s%s%s (%s)", options->name,
			     options->package ? " " : "", options->package ?: "",
			     run->accel == ACCEL_KVM ? "KVM" : "emulated");
}

void boot_begin(struct run *run, struct boot *boot, struct shell *shell)
{
	boot->machine = (struct machine){
		.limits = limits_of(&boot->options, run->accel == ACCEL_TCG),
		.suite = &boot->suite, .shell = shell,
	};
	if (suite_init(&boot->suite, NULL, NULL)) {
		complain("out of memory");
		exit(EXIT_USAGE);
	}
	boot->tries++;
	run->boots++;
	machine_begin(&boot->machine, boot->guest->argv);
	if (!run->started)
		run->started = boot->machine.started;
}

/*
 * Emulated boots sometimes fail for reasons unrelated to the kernel: retry once, and say so. One
 * boot in eleven of 7.3 stalled; one in a hundred panics by an int3 that QEMU did not forget in
 * time, see Documentation/emulation.md.
 */
static bool deserves_another_boot(const struct run *run, const struct boot *boot,
				  struct progress *progress)
{
	const struct machine *machine = &boot->machine;

	if (boot->tries > 1)
		return false;
	if (machine->end == END_NO_PROGRESS) {
		progress_say(progress, "the boot stalled (nothing new for %.0f s), trying once more; "
			     "see console.stalled.log", machine->limits.boot);
		return true;
	}
	if (run->accel == ACCEL_TCG && machine->console.int3 && !boot->suite.started) {
		progress_say(progress, "the emulator tripped over an int3 of the past, trying once "
			     "more; see console.stalled.log");
		return true;
	}
	return false;
}

static void forget_try(struct boot *boot)
{
	machine_kill(&boot->machine);
	machine_free(&boot->machine);
	suite_free(&boot->suite);
}

void boot_look(struct run *run, struct boot *boot, struct logs *logs, struct progress *progress)
{
	struct shell *shell = boot->machine.shell;

	if (boot->over || !boot->machine.over)
		return;
	if (*boot->machine.qmp.error)
		complain("%s", boot->machine.qmp.error);
	if (!deserves_another_boot(run, boot, progress)) {
		boot->over = true;
		run->ended = boot->machine.ended;
		return;
	}
	logs_keep_stalled(logs, boot);
	forget_try(boot);
	boot_begin(run, boot, shell);
}

bool boot_came_to_its_end(const struct boot *boot)
{
	const struct machine *machine = &boot->machine;

	return boot->over && machine->end == END_BY_ITSELF && boot->suite.ended &&
	       !*machine->console.panic;
}

void boot_free(struct boot *boot)
{
	if (!boot->tries)
		return;
	forget_try(boot);
	remove_initrd(boot);
}
