/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handler of a kprobe knows about the code that it interrupted.
 *
 * Assumes: a breakpoint adds one NMI and one hard interrupt to preempt_count(), or nothing (x86 since
 * 5.8: irqentry_nmi_enter()); arm64 likewise. Topic interleave tests that places are hit at all. Stays
 * while architectures differ.
 */
#ifndef PINCHECK_COMPAT_PROBED_H
#define PINCHECK_COMPAT_PROBED_H

#include <linux/hardirq.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>

/** compat_probed_task() - did the kprobe interrupt the task itself, not an interrupt on top of it? */
static __always_inline bool compat_probed_task(void)
{
	unsigned long count = preempt_count();

	if (count & NMI_MASK)
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !(count & (NMI_MASK | HARDIRQ_MASK)) && !in_serving_softirq();
}

/** compat_probed_irqs_off() - were interrupts off where the kprobe was? false if that is unknown */
static __always_inline bool compat_probed_irqs_off(const struct pt_regs *regs)
{
#if defined(CONFIG_X86)
	return !(regs->flags & X86_EFLAGS_IF);
#elif defined(CONFIG_ARM64)
	return !interrupts_enabled(regs);
#else
	return false;
#endif
}

#endif
