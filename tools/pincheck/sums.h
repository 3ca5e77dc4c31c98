/* SPDX-License-Identifier: GPL-2.0-only */
/* pincheck scan --by: folios that have something in common, summed up. */
#ifndef PINCHECK_SUMS_H
#define PINCHECK_SUMS_H

#include "tools/pincheck/found.h"
#include "tools/table/table.h"

struct grouping;
struct sums;

/** grouping_named() - the way of summing up that is named @name, or NULL */
const struct grouping *grouping_named(const char *name);

/** grouping_needs_owners() - does it need owners or holders? */
bool grouping_needs_owners(const struct grouping *grouping);

/** sum_columns() - of the table that sums_rows() fills */
const struct columns *sum_columns(void);

/** sums_add() - add @found to what it belongs to; @sums begins as NULL */
void sums_add(struct sums **sums, const struct grouping *grouping, const struct found *found);

/** sums_rows() - a row for each sum, the largest first; frees @sums */
void sums_rows(struct sums *sums, struct table *table);

#endif
