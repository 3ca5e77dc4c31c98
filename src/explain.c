// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why GUP refused an address: it says EFAULT for almost everything. The mapping is looked at
 * afterwards, so the answer is a help for a person, never a decision.
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

/* Files that no driver may have long: what the kernel's own rules name, in their order. */
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

/* A fault on a page that begins behind the end of the file is a SIGBUS. */
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
 * explain_failure() - name why GUP refused an address
 * @mm: where it was tried; has users
 * @addr: in @mm
 * @flags: PINCHECK_HOLD_* of what was tried
 * @err: what GUP said
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
