/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Experiments on reuse: a page is brought into a situation in which the reuse models disagree. The
 * device reports what each predicts, the page is written, and its page frame number shows who was right.
 */
#ifndef PINCHECK_EXPERIMENT_H
#define PINCHECK_EXPERIMENT_H

#include <stdbool.h>
#include <sys/types.h>
#include "tools/lib/usermem.h"

#define STEPS	4

struct experiment;

/**
 * struct situation - what is done to the page before it is written
 * @name: a word, for tables
 * @what: a sentence, for people
 * @needs: enum usermem_trait, that the memory must have
 * @steps: are done in this order; each returns 0 or a negative errno
 */
struct situation {
	const char *name;
	const char *what;
	unsigned int needs;

	int (*steps[STEPS])(struct experiment *experiment);
};

/**
 * struct experiment - an experiment, and its result
 * @memory: made for this experiment; its first page is written
 * @child: process that shares the memory; 0: none
 * @channel: socket to the child, which stays until it is closed; -1: none
 * @pipe: that pages are spliced into; -1: none
 * @report: of the page before the write
 * @after: page frame number after the write
 * @faults: page faults of the write
 */
struct experiment {
	const struct situation *situation;
	struct usermem memory;
	pid_t child;
	int channel;
	int pipe[2];
	struct pincheck_report report;
	__u64 after;
	long faults;
};

/** situations() - all situations, @count of them */
const struct situation *situations(size_t *count);

/** experiment_run() - make an experiment. Return: 0, or a negative errno: there is no result */
int experiment_run(struct experiment *experiment, const struct situation *situation,
		   const struct usermem_kind *kind);

/** experiment_reused() - was the page reused? */
static inline bool experiment_reused(const struct experiment *experiment)
{
	return experiment->after == experiment->report.pfn;
}

#endif
