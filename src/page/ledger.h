/* SPDX-License-Identifier: GPL-2.0-only */
/* What this module itself holds of a page, by label. */
#ifndef PINCHECK_LEDGER_H
#define PINCHECK_LEDGER_H

struct pincheck_report;

int ledger_fill(struct pincheck_report *reports, unsigned int count);

#endif
