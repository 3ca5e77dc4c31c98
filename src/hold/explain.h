/* SPDX-License-Identifier: GPL-2.0-only */
/* Why something was refused: enum pincheck_reason beside the errno. */
#ifndef PINCHECK_EXPLAIN_H
#define PINCHECK_EXPLAIN_H

#include <linux/types.h>
#include <linux/pincheck.h>

struct mm_struct;

/**
 * refuse() - name the reason for an errno
 * @reason: set to @why
 * @why: enum pincheck_reason
 * @err: negative errno
 *
 * Return: @err.
 */
static inline int refuse(u32 *reason, u32 why, int err)
{
	*reason = why;
	return err;
}

u32 explain_failure(struct mm_struct *mm, unsigned long addr, u32 flags, int err);

#endif
