/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run comes to. */
#ifndef PINCHECK_VM_VERDICT_H
#define PINCHECK_VM_VERDICT_H

#include "../lib/exit_code.h"

struct suite;
struct machine;
struct options;

/**
 * struct verdict - the code, its name in run.json, and one line for a person
 * @next: what to do now, "" if nothing
 */
struct verdict {
	enum exit_code code;
	const char *name;
	char reason[512];
	char next[512];
};

/** verdict_of() - judge a finished run; the worst that happened wins */
void verdict_of(struct verdict *verdict, const struct suite *suite, const struct machine *machine,
		const struct options *options);

#endif
