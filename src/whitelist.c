// SPDX-License-Identifier: GPL-2.0-only
/*
 * May a page be pinned long-term for writing? The facts for the judgement, and its enforcement on
 * kernels that do not judge (they gained the rules with 6.5: 8ac268436e6d, a6e79df92e4a).
 *
 * GUP knows that a page was still mapped after it took the reference. So what the page says of
 * itself from then on is true of what was mapped; except that a file's page may lose its mapping
 * to truncation at any time, which is why no mapping means no answer.
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
#include "hold.h"
#include "whitelist.h"

static bool by_kernel;

/*
 * s_magic of the file whose mapping this is. The mapping may go at any time without the folio's
 * lock, and taking that would make others copy on write. But as long as the folio still has the
 * mapping its inode was not evicted, and evicted inodes are freed after a grace period.
 *
 * Return: false when the folio does not have the mapping any more.
 */
static bool file_magic(struct page *head, u64 *magic)
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
 * whitelist_facts() - what a page says of itself
 * @head: first page of the folio, which has a reference of the caller
 * @facts: filled, all but longterm_write
 */
void whitelist_facts(struct page *head, struct whitelist_facts *facts)
{
	unsigned long mapping;

	facts->hugetlb = compat_page_hugetlb(head);	/* which is a type of page by now */
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
	else if (mapping && file_magic(head, &facts->magic))
		facts->mapping = MAPPING_FILE;
}

/* As the slow path of GUP has it (vma_needs_dirty_tracking()). Under mmap_lock. */
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
 * The page does not tell. If it is still mapped there, the mapping does; if not, nobody can say
 * what it was, and it is refused. Return: 0, -EFAULT, -EINTR.
 */
static int ask_mapping(const struct hold *hold, unsigned long index, bool longterm_write)
{
	unsigned long addr = hold->addr + (index << PAGE_SHIFT);
	struct vm_area_struct *vma;
	int err = -EFAULT;

	/* GUP cannot be asked without a fault what another process has mapped. */
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
		return ask_mapping(hold, index, longterm_write);
	default:
		return -EFAULT;
	}
}

/**
 * whitelist_enforce() - refuse what the whitelist denies
 * @hold: just taken: all its pages are held
 * @longterm_write: judge as if the hold were long-term and for writing
 * @allowed: how many pages were fine before one was not
 *
 * Context: process context, sleeps, may take mmap_lock for reading.
 *
 * Return: 0, -EFAULT, or -EINTR when a fatal signal is pending. Nothing is given back.
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

/** whitelist_init() - find that out, once */
void whitelist_init(void)
{
	by_kernel = compat_has_function("vma_needs_dirty_tracking");
}
