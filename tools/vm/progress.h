/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person sees while the guest runs: one updating line on a terminal, else a line a topic. */
#ifndef PINCHECK_VM_PROGRESS_H
#define PINCHECK_VM_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>
#include "../lib/ktap.h"

struct suite;
struct topic;

/**
 * struct progress - @out: NULL to say nothing, @live: it is a terminal
 */
struct progress {
	FILE *out;
	bool live;
	bool line_open;
	double start;
	double shown;
};

void progress_init(struct progress *progress);

/** progress_init_beside() - to standard error: standard output is the guest's */
void progress_init_beside(struct progress *progress);

/* Say something for good: takes the updating line away first. */
void progress_say(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void progress_phase(struct progress *progress, const char *what);
void progress_topic_begins(struct progress *progress, const char *name);
void progress_topic_ended(struct progress *progress, const struct topic *topic,
			  const struct ktap_test *test);
void progress_case(struct progress *progress, const struct suite *suite,
		   const struct topic *topic, const struct ktap_test *test);
void progress_splat(struct progress *progress, const char *message);
void progress_end(struct progress *progress);

#endif
