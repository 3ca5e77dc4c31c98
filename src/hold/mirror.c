// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold of kind "mirror": the module's own mapping of user pages, without a reference on any of
 * them. An mmu_interval_notifier keeps the mapping true, as in drivers of devices that can fault.
 *
 * The device uses a page only under the interval's lock, and only while the page's entry is valid:
 * then the page is still in the page table, since invalidation waits for that lock. The device
 * writes a page only if the user's entry was writable, so that the file system was asked
 * (page_mkwrite) and the page has what a dirty page needs. The callback marks the page dirty before
 * the kernel removes the entry. There this needs no page lock, as in zap_pte; afterwards it is
 * forbidden (Jerome Glisse, 2019-03-07, "vhost: access vq metadata through kernel virtual
 * address"). PINCHECK_HOLD_DIRTY_LATE breaks this one rule: the callback takes a plain reference,
 * and the page is marked dirty when the hold ends.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/hmm.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include "account.h"
#include "compat/magic.h"
#include "device_io.h"
#include "explain.h"
#include "hold.h"
#include "interval.h"
#include "references.h"

/* Most pages that one call of HMM finds: its answers fill one page. */
#define FIND_PAGES	(PAGE_SIZE / sizeof(unsigned long))

/* Most attempts to find pages while the memory is invalidated again and again. */
#define FIND_TRIES	256

/**
 * struct mirror - private memory of a hold of this kind
 * @interval: watches the range; its lock protects this structure and the pages of the hold
 * @hold: of this mirror; its pages are NULL where no page was found, or the page was invalidated
 * @nr_valid: number of pages that have a valid entry
 * @late: pages that are marked dirty too late, each with a reference; NULL without DIRTY_LATE
 * @valid: bitmap of the pages that have a valid entry: those that the hold has
 * @writable: bitmap of the valid pages whose user entry was writable
 * @written: bitmap of the pages that the device wrote and that are not marked dirty yet
 * @memory: of the bitmaps and of @late
 */
struct mirror {
	struct interval interval;
	struct hold *hold;
	unsigned long nr_valid;
	struct page **late;
	unsigned long *valid;
	unsigned long *writable;
	unsigned long *written;
	unsigned long memory[];
};

#define MIRROR_BITMAPS	3

/* The wrong way. Needs a reference: once the callback returns the page may be freed. */
static bool keep_late_page(struct mirror *mirror, unsigned long index)
{
	struct page *page = mirror->hold->pages[index];

	if (!mirror->late || mirror->late[index] == page)
		return mirror->late;
	if (mirror->late[index] || references_exhausted(page))
		return false;
	get_page(page);
	account_references(mirror->hold->account, 1, 0);
	WRITE_ONCE(mirror->late[index], page);
	return true;
}

/* Under the lock, with the valid entry still in the page table. */
static void forget_page(struct mirror *mirror, unsigned long index, bool in_time,
			struct pincheck_event *event)
{
	struct hold *hold = mirror->hold;

	event->pages++;
	if (__test_and_clear_bit(index, mirror->written)) {
		if (!in_time && keep_late_page(mirror, index)) {
			event->late++;
		} else {
			set_page_dirty(hold->pages[index]);
			event->dirtied++;
		}
	}
	__clear_bit(index, mirror->writable);
	__clear_bit(index, mirror->valid);
	mirror->nr_valid--;
	WRITE_ONCE(hold->pages[index], NULL);
}

/*
 * Forgets the pages of a range, under the lock. A mirror may be large and have few valid pages, and
 * the OOM reaper calls this, too: so only pages with a valid entry cost time.
 */
static void forget_pages(struct mirror *mirror, unsigned long index, unsigned long end,
			 bool in_time, bool may_sleep, struct pincheck_event *event)
{
	if (!mirror->nr_valid)
		return;
	for_each_set_bit_from(index, mirror->valid, end) {
		forget_page(mirror, index, in_time, event);
		if (may_sleep && event->pages % HOLD_CHUNK_PAGES == 0)
			cond_resched();
	}
}

static void mirror_invalidate(struct interval *interval, const struct mmu_notifier_range *range,
			      struct pincheck_event *event)
{
	struct mirror *mirror = container_of(interval, struct mirror, interval);
	unsigned long index = (event->start - mirror->hold->addr) >> PAGE_SHIFT;
	unsigned long end = (event->end - mirror->hold->addr + PAGE_SIZE - 1) >> PAGE_SHIFT;

	forget_pages(mirror, index, end, false, mmu_notifier_range_blockable(range), event);
}

static const struct interval_ops mirror_interval_ops = {
	.invalidate = mirror_invalidate,
};

/*
 * The kernel does not map secret memory for itself: a read of it would fault. GUP refuses such
 * memory, HMM does not.
 */
static bool is_secret(const struct vm_area_struct *vma)
{
	return vma->vm_file && file_inode(vma->vm_file)->i_sb->s_magic == SECRETMEM_MAGIC;
}

/* May pages that HMM gave be used? Its answer comes first, for tests to judge. Under mmap_lock. */
static int check_mappings(struct mm_struct *mm, unsigned long addr, unsigned long end, bool write)
{
	while (addr < end) {
		struct vm_area_struct *vma = find_vma(mm, addr);

		if (!vma || vma->vm_start >= end)
			return 0;
		if (is_secret(vma))
			return -EFAULT;
		if (write && !(vma->vm_flags & VM_WRITE))
			return -EPERM;
		addr = vma->vm_end;
	}
	return 0;
}

static void publish_pages(struct mirror *mirror, unsigned long first, unsigned long nr,
			  const unsigned long *found)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		WRITE_ONCE(mirror->hold->pages[first + i], hmm_pfn_to_page(found[i]));
		mirror->nr_valid += !__test_and_set_bit(first + i, mirror->valid);
		if (found[i] & HMM_PFN_WRITE)
			__set_bit(first + i, mirror->writable);
	}
}

/* Does this answer of HMM allow the access: is a page mapped, and writable if @write? */
static bool answer_serves(unsigned long answer, bool write)
{
	unsigned long wanted = HMM_PFN_VALID | (write ? HMM_PFN_WRITE : 0);

	return (answer & wanted) == wanted;
}

/*
 * Causes one fault, under mmap_lock, which is dropped while the fault waits. Return: 0; -EPERM for
 * a write to a mapping that can only be read; or the errno of the fault.
 */
static int fault_in_page(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	bool forbidden = write && vma && vma->vm_start <= addr && !(vma->vm_flags & VM_WRITE);
	bool unlocked = false;
	int err = fixup_user_fault(mm, addr, FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0),
				   &unlocked);

	return forbidden && err == -EFAULT ? -EPERM : err;
}

/*
 * Faults in the pages that a snapshot of HMM lacks. HMM could do that itself, but cannot be killed
 * while it waits. HMM_PFN_ERROR marks a page that no fault can provide. Under mmap_lock, which may
 * be dropped and taken again.
 *
 * Return: 0 when no page was missing; -EBUSY when a page was missing, and should be there now; or
 * why a page cannot be faulted in.
 */
static int fault_in_missing(struct mm_struct *mm, unsigned long addr, unsigned long nr, bool write,
			    const unsigned long *found)
{
	bool missing = false;
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++, addr += PAGE_SIZE) {
		if (answer_serves(found[i], write))
			continue;
		if (found[i] & HMM_PFN_ERROR)
			return -EFAULT;
		err = fault_in_page(mm, addr, write);
		if (err)
			return err;
		missing = true;
		cond_resched();
	}
	return missing ? -EBUSY : 0;
}

/*
 * Tries once to find pages as a fault would, and to make their entries valid.
 *
 * Return: 0; -EBUSY when pages had to be faulted in, or changed meanwhile; -EPERM where a page must
 * not be written; -EFAULT where no page is mapped; -ENOMEM; -EINTR.
 */
static int find_pages(struct mirror *mirror, unsigned long first, unsigned long nr, bool write,
		      unsigned long *found)
{
	struct mmu_interval_notifier *notifier = &mirror->interval.notifier;
	struct mm_struct *mm = mirror->hold->mm;
	struct hmm_range range = {
		.notifier = notifier,
		.start = mirror->hold->addr + (first << PAGE_SHIFT),
		.end = mirror->hold->addr + ((first + nr) << PAGE_SHIFT),
		.hmm_pfns = found,
	};
	int err;

	memset(found, 0, nr * sizeof(*found));
	range.notifier_seq = mmu_interval_read_begin(notifier);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	err = hmm_range_fault(&range);	/* a snapshot: no fault is asked for */
	if (!err)
		err = fault_in_missing(mm, range.start, nr, write, found);
	if (!err)
		err = check_mappings(mm, range.start, range.end, write);
	mmap_read_unlock(mm);
	if (err)
		return err;
	mutex_lock(&mirror->interval.lock);
	if (mmu_interval_read_retry(notifier, range.notifier_seq))
		err = -EBUSY;
	else
		publish_pages(mirror, first, nr, found);
	mutex_unlock(&mirror->interval.lock);
	return err;
}

/* Repeats find_pages() while it is busy. Return: the same, but -EAGAIN after FIND_TRIES. */
static int find_pages_patiently(struct mirror *mirror, unsigned long first, unsigned long nr,
			  unsigned long *found)
{
	bool write = mirror->hold->flags & PINCHECK_HOLD_WRITE;
	unsigned int tries;
	int err;

	for (tries = 0; tries < FIND_TRIES; tries++) {
		err = find_pages(mirror, first, nr, write, found);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (err != -EBUSY)
			return err;
		cond_resched();
	}
	return -EAGAIN;
}

/*
 * Finds all pages. After a failure tries page by page, to learn which page fails. *given: HMM gave
 * that page, and check_mappings() refuses it.
 */
static int find_all_pages(struct mirror *mirror, u64 *done, u64 *given)
{
	bool write = mirror->hold->flags & PINCHECK_HOLD_WRITE;
	unsigned long nr = mirror->hold->nr, step = FIND_PAGES;
	unsigned long *found = (unsigned long *)__get_free_page(GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!found)
		return -ENOMEM;
	for (*done = 0; *done < nr; cond_resched()) {
		step = min_t(unsigned long, step, nr - *done);
		err = find_pages_patiently(mirror, *done, step, found);
		if (!err)
			*done += step;
		else if (step > 1 && err != -EINTR && err != -EAGAIN)
			step = 1;
		else
			break;
	}
	*given = (err == -EFAULT || err == -EPERM) && answer_serves(*found, write);
	free_page((unsigned long)found);
	return err;
}

static int mirror_check(const struct pincheck_hold *request)
{
	/* Pages that the device cannot write are never dirty. */
	if ((request->flags & PINCHECK_HOLD_DIRTY_LATE) && !(request->flags & PINCHECK_HOLD_WRITE))
		return -EINVAL;
	return interval_check(request);
}

/* Words of each bitmap. */
static size_t mirror_longs(unsigned long nr)
{
	return BITS_TO_LONGS(nr);
}

static size_t mirror_bytes(const struct pincheck_hold *request)
{
	unsigned long nr = request->len >> PAGE_SHIFT;
	size_t late = request->flags & PINCHECK_HOLD_DIRTY_LATE ? nr : 0;

	return sizeof(struct mirror) + late * sizeof(struct page *) +
	       MIRROR_BITMAPS * mirror_longs(nr) * sizeof(unsigned long);
}

/* The private memory is zeroed: no page is valid yet. */
static struct mirror *mirror_init(struct hold *hold)
{
	struct mirror *mirror = hold->private;
	unsigned long *memory = mirror->memory;

	mirror->hold = hold;
	mirror->valid = memory;
	memory += mirror_longs(hold->nr);
	mirror->writable = memory;
	memory += mirror_longs(hold->nr);
	mirror->written = memory;
	memory += mirror_longs(hold->nr);
	if (hold->flags & PINCHECK_HOLD_DIRTY_LATE)
		mirror->late = (struct page **)memory;
	return mirror;
}

static int mirror_take(struct hold *hold, struct pincheck_hold *request)
{
	struct mirror *mirror = mirror_init(hold);
	int err;

	hold_clear_pages(hold);
	err = interval_begin(&mirror->interval, hold->mm, hold->addr, hold->nr << PAGE_SHIFT,
			     &mirror_interval_ops);
	if (!err) {
		err = find_all_pages(mirror, &request->pages, &request->slow_pages);
		if (err)
			interval_end(&mirror->interval);
	}
	if (!err)
		return 0;
	/* GUP says EFAULT for this, too, and EPERM of HOLD has another meaning. */
	if (err == -EPERM)
		err = -EFAULT;
	request->reason = explain_failure(hold->mm,
					  hold->addr + (request->pages << PAGE_SHIFT),
					  hold->flags, err);
	return err;
}

/* Marks pages too late: by now they may have lost the buffers that a dirty page needs. */
static void dirty_late_pages(struct mirror *mirror)
{
	struct hold *hold = mirror->hold;
	unsigned long i;

	for (i = 0; mirror->late && i < hold->nr; i++) {
		struct page *page = mirror->late[i];

		cond_resched();
		if (!page)
			continue;
		set_page_dirty_lock(page);
		WRITE_ONCE(mirror->late[i], NULL);
		put_page(page);
		account_references(hold->account, 0, 1);
	}
}

/* Gives back the whole hold. Valid pages are marked dirty in time: their entries still exist. */
static void mirror_give_back(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
{
	struct mirror *mirror = hold->private;
	struct pincheck_event event = { 0 };	/* not recorded */

	mutex_lock(&mirror->interval.lock);
	if (dirty)
		bitmap_or(mirror->written, mirror->written, mirror->writable, hold->nr);
	forget_pages(mirror, first, first + nr, true, true, &event);
	mutex_unlock(&mirror->interval.lock);
	interval_end(&mirror->interval);
	dirty_late_pages(mirror);
}

/* Return: does a valid entry allow this access? If so, *err is the result of the access. */
static bool access_valid_page(struct mirror *mirror, const struct io_part *part, int *err)
{
	struct page *page = mirror->hold->pages[part->index];

	if (!page || (part->write && !test_bit(part->index, mirror->writable)))
		return false;
	*err = device_access(page, part);
	if (!*err && part->write)
		__set_bit(part->index, mirror->written);
	return true;
}

/* A device fault: finds the page again, with the rights that its mapping has now. */
static int device_fault(struct mirror *mirror, const struct io_part *part)
{
	struct mm_struct *mm = mirror->hold->mm;
	unsigned long found;
	int err;

	if (!mmget_not_zero(mm))
		return -EFAULT;	/* the process has ended, and has no mapping any more */
	err = find_pages(mirror, part->index, 1, part->write, &found);
	mmput(mm);
	return err;
}

static int mirror_access(struct hold *hold, const struct io_part *part)
{
	struct mirror *mirror = hold->private;
	unsigned int tries;
	bool valid;
	int err = 0;

	for (tries = 0; tries < FIND_TRIES; tries++) {
		mutex_lock(&mirror->interval.lock);
		valid = access_valid_page(mirror, part, &err);
		mutex_unlock(&mirror->interval.lock);
		if (valid)
			return err;
		err = device_fault(mirror, part);
		if (err && err != -EBUSY)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return -EAGAIN;
}

static struct page *mirror_stale_page(const struct hold *hold, unsigned long index)
{
	const struct mirror *mirror = hold->private;

	return mirror->late ? READ_ONCE(mirror->late[index]) : NULL;
}

static struct interval *mirror_interval(struct hold *hold)
{
	struct mirror *mirror = hold->private;

	return &mirror->interval;
}

const struct hold_ops mirror_ops = {
	.flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_DIRTY_LATE,
	.by_address = true,
	.check = mirror_check,
	.private_bytes = mirror_bytes,
	.take = mirror_take,
	.give_back = mirror_give_back,
	.access = mirror_access,
	.interval = mirror_interval,
	.stale_page = mirror_stale_page,
};
