/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of many machines: which runs are one, how columns are named and ordered, and their groups. */
#ifndef PINCHECK_REPORT_MERGE_COLUMN_H
#define PINCHECK_REPORT_MERGE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <jansson.h>

/* More columns than these are read in groups, and the evidence of what passes is not kept. */
#define MANY_COLUMNS	12

/**
 * struct merge_run - a directory with results
 * @path: of the directory
 * @kernel: its name in the matrix
 * @release: of Linux, or ""
 * @architecture: or ""
 * @column: name of the column that it is a part of
 * @time: when the run ended
 */
struct merge_run {
	char *path;
	char *kernel;
	char *release;
	char *architecture;
	char *column;
	time_t time;
	json_t *json;
};

/** merge_run_load() - Return: false if @path has no results */
bool merge_run_load(struct merge_run *run, const char *path, const char *kernel);
void merge_run_free(struct merge_run *run);

/**
 * merge_name_columns() - sort @runs by series, architecture and release, and name the column of each
 *
 * Runs of one kernel, release and architecture share a column: KERNEL, or KERNEL@RELEASE where releases
 * share the name KERNEL, with .ARCHITECTURE where architectures do.
 */
void merge_name_columns(struct merge_run *runs, size_t count);

/** merge_compare_releases() - Return: negative if @left is earlier, positive if it is later */
int merge_compare_releases(const char *left, const char *right);

/** merge_group() - "6.12 ARCHITECTURE": releases of a series on it. Return: to be freed */
char *merge_group(const char *release, const char *architecture);

#endif
