// SPDX-License-Identifier: GPL-2.0-only
/*
 * May a page be pinned long-term for writing? This file reads the facts that the rules ask, and
 * enforces the rules on kernels that lack them (before 6.5: 8ac268436e6d, a6e79df92e4a).
 *
 * GUP checks that a page is still mapped after it took the reference. From then on, the fields of
 * the page describe the memory that was mapped. One exception: truncation may remove the mapping of
 * a file's page at any time, so a page without a mapping gives no answer.
 */
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "compat/function.h"
#include "compat/lookup.h"
#include "compat/page_flags.h"
#include "hold/hold.h"
#include "whitelist.h"

static bool by_kernel;

/*
 * Reads s_magic of the filesystem of the folio's file. Without the folio lock the mapping may go at
 * any time, but taking that lock would make write faults copy. An inode is evicted only after the
 * folio lost its mapping, and freed a grace period later.
 *
 * Return: false if the folio has lost the mapping.
 */
static bool read_file_magic(struct page *head, u64 *magic)
{
	unsigned long mapping;
	struct inode *inode;
	u64 found = 0;
	bool stable;

	rcu_read_lock();
	mapping = compat_page_mapping(head);
	inode = mapping && !(mapping & MAPPING_BITS) ?
		((struct address_space *)mapping)->host : NULL;
	if (inode)
		found = inode->i_sb->s_magic;
	stable = compat_page_mapping(head) == mapping;
	rcu_read_unlock();
	if (!inode || !stable)
		return false;
	*magic = found;
	return true;
}

/**
 * whitelist_facts() - read the facts of a page
 * @head: first page of the folio; the caller has a reference
 * @facts: filled, except for longterm_write
 */
void whitelist_facts(struct page *head, struct whitelist_facts *facts)
{
	unsigned long mapping;

	facts->hugetlb = compat_page_hugetlb(head);	/* a page type since 6.10 (d99e3140a4d3) */
	facts->kernel = compat_page_slab(head) || (!facts->hugetlb && page_has_type(head));
	facts->mapping = MAPPING_NONE;
	facts->magic = 0;
	if (facts->kernel || compat_page_reserved(head))
		return;
	mapping = compat_page_mapping(head);
	if (mapping & MAPPING_BIT_ANON)
		facts->mapping = MAPPING_ANON;
	else if (mapping & MAPPING_BITS)
		facts->kernel = true;
	else if (mapping && read_file_magic(head, &facts->magic))
		facts->mapping = MAPPING_FILE;
}

/* The rule of the slow path of GUP (vma_needs_dirty_tracking()). Under mmap_lock. */
static bool tracks_dirtying(const struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops;

	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) != (VM_WRITE | VM_SHARED))
		return false;
	if (ops && (ops->page_mkwrite || ops->pfn_mkwrite))
		return true;
	return vma->vm_file && vma->vm_file->f_mapping &&
	       mapping_can_writeback(vma->vm_file->f_mapping);
}

/*
 * For a page that gives no answer: judges by the mapping at its address. A page that is no longer
 * mapped there is refused. Return: 0, -EFAULT, -EINTR.
 */
static int judge_by_mapping(const struct hold *hold, unsigned long index, bool longterm_write)
{
	unsigned long addr = hold->addr + (index << PAGE_SHIFT);
	struct vm_area_struct *vma;
	int err = -EFAULT;

	/* GUP cannot look up the memory of another process without a fault. */
	if (hold->mm != current->mm)
		return -EFAULT;
	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	vma = find_vma(current->mm, addr);
	if (vma && vma->vm_start <= addr &&
	    compat_lookup(addr, hold->pages[index]) == PINCHECK_MAPPED_SAME &&
	    !(longterm_write && tracks_dirtying(vma)))
		err = 0;
	mmap_read_unlock(current->mm);
	return err;
}

static int judge_page(const struct hold *hold, unsigned long index, struct page *head,
		      bool longterm_write)
{
	struct whitelist_facts facts = { .longterm_write = longterm_write };

	whitelist_facts(head, &facts);
	switch (whitelist_judge(&facts).verdict) {
	case PINCHECK_WHITELIST_ALLOW:
		return 0;
	case PINCHECK_WHITELIST_SLOW:
		return judge_by_mapping(hold, index, longterm_write);
	default:
		return -EFAULT;
	}
}

/**
 * whitelist_enforce() - refuse a hold with a page that the whitelist denies
 * @hold: just taken: all its pages are held
 * @longterm_write: judge as if the hold were long-term and for writing
 * @allowed: number of allowed pages before the first denied one
 *
 * Context: process context, sleeps, may take mmap_lock for reading.
 *
 * Return: 0, -EFAULT, or -EINTR when a fatal signal is pending. Gives no page back.
 */
int whitelist_enforce(const struct hold *hold, bool longterm_write, unsigned long *allowed)
{
	struct page *judged = NULL;
	unsigned long index;
	int err = 0;

	for (index = 0; index < hold->nr; index++) {
		struct page *head = compound_head(hold->pages[index]);

		if (index % HOLD_CHUNK_PAGES == 0) {
			cond_resched();
			if (fatal_signal_pending(current))
				err = -EINTR;
		}
		if (!err && head != judged)
			err = judge_page(hold, index, head, longterm_write);
		if (err)
			break;
		judged = head;
	}
	*allowed = index;
	return err;
}

/** whitelist_by_kernel() - does the kernel itself enforce the whitelist for files? */
bool whitelist_by_kernel(void)
{
	return by_kernel;
}

/** whitelist_init() - find out whether it does */
void whitelist_init(void)
{
	by_kernel = compat_has_function("vma_needs_dirty_tracking");
}
