/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns that tell a page report: the same for hold, page, scan and watch. */
#ifndef PINCHECK_COLUMNS_H
#define PINCHECK_COLUMNS_H

#include <stddef.h>
#include <linux/pincheck.h>
#include "tools/pincheck/table.h"

/**
 * struct sight - a page as it is told
 * @address: where it is mapped; 0 where only its page frame number is known
 * @pages: base pages that this line stands for
 * @held: what PINCHECK_IOC_PAGES says of it, or NULL
 * @report: all else
 */
struct sight {
	__u64 address;
	__u64 pages;
	const struct pincheck_page *held;
	struct pincheck_report report;
};

/** report_columns() - all columns of a sight, @count of them; valid for good */
const struct column *report_columns(size_t *count);

/** report_row() - a row of @table, made with report_columns(), for @sight */
void report_row(struct table *table, const struct sight *sight);

/**
 * report_value() - what @column has of @sight, as text
 *
 * Return: false where it is absent, or only a formality (unset text); @text is then empty
 */
bool report_value(size_t column, const struct sight *sight, char *text, size_t size);

/** model_names() - PINCHECK_MODEL_* @models as words apart by commas */
const char *model_names(__u32 models, char *text, size_t size);

#endif
