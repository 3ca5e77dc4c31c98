/* SPDX-License-Identifier: GPL-2.0-only */
/* first-bad.md: since which release of a series a scenario fails. */
#ifndef PINCHECK_REPORT_MERGE_FIRST_BAD_H
#define PINCHECK_REPORT_MERGE_FIRST_BAD_H

struct matrix;

/**
 * merge_write_first_bad() - write @output/first-bad.md
 *
 * The columns of @matrix are in order: by series, architecture and release.
 */
void merge_write_first_bad(const struct matrix *matrix, const char *output);

#endif
