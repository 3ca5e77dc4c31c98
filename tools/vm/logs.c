// SPDX-License-Identifier: GPL-2.0-only
/* What the guests of a run said, in the order of the guests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "boot.h"
#include "logs.h"
#include "util.h"

static FILE *open_log(const char *directory, const char *name)
{
	char *path = format_text("%s/%s", directory, name);
	FILE *log = fopen(path, "we");

	if (!log)
		complain("cannot write %s: %s", path, strerror(errno));
	free(path);
	return log;
}

int logs_open(struct logs *logs, const struct options *options, struct suite *suite)
{
	*logs = (struct logs){
		.directory = options->results, .echo = options->verbose, .suite = suite,
		.results = open_log(options->results, "results.ktap"),
		.console = open_log(options->results, "console.log"),
	};
	if (logs->results && logs->console)
		return 0;
	logs_close(logs);
	return -1;
}

static void hear_console(void *context, const char *bytes, size_t length, double when)
{
	const struct logs *logs = context;

	(void)when;
	fwrite(bytes, 1, length, logs->console);
	fflush(logs->console);
	if (logs->echo)
		fwrite(bytes, 1, length, stderr);
}

static void hear_results(void *context, const char *bytes, size_t length, double when)
{
	const struct logs *logs = context;

	fwrite(bytes, 1, length, logs->results);
	fflush(logs->results);
	if (logs->suite)
		suite_feed(logs->suite, bytes, length, when);
}

void logs_hear(struct logs *logs, struct boot *boot)
{
	tape_play(&boot->machine.console_tape, hear_console, logs);
	if (boot->suite.booted || boot->over)
		tape_play(&boot->machine.results_tape, hear_results, logs);
}

void logs_next_guest(struct logs *logs)
{
	logs->console_began = ftell(logs->console);
	if (logs->suite)
		suite_next_guest(logs->suite);
}

/* If the guest had its turn, console.log has what it said. */
static void take_back_console(struct logs *logs, const struct tape *tape)
{
	if (!tape->next)
		return;
	fseek(logs->console, logs->console_began, SEEK_SET);
	if (ftruncate(fileno(logs->console), logs->console_began))
		complain("console.log has a boot that stalled, too: %s", strerror(errno));
}

void logs_keep_stalled(struct logs *logs, struct boot *boot)
{
	struct logs stalled = { .console = open_log(logs->directory, "console.stalled.log") };
	struct tape *tape = &boot->machine.console_tape;

	take_back_console(logs, tape);
	tape_rewind(tape);
	if (!stalled.console)
		return;
	tape_play(tape, hear_console, &stalled);
	fclose(stalled.console);
}

void logs_close(struct logs *logs)
{
	if (logs->results)
		fclose(logs->results);
	if (logs->console)
		fclose(logs->console);
}
