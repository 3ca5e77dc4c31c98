/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict on a run. */
#ifndef PINCHECK_VM_VERDICT_H
#define PINCHECK_VM_VERDICT_H

#include "../lib/exit_code.h"

struct suite;
struct machine;
struct options;

/**
 * struct verdict - the code, its name in run.json, and one line for a person
 * @next: advice for the person, or ""
 */
struct verdict {
	enum exit_code code;
	const char *name;
	char reason[512];
	char next[512];
};

/** verdict_of() - judge a finished run; the worst event decides */
void verdict_of(struct verdict *verdict, const struct suite *suite, const struct machine *machine,
		const struct options *options);

#endif
