/* SPDX-License-Identifier: GPL-2.0-only */
/* Why GUP refused an address. */
#ifndef PINCHECK_EXPLAIN_H
#define PINCHECK_EXPLAIN_H

#include <linux/types.h>

struct mm_struct;

u32 explain_failure(struct mm_struct *mm, unsigned long addr, u32 flags, int err);

#endif
