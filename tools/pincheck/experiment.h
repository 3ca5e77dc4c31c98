/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Experiments on reuse: a page is brought into a situation in which the reuse models disagree,
 * each is asked what the next write will do, the page is written, and the page frame tells.
 */
#ifndef PINCHECK_EXPERIMENT_H
#define PINCHECK_EXPERIMENT_H

#include <stdbool.h>
#include <sys/types.h>
#include "tools/lib/usermem.h"

#define STEPS	4

struct experiment;

/**
 * struct situation - a row: what is done to the page before it is written
 * @name: for tables
 * @what: for people
 * @needs: enum usermem_trait, without which it makes no sense
 * @steps: in their order; each returns 0 or a negative errno
 */
struct situation {
	const char *name;
	const char *what;
	unsigned int needs;

	int (*steps[STEPS])(struct experiment *experiment);
};

/**
 * struct experiment - one, and what came of it
 * @situation: its row
 * @memory: made for it alone; its first page is the one that is written
 * @child: that shares the memory, 0 if none
 * @channel: to the child: it lives as long as this is open; -1 if none
 * @tube: a pipe that pages are spliced into; -1 if none
 * @report: of the page before the write
 * @after: page frame number after it
 * @faults: that the write took; 0: it was let through before
 */
struct experiment {
	const struct situation *situation;
	struct usermem memory;
	pid_t child;
	int channel;
	int tube[2];
	struct pincheck_report report;
	__u64 after;
	long faults;
};

/** situations() - all rows, @count of them */
const struct situation *situations(size_t *count);

/** experiment_run() - do it and clean up. Return: 0, or a negative errno: nothing came of it */
int experiment_run(struct experiment *experiment, const struct situation *situation,
		   const struct usermem_kind *kind);

/** experiment_reused() - was the page reused? */
static inline bool experiment_reused(const struct experiment *experiment)
{
	return experiment->after == experiment->report.pfn;
}

#endif
