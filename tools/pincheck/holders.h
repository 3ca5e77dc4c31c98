/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which driver holds a folio: what the kernel shows, and otherwise a guess by what the processes that map the
 * folio could hold it by. A folio that no process maps, or whose processes have nothing that holds memory,
 * is of a holder unknown.
 */
#ifndef PINCHECK_HOLDERS_H
#define PINCHECK_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/pincheck.h>
#include "tools/pincheck/owners.h"

/**
 * struct judgement - who holds a folio
 * @holder: names with commas between them, "a or b" for a guess among several, "unknown" for what nothing
 *	explains
 * @evidence: what says so
 * @guessed: a part of @holder is a guess
 * @unknown: a part of @holder is unknown
 */
struct judgement {
	char holder[96];
	char evidence[400];
	bool guessed;
	bool unknown;
};

/** holder_judge() - who holds the folio of @report, which @count owners map */
void holder_judge(const struct pincheck_report *report, const struct owner *owners, size_t count,
		  struct judgement *judgement);

/** holdings_free() - free what holder_judge() found out of @process */
void holdings_free(struct process *process);

#endif
