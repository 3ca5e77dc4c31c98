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
	{ "trace",	trace_command,	"each call that takes pins or gives them back, and how long it takes" },
	{ "leak",	leak_command,	"pins that a command, or a process, took and did not give back" },
	{ "map",	map_command,	"the memory of a process, as a picture" },
	{ "bench gup",	bench_gup_command, "the cost of the kernel's GUP calls, by path, memory and state" },
	{ "bench",	bench_command,	"the cost of the module, compared with that of the kernel" },
	{ "demo",	demo_command,	"the demo scenarios of a finished run, as a table" },
};

/* Return: how many of @argv are the words of @name; 0: not all words are there */
static int match_words(const char *name, int argc, char **argv)
{
	const char *second = strchr(name, ' ');
	size_t first = second ? (size_t)(second - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], name, first))
		return 0;
	if (!second)
		return 1;
	return argc > 1 && !strcmp(argv[1], second + 1) ? 2 : 0;
}

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
		fprintf(to, "  %-10s %s\n", subcommands[i].name, subcommands[i].what);
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
		int words = match_words(subcommands[i].name, argc - 1, argv + 1);

		if (words)
			return run_subcommand(&subcommands[i], argc - words, argv + words);
	}
	fprintf(stderr, "pincheck: no subcommand '%s'\n", argv[1]);
	return print_usage(stderr, EXIT_USAGE);
}
