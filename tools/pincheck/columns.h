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
 * @absent: what is there instead of a page, or NULL: then nothing else is told
 * @report: all else
 */
struct sight {
	__u64 address;
	__u64 pages;
	const struct pincheck_page *held;
	const char *absent;
	struct pincheck_report report;
};

/** report_columns() - all columns of a sight, @count of them; valid for good */
const struct column *report_columns(size_t *count);

/**
 * report_command() - a subcommand whose output is one table of sights
 * @argp: its arguments, @input what they fill
 * @output: how they want the table
 * @run: fills and prints the table. Return: exit code
 *
 * Return: exit code
 */
int report_command(const struct argp *argp, int argc, char **argv, void *input,
		   const struct output *output, int (*run)(void *input, struct table *table));

/** report_row() - a row of @table, made with report_columns(), for @sight */
void report_row(struct table *table, const struct sight *sight);

/**
 * report_value() - what @column has of @sight, as text
 *
 * Return: false where it is absent, or only a formality (unset text); @text is then empty
 */
bool report_value(size_t column, const struct sight *sight, char *text, size_t size);

/**
 * sights_look() - ask the device, with the ledger, about those that are not absent
 * @sights: whose report.pfn says which page each is
 *
 * Return: 0 or a negative errno
 */
int sights_look(int session, struct sight *sights, size_t count);

/**
 * sights_mapped() - what the process of @pagemap has at each of @count pages from @address on
 *
 * Return: 0, -ENODATA if the process is gone, or another negative errno
 */
int sights_mapped(int pagemap, __u64 address, struct sight *sights, size_t count);

/**
 * sights_still_mapped() - are the pages of @count sights, one behind the other, mapped there now?
 *
 * A page that was unmapped between sights_mapped() and sights_look() may be anybody's by the time the
 * device reports it.
 *
 * Return: yes; false also where nobody can say.
 */
bool sights_still_mapped(int pagemap, const struct sight *sights, size_t count);

/** sights_rows() - a row for each; @all: not one for neighbours in a folio that are alike */
void sights_rows(struct table *table, struct sight *sights, size_t count, bool all);

/** model_names() - PINCHECK_MODEL_* @models as words apart by commas */
const char *model_names(__u32 models, char *text, size_t size);

#endif
