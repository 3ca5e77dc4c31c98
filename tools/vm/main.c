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
#include "fleet.h"
#include "guests.h"
#include "kvm.h"
#include "options.h"
#include "pack.h"
#include "progress.h"
#include "record.h"
#include "resources.h"
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

static int prepare_run(struct run *run, char *note, size_t size)
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

static void judge_run(const struct run *run, const struct suite *suite,
		      const struct machine *machine, struct verdict *verdict)
{
	verdict_of(verdict, suite, machine, run->options);
	summary_print(run, suite, machine, verdict);
	if (record_write(run, suite, verdict))
		verdict->code = EXIT_USAGE;
}

static int run_suite(struct run *run)
{
	struct verdict verdict = { .code = EXIT_USAGE };
	struct progress progress;
	struct suite suite = { 0 };
	struct fleet fleet;

	progress_init(&progress);
	if (!fleet_run(&fleet, run, &suite, &progress))
		judge_run(run, &suite, fleet_last_machine(&fleet), &verdict);
	fleet_free(&fleet);
	suite_free(&suite);
	return verdict.code;
}

/* A guest waits for a fifth of its time: one more than there are processors keeps them busy. */
static long guests_of_processors(long processors)
{
	return processors > 1 ? processors + 1 : 1;
}

int main(int argc, char **argv)
{
	struct options options;
	struct guests guests;
	struct run run = { .options = &options, .guests = &guests };
	char note[512];
	int code = EXIT_USAGE;

	options_parse(&options, argc, argv);
	if (options.pack)
		return pack_run(&options);
	if (options.shell)
		options.script = shell_script();
	else if (!options.guests)
		options.guests = guests_of_processors(resources_processors());
	if (!guests_plan(&guests, &options) && !prepare_run(&run, note, sizeof(note)))
		code = options.shell ? shell_run(&run) : run_suite(&run);
	guests_free(&guests);
	return code;
}
