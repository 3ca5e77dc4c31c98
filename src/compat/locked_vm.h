/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counter of kernel memory that RLIMIT_MEMLOCK bounds: io_uring, XDP and others charge their
 * pages to the same counter of the user. struct user_struct has the counter only if one of them is
 * configured. Without it, all sessions share one counter of this module, and a fixed limit. Probe:
 * probes/locked_vm.c. Stays while the counter is conditional.
 *
 * Assumes: every subsystem that charges pages to the user uncharges them itself. A test of that
 * would need the other users of the counter.
 */
#ifndef PINCHECK_COMPAT_LOCKED_VM_H
#define PINCHECK_COMPAT_LOCKED_VM_H

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <generated/pincheck-found.h>

#ifdef HAVE_LOCKED_VM
/** compat_locked_vm() - the counter of a user, in pages; the caller has a reference on the user */
static inline atomic_long_t *compat_locked_vm(struct user_struct *user)
{
	return &user->locked_vm;
}

/** compat_locked_vm_limit() - the limit of that counter, in pages, for the calling process */
static inline unsigned long compat_locked_vm_limit(void)
{
	return rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}
#else
static inline atomic_long_t *compat_locked_vm(struct user_struct *user)
{
	static atomic_long_t of_all_sessions;

	return &of_all_sessions;
}

static inline unsigned long compat_locked_vm_limit(void)
{
	return (8UL << 20) >> PAGE_SHIFT;	/* the default of RLIMIT_MEMLOCK since 5.16 */
}
#endif

#endif
