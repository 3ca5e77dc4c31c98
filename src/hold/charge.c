// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charges kernel memory that the module allocates for a session for longer than one ioctl: the
 * memory of its holds, with or without references, the table of its holds, and its device memory.
 * The charge works like that of io_uring for its rings (__io_account_mem()) and of XDP for its
 * umem: all pages charged to a user, by sessions and by others that use this counter, against
 * RLIMIT_MEMLOCK of the calling process; with CAP_IPC_LOCK nothing is charged. hold.c charges the
 * pages that a hold refers to.
 *
 * The charged user is the one that opened the device. A descriptor may be passed to processes of
 * other users, and what one process has allocated another one may free, or the last close().
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include "charge.h"
#include "compat/locked_vm.h"

/* Return: 0 or -ENOMEM. */
static int charge_pages(struct user_struct *user, unsigned long nr)
{
	atomic_long_t *counter = compat_locked_vm(user);
	unsigned long limit = compat_locked_vm_limit();
	long before = atomic_long_read(counter);

	if (!nr)
		return 0;
	do {
		if (nr > limit || before > limit - nr)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(counter, &before, before + nr));
	return 0;
}

/**
 * charge_begin() - a session begins: nothing is charged yet
 * @charge: of the session
 * @cred: of the process that opens the session
 */
void charge_begin(struct charge *charge, const struct cred *cred)
{
	charge->cred = get_cred(cred);
	spin_lock_init(&charge->lock);
	charge->bytes = 0;
}

/**
 * charge_add() - charge memory that is about to be allocated
 * @charge: of the session
 * @bytes: size of the memory
 * @charged: incremented by the bytes charged, for charge_sub() when the memory is freed: @bytes, or
 *	0 if the caller has CAP_IPC_LOCK
 *
 * Return: 0, or -ENOMEM when RLIMIT_MEMLOCK of the caller would be exceeded.
 */
int charge_add(struct charge *charge, size_t bytes, size_t *charged)
{
	unsigned long pages;
	int err;

	if (capable(CAP_IPC_LOCK))
		return 0;
	spin_lock(&charge->lock);
	pages = ((charge->bytes + bytes) >> PAGE_SHIFT) - (charge->bytes >> PAGE_SHIFT);
	err = charge_pages(charge->cred->user, pages);
	if (!err)
		charge->bytes += bytes;
	spin_unlock(&charge->lock);
	if (!err)
		*charged += bytes;
	return err;
}

/**
 * charge_sub() - take back the charge for memory that was freed
 * @charge: of the session
 * @bytes: that charge_add() has charged, or a part of them
 */
void charge_sub(struct charge *charge, size_t bytes)
{
	unsigned long pages;

	if (!bytes)
		return;
	spin_lock(&charge->lock);
	pages = (charge->bytes >> PAGE_SHIFT) - ((charge->bytes - bytes) >> PAGE_SHIFT);
	charge->bytes -= bytes;
	atomic_long_sub(pages, compat_locked_vm(charge->cred->user));
	spin_unlock(&charge->lock);
}

/**
 * charge_end() - a session ended, and all its memory was freed
 * @charge: of the session
 */
void charge_end(struct charge *charge)
{
	charge_sub(charge, charge->bytes);
	put_cred(charge->cred);
}
