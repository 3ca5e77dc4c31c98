/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of a probed function, at its entry. Probe: probes/function_args.c; architectures
 * without regs_get_kernel_argument() have no path attribution. Stays while there are such
 * architectures.
 *
 * Assumes: the first two arguments of __get_user_pages() are the mm and the address. Topic
 * assumptions tests that with a range of which GUP-fast finds one half.
 */
#ifndef PINCHECK_COMPAT_FUNCTION_ARGS_H
#define PINCHECK_COMPAT_FUNCTION_ARGS_H

#include <linux/ptrace.h>
#include <generated/pincheck-found.h>

#ifdef HAVE_FUNCTION_ARGS
static const bool compat_function_args = true;

static inline unsigned long compat_function_arg(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}
#else
static const bool compat_function_args;

static inline unsigned long compat_function_arg(struct pt_regs *regs, unsigned int n)
{
	return 0;
}
#endif

#endif
