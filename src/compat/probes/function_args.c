// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: regs_get_kernel_argument()
 * since: 4.20 (3c88ee194c28) on x86; each architecture has its own date
 * else: absent
 * shim: compat/function_args.h; stays
 */
#include "probe.h"
#include <linux/ptrace.h>

PROBE(unsigned long, struct pt_regs *regs)
{
	return regs_get_kernel_argument(regs, 1);
}
