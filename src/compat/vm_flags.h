/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vma->vm_flags may be written only by vm_flags_mod() and its siblings from 6.3 on (bc292ab00f6c,
 * 1c71222e5f23). Probes: probes/vm_flags_mod.c, probes/vm_flags_write.c. Can go when the oldest
 * supported kernel is 6.3.
 *
 * Assumes: mmap_lock is held for writing, as it is in mmap(). The kernel asserts that itself.
 */
#ifndef PINCHECK_COMPAT_VM_FLAGS_H
#define PINCHECK_COMPAT_VM_FLAGS_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

/** compat_vm_flags_mod() - set and clear flags of a mapping, mmap_lock being held for writing */
static inline void compat_vm_flags_mod(struct vm_area_struct *vma, unsigned long set,
				       unsigned long clear)
{
#ifdef HAVE_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

#endif
