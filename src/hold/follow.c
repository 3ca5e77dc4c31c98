// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an address in a mapping of device memory to its page frame number. GUP refuses such memory,
 * and no reference would keep it: what the page table says is true while the page table is locked.
 * After that the number is used only while an interval notifier watches the range (kind pfnmap,
 * pfnmap_hold.c). Rows B51 to B54, R58, R59 of the catalogue.
 *
 * The kernel is asked about every mapping, also where this file then refuses to use the answer: what
 * the kernel's function gives away is for tests to judge (row P40).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "compat/follow.h"
#include "compat/kmap.h"
#include "compat/ram.h"
#include "explain.h"
#include "follow.h"
#include "page/page_health.h"
#include "pfnmap.h"

/* Most attempts to read an entry that is gone again each time a fault has mapped it. */
#define FOLLOW_TRIES	64

/**
 * follow_read() - read mapped memory, if it is RAM: a read of device registers can have effects
 * @pfn: page frame number; stays mapped while this runs
 * @offset: in the page
 * @buffer: in kernel memory
 * @len: bytes, within the page
 *
 * Context: does not sleep. Only the RCU read-side section keeps the memory online: see online.h.
 *
 * Return: 0; -EIO when the memory is not RAM, or not online, or as page_health() says.
 */
int follow_read(unsigned long pfn, unsigned int offset, void *buffer, unsigned int len)
{
	struct page *page;
	void *memory;
	long err = -EIO;

	rcu_read_lock();
	page = compat_is_ram(pfn) ? pfn_to_online_page(pfn) : NULL;
	if (page && !page_health(page)) {
		memory = compat_kmap_local_page(page);
		/* The kernel may have unmapped pages of others from its own address space. */
		err = copy_from_kernel_nofault(buffer, memory + offset, len);
		compat_kunmap_local(memory);
	}
	rcu_read_unlock();
	return err ? -EIO : 0;
}

static void record_entry(const struct compat_follow *entry, const struct vm_area_struct *vma,
			 struct mapping_seen *seen)
{
	*seen = (struct mapping_seen) {
		.given = true,
		.pfn = entry->pfn,
		.leaf = entry->leaf,
		.writable = entry->writable,
		.special = entry->special,
		.ours = pfnmap_is_device_memory(vma, entry->pfn),
		.copied = pfnmap_is_private_copy(vma, entry->pfn),
	};
}

/* May the answer of the kernel about this mapping be used at all? Under mmap_lock. */
static int check_mapping(const struct vm_area_struct *vma, bool write, u32 *reason)
{
	/* Up to 6.9 follow_pte() follows an address of any mapping. */
	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return refuse(reason, PINCHECK_REASON_PAGES, -EINVAL);
	if (!(vma->vm_flags & VM_READ) || (write && !(vma->vm_flags & VM_WRITE)))
		return refuse(reason, PINCHECK_REASON_ACCESS, -EACCES);
	return 0;
}

/* With the page table locked. Return: 0, or -EAGAIN where a fault is needed first. */
static int use_entry(const struct compat_follow *entry, unsigned long addr, bool write,
		     struct mapping_seen *seen)
{
	if (write && !entry->writable)
		return -EAGAIN;
	seen->readable = !follow_read(entry->pfn, offset_in_page(addr), &seen->value,
				      sizeof(seen->value));
	return 0;
}

/* Return: 0; -EAGAIN where a fault is needed first; or what check_mapping() returns. */
static int try_to_follow(struct mm_struct *mm, unsigned long addr, bool write,
			 struct mapping_seen *seen, u32 *reason)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct compat_follow entry;
	int err;

	if (!vma || vma->vm_start > addr)
		return refuse(reason, PINCHECK_REASON_UNMAPPED, -EFAULT);
	err = check_mapping(vma, write, reason);
	if (compat_follow_start(&entry, vma, addr))
		return err ?: -EAGAIN;
	record_entry(&entry, vma, seen);
	if (!err)
		err = use_entry(&entry, addr, write, seen);
	compat_follow_end(&entry);
	return err;
}

/**
 * follow() - find out what is mapped at an address; faults it in where nothing is mapped
 * @mm: under mmap_lock, which may be dropped and taken again
 * @addr: a multiple of 8
 * @write: only an entry that allows writing will do
 * @seen: filled; on failure it has the last entry that the kernel gave, if any
 * @reason: enum pincheck_reason; set on failure
 *
 * Context: process context, sleeps.
 *
 * Return: 0; -EFAULT when nothing is mapped there and the fault fails; -EINVAL when the mapping has
 * memory with pages; -EACCES when the mapping forbids the access; -EAGAIN when the entry was gone
 * again after each of FOLLOW_TRIES faults; -EINTR; -ENOMEM.
 */
int follow(struct mm_struct *mm, unsigned long addr, bool write, struct mapping_seen *seen,
	   u32 *reason)
{
	unsigned int tries;
	bool unlocked = false;
	int err = -EAGAIN;

	*seen = (struct mapping_seen) { 0 };
	for (tries = 0; tries < FOLLOW_TRIES && err == -EAGAIN; tries++) {
		err = try_to_follow(mm, addr, write, seen, reason);
		if (err != -EAGAIN)
			return err;
		if (fatal_signal_pending(current))
			return refuse(reason, PINCHECK_REASON_SIGNAL, -EINTR);
		err = fixup_user_fault(mm, addr, write ? FAULT_FLAG_WRITE : 0, &unlocked) ?:
		      -EAGAIN;
		cond_resched();
	}
	return refuse(reason, err == -ENOMEM ? PINCHECK_REASON_MEMORY : PINCHECK_REASON_PFNMAP,
		      err);
}
