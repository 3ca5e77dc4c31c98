/* SPDX-License-Identifier: GPL-2.0-only */
/* A test program's output on its way into the result stream. */
#ifndef PINCHECK_VM_KTAP_FORWARD_H
#define PINCHECK_VM_KTAP_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct forward - what went through
 * @planned: -1 until the plan line
 * @skip_reason: text of "1..0 # SKIP text"
 * @terse: pass on result lines, and the diagnostics of those that say "not ok"
 * @held: diagnostics that wait for their result; those that do not fit are lost
 * @partial: the line that has not ended yet
 */
struct forward {
	long planned;
	unsigned int results;
	char skip_reason[128];
	bool terse;
	char held[16384];
	size_t held_length;
	char partial[4096];
	size_t partial_length;
};

void forward_begin(struct forward *forward, bool terse);

/* Pass on the bytes that the pipe @fd has now. Return: false at its end */
bool forward_from(struct forward *forward, int fd);

/* After the program has ended: pass an unfinished line on, but not as a result. */
void forward_end(struct forward *forward);

#endif
