/* SPDX-License-Identifier: GPL-2.0-only */
/* ACCURACY to the last reference: the counters of a page, and by how much they changed. */
#ifndef PINCHECK_SELFTESTS_COUNTS_H
#define PINCHECK_SELFTESTS_COUNTS_H

#include "subject.h"

/**
 * struct counts - the pages of the samples
 * @pfn: of each sample, as counts_take() found it
 * @report: of each page
 */
struct counts {
	__u64 pfn[SAMPLES];
	struct pincheck_report report[SAMPLES];
};

/**
 * struct change - by how much one folio's counters have to differ
 * @references: refcount
 * @pins: estimated pins, and the raw count of a large folio
 */
struct change {
	int references;
	int pins;
};

/**
 * counts_take() - read the reports of the pages that are mapped now. Return: 0 or -errno
 *
 * A case that looks at the references itself, not by a verdict, needs NEEDS_MODULE.
 */
int counts_take(struct subject *subject, struct counts *counts);

/** counts_again() - read the reports of the same pages once more. Return: as above */
int counts_again(struct subject *subject, const struct counts *before, struct counts *now);

/** change_by_hold() - what @holds holds of @kind on @pages pages add to the folio of @report */
struct change change_by_hold(const struct hold_kind *kind, size_t pages, int holds,
			     const struct pincheck_report *report);

/** references_of_hold() - what @hold adds to the refcount of the folio of sample @sample, with @report */
int references_of_hold(const struct hold *hold, size_t sample, const struct pincheck_report *report);

/** verdict_change() - ACCURACY: the counters changed by what @holds holds of @pages pages add */
void verdict_change(struct subject *subject, const struct counts *before, size_t pages, int holds,
		    struct verdict *verdict);

/**
 * verdict_left() - ACCURACY: the first page of @before, which the process does not map now, has these references
 * @references: those of the hold, and of others that still have the page
 */
void verdict_left(struct subject *subject, const struct counts *before, int references,
		  struct verdict *verdict);

/** verdict_mapcount() - ACCURACY: each page mapped now is mapped @mappings times */
void verdict_mapcount(struct subject *subject, int mappings, struct verdict *verdict);

/** verdict_exclusive() - ACCURACY: each page mapped now is, or is not, marked exclusive */
void verdict_exclusive(struct subject *subject, bool exclusive, struct verdict *verdict);

#define EXPECT_CHANGE(subject, before, pages, holds)						\
	EXPECT_VERDICT(verdict_change, subject, before, pages, holds)
#define EXPECT_MAPCOUNT(subject, mappings)	EXPECT_VERDICT(verdict_mapcount, subject, mappings)
#define EXPECT_EXCLUSIVE(subject, exclusive)							\
	EXPECT_VERDICT(verdict_exclusive, subject, exclusive)

#endif
