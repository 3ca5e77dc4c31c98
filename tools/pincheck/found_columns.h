/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of scan: those of a report, and who maps and holds the folio. */
#ifndef PINCHECK_FOUND_COLUMNS_H
#define PINCHECK_FOUND_COLUMNS_H

#include "tools/pincheck/found.h"
#include "tools/table/table.h"

/** found_columns() - all columns of scan */
const struct columns *found_columns(void);

/** found_needs_owners() - does output by @columns, the argument of -o or NULL for all, name an owner or a holder? */
bool found_needs_owners(const char *columns);

/** found_row() - a row of @table, which has found_columns(), for @found */
void found_row(struct table *table, const struct found *found);

/** found_name() - the name of a mapping: its file, its name in brackets, or [anon] */
const char *found_name(const struct area *area);

#endif
