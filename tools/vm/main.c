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
#include "boot.h"
#include "guestfs.h"
#include "guests.h"
#include "kvm.h"
#include "machine.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "shell.h"
#include "splat.h"
#include "suite.h"
#include "summary.h"
#include "util.h"
#include "verdict.h"

/* Nobody must take files of an earlier run for those of this one. */
static void remove_old_record(const struct options *options)
{
	static const char *const names[] = { "run.json", "console.stalled.log" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = format_text("%s/%s", options->results, names[i]);

		unlink(path);
		free(path);
	}
}

/* The lock lasts until this process ends. Two runs must not write to the same directory. */
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

static int prepare(struct run *run, char *note, size_t size)
{
	const struct options *options = run->options;
	int error = make_directories(options->results);

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
		fprintf(options->shell ? stderr : stdout,
			"KVM is not usable here, emulating instead (slower): %s\n", note);
	return 0;
}

static void print_argv(char *const *argv)
{
	for (; *argv; argv++)
		fprintf(stderr, strchr(*argv, ' ') ? "'%s'%c" : "%s%c", *argv,
			argv[1] ? ' ' : '\n');
}

/* Build the initramfs and the command line of @guest. @options: its own, see guest_options() */
static int prepare_guest(struct run *run, struct guest *guest, const struct options *options)
{
	char *initrd = format_text("%s/initramfs.cpio", options->results);
	char *shell_log = format_text("%s/shell.log", options->results);
	int error;

	run->guest = guest;
	error = guestfs_build(options, guest, run->guests->results, run->accel == ACCEL_TCG,
			      initrd);
	if (!error)
		guest->argv = qemu_argv(options, run->accel, initrd,
					options->shell && !options->script ? shell_log : NULL);
	if (!error && options->verbose)
		print_argv(guest->argv);
	free(initrd);
	free(shell_log);
	return error;
}

static bool guest_came_to_its_end(const struct machine *machine, const struct suite *suite)
{
	return machine->end == END_BY_ITSELF && suite->ended && !*machine->console.panic;
}

/* Run guest after guest. After a guest that panicked or hung, no other one starts. */
static int run_guests(struct run *run, struct guests *guests, struct machine *machine,
		      struct suite *suite, struct progress *progress)
{
	const struct options *common = run->options;
	bool goes_on = true;

	for (size_t i = 0; i < guests->count && goes_on; i++) {
		struct options own = guest_options(&guests->guests[i], common);

		run->options = &own;
		if (prepare_guest(run, &guests->guests[i], &own) ||
		    boot_run(run, machine, suite, NULL, progress))
			return -1;
		run->options = common;
		goes_on = guest_came_to_its_end(machine, suite);
		if (goes_on && *machine->console.splat && !suite->splat)
			suite_note_splat(suite, machine->console.splat);
	}
	suite_finish(suite);
	return 0;
}

static int run_suite(struct run *run, struct guests *guests)
{
	struct progress progress;
	struct machine machine;
	struct verdict verdict;
	struct suite suite;

	progress_init(&progress);
	if (run_guests(run, guests, &machine, &suite, &progress))
		return EXIT_USAGE;
	verdict_of(&verdict, &suite, &machine, run->options);
	summary_print(run, &suite, &machine, &verdict);
	if (record_write(run, &suite, &machine, &verdict))
		verdict.code = EXIT_USAGE;
	suite_free(&suite);
	return verdict.code;
}

static int run_shell(struct run *run, struct guest *guest)
{
	struct options own = guest_options(guest, run->options);

	run->options = &own;
	return prepare_guest(run, guest, &own) ? EXIT_USAGE : shell_run(run);
}

int main(int argc, char **argv)
{
	struct options options;
	struct guests guests;
	struct run run = { .options = &options, .guests = &guests };
	char note[512];
	int code = EXIT_USAGE;

	options_parse(&options, argc, argv);
	if (options.shell)
		options.script = shell_script();
	if (!guests_plan(&guests, &options) && !prepare(&run, note, sizeof(note)))
		code = options.shell ? run_shell(&run, &guests.guests[0]) :
		       run_suite(&run, &guests);
	guests_free(&guests);
	return code;
}
