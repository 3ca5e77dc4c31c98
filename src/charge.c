// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for kernel memory that a session makes the module allocate for longer than one ioctl: the
 * memory of its holds, whether they have references or not, the table of its holds, and its device
 * memory. It counts as io_uring counts its rings (__io_account_mem()) and XDP its umem: the pages
 * that the user has charged, of all sessions and other users of that counter, against
 * RLIMIT_MEMLOCK of the process that asks; and with CAP_IPC_LOCK nothing is charged. The pages that
 * a hold refers to are another matter: see hold.c.
 *
 * The user is the one who opened the device. A descriptor may be handed on to processes of other
 * users, but what one of them has allocated may be freed by another, or when the last one closes.
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
 * charge_begin() - a session begins, and costs nothing yet
 * @charge: of the session
 * @cred: of who opened it
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
 * @bytes: of memory
 * @charged: bytes to give to charge_sub() when the memory is freed are added to this: @bytes, or
 *	0 where the caller has CAP_IPC_LOCK
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
 * charge_sub() - memory was freed
 * @charge: of the session
 * @bytes: as charge_add() said, or less
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
