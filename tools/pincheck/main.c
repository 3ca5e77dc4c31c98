// SPDX-License-Identifier: GPL-2.0-only
/* pincheck: the table of subcommands. */
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
	{ "model",	model_command,	"which reuse model this kernel follows" },
	{ "hold",	hold_command,	"hold pages as a device would, and print which pages they are" },
	{ "page",	page_command,	"everything that the kernel knows of a page" },
	{ "watch",	watch_command,	"the pages of a process, and each change of them" },
	{ "scan",	scan_command,	"pages of the machine that look pinned, or have unexplained references" },
	{ "bench",	bench_command,	"the cost of the module, compared with that of the kernel" },
	{ "demo",	demo_command,	"the demo scenarios of a finished run, as a table" },
};

/* argp prints argv[0] in usage and errors. */
static int run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "pincheck %s", subcommand->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return subcommand->run(argc, argv);
}

static int print_usage(FILE *to, int code)
{
	fprintf(to, "usage: pincheck SUBCOMMAND [--help]\n");
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		fprintf(to, "  %-8s %s\n", subcommands[i].name, subcommands[i].what);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return print_usage(stderr, EXIT_USAGE);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"))
		return print_usage(stdout, 0);
	if (!strcmp(argv[1], "--version"))
		return puts(argp_program_version) < 0 ? EXIT_USAGE : 0;
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		if (!strcmp(argv[1], subcommands[i].name))
			return run_subcommand(&subcommands[i], argc - 1, argv + 1);
	}
	fprintf(stderr, "pincheck: no subcommand '%s'\n", argv[1]);
	return print_usage(stderr, EXIT_USAGE);
}
