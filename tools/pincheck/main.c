// SPDX-License-Identifier: GPL-2.0-only
/* pincheck: ask the device, check the machine, show results. */
#include <stdio.h>
#include <string.h>
#include "pincheck.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} subcommands[] = {
	{ "info",	info_command,	"what the loaded module offers, and what it holds now" },
	{ "doctor",	doctor_command,	"what this machine lacks, and the command that mends it" },
	{ "model",	model_command,	"by which reuse model this kernel decides between reuse and copy" },
	{ "hold",	hold_command,	"hold pages as a device would, and tell which they are" },
	{ "page",	page_command,	"all that is known of pages" },
	{ "watch",	watch_command,	"the pages of a process, told again as they change" },
	{ "scan",	scan_command,	"pages of the machine that look pinned, or are held by nobody known" },
	{ "bench",	bench_command,	"what the module costs beside what the kernel costs" },
	{ "demo",	demo_command,	"a dozen telling scenarios of a finished run, as a table" },
};

/* Its own name is what a subcommand calls itself by in its --help. */
static int run(const struct subcommand *subcommand, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "pincheck %s", subcommand->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return subcommand->run(argc, argv);
}

static int usage(FILE *to, int code)
{
	fprintf(to, "usage: pincheck SUBCOMMAND [--help]\n");
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		fprintf(to, "  %-8s %s\n", subcommands[i].name, subcommands[i].what);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"))
		return usage(stdout, 0);
	if (!strcmp(argv[1], "--version"))
		return puts(argp_program_version) < 0 ? EXIT_USAGE : 0;
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		if (!strcmp(argv[1], subcommands[i].name))
			return run(&subcommands[i], argc - 1, argv + 1);
	}
	fprintf(stderr, "pincheck: no subcommand '%s'\n", argv[1]);
	return usage(stderr, EXIT_USAGE);
}
