/* SPDX-License-Identifier: GPL-2.0-only */
/* Cases that have another name today: the table selftests/renamed. */
#ifndef PINCHECK_REPORT_RENAMES_H
#define PINCHECK_REPORT_RENAMES_H

struct renames;

/**
 * renames_read() - read a table of renames
 * @path: of the table; NULL: an empty table
 *
 * A line is OLD NEW, both in the parts that a dot separates: topic, variant, scenario. A part that
 * is * in both stands for any part and is kept; parts behind the last one of OLD are kept, too. The
 * first line that fits a case renames it. Empty lines, and lines that begin with #, are comments.
 *
 * A table that cannot be read ends the program with EXIT_USAGE and the reason.
 *
 * Return: the table, for renames_free().
 */
struct renames *renames_read(const char *path);

/** renames_apply() - Return: the name of today for the case @name, to be freed */
char *renames_apply(const struct renames *renames, const char *name);

void renames_free(struct renames *renames);

#endif
