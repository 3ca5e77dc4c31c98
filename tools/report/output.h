/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of a report: there whole, or not at all. */
#ifndef PINCHECK_REPORT_OUTPUT_H
#define PINCHECK_REPORT_OUTPUT_H

#include <stdio.h>

struct output {
	FILE *to;
	char *path;
	char *partial;
};

/**
 * output_open() - begin @directory/@file, and make @directory; a directory of "-" is standard output
 */
void output_open(struct output *output, const char *directory, const char *file);

/** output_close() - put it in place; what cannot be written ends the program */
void output_close(struct output *output);

#endif
