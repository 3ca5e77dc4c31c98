/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report says of a page, as columns: the same for hold, page, scan and watch. */
#ifndef PINCHECK_COLUMNS_H
#define PINCHECK_COLUMNS_H

#include <stddef.h>
#include <linux/pincheck.h>
#include "tools/table/table.h"

/**
 * struct sample - a page at one moment
 * @address: in the process; 0 where only the page frame number is known
 * @pages: base pages that the line of this sample describes
 * @held: what PINCHECK_IOC_PAGES says of the page, or NULL
 * @absent: what is there instead of a page: then @report has a page frame number at most; or NULL
 * @report: everything else
 */
struct sample {
	__u64 address;
	__u64 pages;
	const struct pincheck_page *held;
	const char *absent;
	struct pincheck_report report;
};

/** report_columns() - all columns of a sample */
const struct columns *report_columns(void);

/** report_row() - a row of @table, which has report_columns(), for @sample */
void report_row(struct table *table, const struct sample *sample);

/**
 * report_value() - the text of @column for @sample
 *
 * Return: false, and "" in @text, where it has no value
 */
bool report_value(size_t column, const struct sample *sample, char *text, size_t size);

/**
 * samples_find() - what the process of @pagemap has at each of @count pages from @address on
 *
 * Fills page frame numbers, which samples_read() takes. Return: 0, -ENODATA if the process is gone, or
 * another negative errno
 */
int samples_find(int pagemap, __u64 address, struct sample *samples, size_t count);

/**
 * samples_read() - read the reports, with the ledger, of those samples that are not absent
 *
 * Return: 0 or a negative errno
 */
int samples_read(int session, struct sample *samples, size_t count);

/**
 * samples_still_mapped() - are the pages of @count samples, one behind the other, mapped there now?
 *
 * A page that was unmapped between samples_find() and samples_read() may belong to somebody else by the
 * time the device reports it.
 *
 * Return: true if so; false also where pagemap cannot be read
 */
bool samples_still_mapped(int pagemap, const struct sample *samples, size_t count);

/**
 * samples_to_rows() - add the samples to @table
 * @all: a row for each; false: neighbours in a folio that are the same in all that is shown share one
 */
void samples_to_rows(struct table *table, struct sample *samples, size_t count, bool all);

/** model_names() - PINCHECK_MODEL_* @models as words with commas between them */
const char *model_names(__u32 models, char *text, size_t size);

#endif
