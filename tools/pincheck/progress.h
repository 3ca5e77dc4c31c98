/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on the terminal that shows how far the command is, after the first second. */
#ifndef PINCHECK_PROGRESS_H
#define PINCHECK_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct progress - the line
 * @began: seconds of the clock when the work began
 * @last: when the line was printed last; 0: it was not
 * @terminal: is standard error a terminal?
 */
struct progress {
	double began;
	double last;
	bool terminal;
};

void progress_begin(struct progress *progress);

/** progress_show() - @done of @all are done: print the line, unless that is too early or too soon */
void progress_show(struct progress *progress, const char *what, double done, double all);

/** progress_end() - remove the line */
void progress_end(struct progress *progress);

#endif
