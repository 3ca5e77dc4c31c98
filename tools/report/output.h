/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of a report, which appears as a whole or not at all. */
#ifndef PINCHECK_REPORT_OUTPUT_H
#define PINCHECK_REPORT_OUTPUT_H

#include <stdio.h>

struct output {
	FILE *to;
	char *path;
	char *partial;
};

/**
 * output_open() - begin @directory/@file, and make @directory; "-" is standard output
 */
void output_open(struct output *output, const char *directory, const char *file);

/** output_close() - give the file its name; an error of writing ends the program */
void output_close(struct output *output);

#endif
