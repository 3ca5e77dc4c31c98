// SPDX-License-Identifier: GPL-2.0-only
/* A file of a report, which appears as a whole or not at all. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/directory.h"
#include "commands.h"
#include "output.h"
#include "text.h"

static _Noreturn void end_without_output(const char *path)
{
	errx(EXIT_USAGE, "cannot write %s: %s. Give another directory: --output DIR", path,
	     strerror(errno));
}

void output_open(struct output *output, const char *directory, const char *file)
{
	int error;

	*output = (struct output) { .to = stdout };
	if (!strcmp(directory, "-"))
		return;
	error = make_directories(directory);
	if (error)
		errx(EXIT_USAGE, "cannot make the directory %s: %s. Give another: --output DIR",
		     directory, strerror(-error));
	output->path = format_of("%s/%s", directory, file);
	output->partial = format_of("%s.partial", output->path);
	output->to = fopen(output->partial, "we");
	if (!output->to)
		end_without_output(output->partial);
}

void output_close(struct output *output)
{
	if (ferror(output->to) | fflush(output->to))
		end_without_output(output->path ? output->path : "standard output");
	if (!output->path)
		return;
	if (fclose(output->to) || rename(output->partial, output->path))
		end_without_output(output->path);
	free(output->path);
	free(output->partial);
}
