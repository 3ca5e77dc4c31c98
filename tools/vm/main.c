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
#include "devices.h"
#include "guestfs.h"
#include "kvm.h"
#include "machine.h"
#include "options.h"
#include "record.h"
#include "shell.h"
#include "splat.h"
#include "suite.h"
#include "summary.h"
#include "util.h"
#include "verdict.h"

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

static int run_suite(struct run *run)
{
	struct machine machine;
	struct verdict verdict;
	struct suite suite;

	if (boot_run(run, &machine, &suite, NULL))
		return EXIT_RUNNER;
	verdict_of(&verdict, &suite, &machine, run->options);
	summary_print(&suite, &machine, &verdict, run->options->results);
	if (record_write(run, &suite, &machine, &verdict))
		verdict.code = EXIT_RUNNER;
	suite_free(&suite);
	return verdict.code;
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
		fprintf(options->shell ? stderr : stdout,
			"KVM is not usable here, emulating instead (slower): %s\n", note);
	emulated = run->accel == ACCEL_TCG;
	return guestfs_build(options, emulated, boot_topic_seconds(options, emulated), initrd);
}

int main(int argc, char **argv)
{
	struct options options;
	struct run run = { .options = &options };
	char *initrd, *shell_log;
	char note[512];
	int code = EXIT_RUNNER;

	options_parse(&options, argc, argv);
	options.needs = devices_needs(&options);
	if (options.shell)
		options.script = shell_script();
	initrd = format_text("%s/initramfs.cpio", options.results);
	shell_log = format_text("%s/shell.log", options.results);
	if (!prepare(&run, note, sizeof(note), initrd)) {
		run.argv = qemu_argv(&options, run.accel, initrd,
				     options.shell && !options.script ? shell_log : NULL);
		for (char **word = run.argv; options.verbose && *word; word++)
			fprintf(stderr, strchr(*word, ' ') ? "'%s'%c" : "%s%c", *word,
				word[1] ? ' ' : '\n');
		code = options.shell ? shell_run(&run) : run_suite(&run);
		qemu_argv_free(run.argv);
	}
	free(initrd);
	free(shell_log);
	return code;
}
