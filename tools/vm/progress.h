/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person sees while the guest runs: one updating line on a terminal, else a line a topic. */
#ifndef PINCHECK_VM_PROGRESS_H
#define PINCHECK_VM_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>
#include "suite.h"

/**
 * struct progress - what is on the screen
 * @live: it is a terminal
 * @line_open: the updating line is there
 * @start: of the run, by the host's clock
 * @shown: when the updating line was written
 */
struct progress {
	FILE *out;
	bool live;
	bool line_open;
	double start;
	double shown;
};

void progress_init(struct progress *progress);

/** progress_init_beside() - print to standard error, because the guest has standard output */
void progress_init_beside(struct progress *progress);

/* Remove the updating line, then print a line that stays. */
void progress_say(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void progress_phase(struct progress *progress, const char *what);
void progress_end(struct progress *progress);

/** progress_ops - prints the events of a suite; the context is a struct progress */
extern const struct suite_ops progress_ops;

#endif
