// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out why GUP refused an address, since GUP says EFAULT for almost everything. The mapping
 * may have changed since: the answer helps a person, and decides nothing.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pincheck.h>
#include "compat/hugetlb_pool.h"
#include "compat/magic.h"
#include "explain.h"

static bool access_allowed(const struct vm_area_struct *vma, u32 flags)
{
	bool write = flags & PINCHECK_HOLD_WRITE, force = flags & PINCHECK_HOLD_FORCE;
	bool cow = (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;

	if (write)
		return (vma->vm_flags & VM_WRITE) || (force && cow);
	return vma->vm_flags & (force ? VM_MAYREAD : VM_READ);
}

/* Does the kernel refuse pins of this file? Its own rules, in their order. */
static bool file_refused(const struct vm_area_struct *vma, u32 flags)
{
	const u32 longterm_write = PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE;
	unsigned long magic;

	if (!vma->vm_file || vma_is_anonymous((struct vm_area_struct *)vma))
		return false;
	magic = file_inode(vma->vm_file)->i_sb->s_magic;
	if (magic == SECRETMEM_MAGIC)
		return true;
	if ((flags & PINCHECK_HOLD_LONGTERM) && vma_is_fsdax((struct vm_area_struct *)vma))
		return true;
	return (flags & longterm_write) == longterm_write && (vma->vm_flags & VM_SHARED) &&
	       magic != TMPFS_MAGIC && magic != HUGETLBFS_MAGIC;
}

/* Does the page begin behind the end of the file, so that a fault on it is a SIGBUS? */
static bool is_behind_file(const struct vm_area_struct *vma, unsigned long addr)
{
	const struct inode *inode = vma->vm_file ? file_inode(vma->vm_file) : NULL;
	loff_t offset = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);

	return inode && S_ISREG(inode->i_mode) && offset >= i_size_read(inode);
}

static u32 explain_mapping(struct mm_struct *mm, unsigned long addr, u32 flags)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma || vma->vm_start > addr)
		return PINCHECK_REASON_UNMAPPED;
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return PINCHECK_REASON_PFNMAP;
	if (!access_allowed(vma, flags))
		return PINCHECK_REASON_ACCESS;
	if (file_refused(vma, flags))
		return PINCHECK_REASON_FILE;
	if (is_behind_file(vma, addr))
		return PINCHECK_REASON_UNMAPPED;
	if ((vma->vm_flags & VM_HUGETLB) && compat_hugetlb_pool_is_empty(vma))
		return PINCHECK_REASON_POOL;
	return PINCHECK_REASON_KERNEL;
}

/**
 * explain_failure() - find out why GUP refused an address
 * @mm: with the address; the caller keeps its users
 * @addr: in @mm
 * @flags: PINCHECK_HOLD_* of the hold
 * @err: errno of GUP
 *
 * Context: process context, takes mmap_lock for reading.
 *
 * Return: enum pincheck_reason.
 */
u32 explain_failure(struct mm_struct *mm, unsigned long addr, u32 flags, int err)
{
	u32 reason;

	if (err == -EINTR || err == -ERESTARTNOINTR)
		return PINCHECK_REASON_SIGNAL;
	if (err == -ENOMEM)
		return PINCHECK_REASON_MEMORY;
	if (err == -EOVERFLOW)
		return PINCHECK_REASON_LIMIT;
	if (mmap_read_lock_killable(mm))
		return PINCHECK_REASON_KERNEL;
	reason = explain_mapping(mm, addr, flags);
	mmap_read_unlock(mm);
	return reason;
}
