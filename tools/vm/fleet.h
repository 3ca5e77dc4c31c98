/* SPDX-License-Identifier: GPL-2.0-only */
/* The guests of a run, several at a time. */
#ifndef PINCHECK_VM_FLEET_H
#define PINCHECK_VM_FLEET_H

#include <stdbool.h>
#include <stddef.h>

struct boot;
struct machine;
struct progress;
struct run;
struct suite;

/**
 * struct fleet - all guests of a run
 * @boots: one for each guest
 * @turn: the guest that is heard: results and messages come in the order of the guests
 * @end: the first guest that panicked or hung, or the number of guests: only guests before it start
 * @memory_mib: for guests that are up at once
 */
struct fleet {
	struct run *run;
	struct boot *boots;
	struct progress *progress;
	size_t turn;
	size_t end;
	long memory_mib;
};

/**
 * fleet_run() - run all guests
 * @suite: gets their results
 *
 * Behind a guest that panicked or hung no other one starts, and those that did are not heard.
 *
 * Return: 0, or -1, having complained
 */
int fleet_run(struct fleet *fleet, struct run *run, struct suite *suite, struct progress *progress);

/** fleet_last_machine() - that of the guest that was heard last: its end is the end of the run */
const struct machine *fleet_last_machine(const struct fleet *fleet);

void fleet_free(struct fleet *fleet);

#endif
