/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alike pages: the report of a page is that of the page before, except for the page frame number.
 * Pages that one call asks about are mostly alike, and comparing two pages is cheaper than making a
 * report.
 */
#ifndef PINCHECK_REPORT_ALIKE_H
#define PINCHECK_REPORT_ALIKE_H

#include "report.h"

unsigned int report_copy_alike(struct report_walk *walk, const u64 *pfns, unsigned int count,
			       struct pincheck_report __user *user);

#endif
