// SPDX-License-Identifier: GPL-2.0-only
/*
 * The topics on a machine that somebody works with, for tools/run-host: KTAP on standard output.
 * The machine stays as it is, so topics find no device, no file system and no ZONE_MOVABLE of the
 * runner's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../protocol.h"
#include "../splat.h"
#include "../verdict.h"
#include "guest.h"

/* A machine may be as slow as an emulated guest. */
#define TOPIC_SECONDS	360
/* Top-level results beside those of the topics: clean; and insmod, with a module */
#define CLEAN_RESULT	1

void needs_up(unsigned int needs, const struct config *config)
{
	(void)needs;
	(void)config;
}

const char *needs_down(unsigned int needs, const struct config *config)
{
	(void)needs;
	(void)config;
	return NULL;
}

int main(int argc, char **argv)
{
	struct config config = { .topic_seconds = TOPIC_SECONDS, .guest = 1 };
	unsigned int topics;
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (argc != 4) {
		fputs("usage: topics-host MODULE|no TESTS SPLATS-ALLOWED (absolute paths; " ENV_FILTER
		      "= chooses cases). It is run by: sudo make selftests-host\n", stderr);
		return EXIT_USAGE;
	}
	config.without_module = !strcmp(argv[1], MODULE_NO);
	if (config.without_module)
		setenv(ENV_MODULE, MODULE_NO, 1);
	else
		snprintf(config.module, sizeof(config.module), "%s", argv[1]);
	snprintf(config.filter, sizeof(config.filter), "%s", getenv(ENV_FILTER) ?: "");
	config.tests = argv[2];
	siblings_offer(&config);
	dup2(nothing, STDIN_FILENO);
	report_to(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
	topics = topics_find(config.tests);
	config.plan = topics + CLEAN_RESULT + !config.without_module;
	if (!topics) {
		fprintf(stderr, "topics-host: no program in %s. Build them: make tests\n",
			config.tests);
		return EXIT_USAGE;
	}
	splat_allow_from(argv[3]);
	report_begin(&config);
	kmsg_open(true);
	if (chdir("/tmp"))
		report("the topics run in %s: no /tmp", getcwd(NULL, 0));
	run_topics(&config);
	return 0;
}
