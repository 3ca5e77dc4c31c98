// SPDX-License-Identifier: GPL-2.0-only
/* A file of a report: there whole, or not at all. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "output.h"
#include "text.h"

void output_open(struct output *output, const char *directory, const char *file)
{
	*output = (struct output) { .to = stdout };
	if (!strcmp(directory, "-"))
		return;
	output->path = format_of("%s/%s", directory, file);
	output->partial = format_of("%s.partial", output->path);
	output->to = fopen(output->partial, "we");
	if (!output->to)
		err(EXIT_USAGE, "cannot write %s. Give another directory: --output DIR",
		    output->partial);
}

void output_close(struct output *output)
{
	if (ferror(output->to) | fflush(output->to))
		err(EXIT_USAGE, "cannot write %s", output->path ? output->path : "standard output");
	if (!output->path)
		return;
	if (fclose(output->to) || rename(output->partial, output->path))
		err(EXIT_USAGE, "cannot write %s", output->path);
	free(output->path);
	free(output->partial);
}
