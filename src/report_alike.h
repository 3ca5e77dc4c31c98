/* SPDX-License-Identifier: GPL-2.0-only */
/* From a look at pages to the caller's memory. */
#ifndef PINCHECK_REPORT_PUT_H
#define PINCHECK_REPORT_PUT_H

#include <linux/types.h>

struct pincheck_report;
struct report_look;

unsigned int report_put(struct report_look *look, const u64 *pfns, unsigned int count,
			struct pincheck_report __user *user);

#endif
