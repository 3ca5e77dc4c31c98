/* SPDX-License-Identifier: GPL-2.0-only */
/* Two sets of runs, of yesterday and of today: which runs are to be compared. */
#ifndef PINCHECK_REPORT_MERGE_SETS_H
#define PINCHECK_REPORT_MERGE_SETS_H

#include <stddef.h>

/**
 * struct merge_pair - two runs
 * @name: of the later one; of both, where the names differ
 * @before: path of its directory, like @after
 */
struct merge_pair {
	char *name;
	char *before;
	char *after;
};

/**
 * merge_pair_sets() - for each run below @after, the one below @before that it is to be compared with
 *
 * That is the run in the directory of the same name, or else the last earlier release of the same kernel,
 * series and architecture. Runs that have no counterpart are named on standard error.
 *
 * Return: the number of @pairs, which are for merge_pairs_free()
 */
size_t merge_pair_sets(const char *before, const char *after, struct merge_pair **pairs);
void merge_pairs_free(struct merge_pair *pairs, size_t count);

#endif
