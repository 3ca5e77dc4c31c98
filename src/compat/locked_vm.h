/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory of the kernel's own is charged against when RLIMIT_MEMLOCK bounds it: the pages that
 * io_uring, XDP and others have charged to the same user. struct user_struct has that counter only
 * where one of its users is configured. Elsewhere all sessions share one counter of this module, and
 * a fixed limit. Probe: probes/locked_vm.c. Stays for as long as the counter is conditional.
 *
 * Assumes: who has charged pages to the user uncharges them himself. Cannot be tested from outside
 * without the other users of the counter.
 */
#ifndef PINCHECK_COMPAT_LOCKED_VM_H
#define PINCHECK_COMPAT_LOCKED_VM_H

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <generated/pincheck-found.h>

#ifdef HAVE_LOCKED_VM
/** compat_locked_vm() - the counter, in pages, of a user whom the caller keeps a reference on */
static inline atomic_long_t *compat_locked_vm(struct user_struct *user)
{
	return &user->locked_vm;
}

/** compat_locked_vm_limit() - what that counter may come to, in pages, for the calling process */
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
