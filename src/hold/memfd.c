// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold of kind "memfd": pages of a file of shmem or hugetlb, as udmabuf and iommufd take them,
 * mapped or not; pages that the file lacks are allocated.
 *
 * The kernel pins each folio of a call once, not each page. A pinned folio is never split, so each
 * run of pages of one folio, within the chunk of one call, has exactly one pin.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/falloc.h>	/* wants types */
#include <linux/hugetlb.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "account.h"
#include "argument.h"
#include "compat/memfd.h"
#include "explain.h"
#include "hold.h"
#include "references.h"

#define WRITE_SEALS	(F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static int memfd_check(const struct pincheck_hold *request)
{
	if (request->addr || request->path || request->pid)
		return -EINVAL;
	return range_check(request->offset, request->len, PAGE_SIZE, MAX_LFS_FILESIZE);
}

static bool is_shmem(const struct inode *inode)
{
	return IS_ENABLED(CONFIG_SHMEM) && inode->i_sb->s_magic == TMPFS_MAGIC;
}

static bool is_hugetlb(const struct inode *inode)
{
	return IS_ENABLED(CONFIG_HUGETLBFS) && inode->i_sb->s_magic == HUGETLBFS_MAGIC;
}

/* F_SEAL_* of a file of shmem or hugetlb. */
static unsigned int seals_of(struct inode *inode)
{
#ifdef CONFIG_HUGETLBFS
	if (is_hugetlb(inode))
		return HUGETLBFS_I(inode)->seals;
#endif
	return SHMEM_I(inode)->seals;
}

/* Under the inode's lock, which fcntl(F_ADD_SEALS) takes, too. */
static int check_file(struct file *file, struct pincheck_hold *request)
{
	bool write = request->flags & PINCHECK_HOLD_WRITE;
	struct inode *inode = file_inode(file);

	if (!S_ISREG(inode->i_mode) || !(is_shmem(inode) || is_hugetlb(inode)))
		return refuse(&request->reason, PINCHECK_REASON_FILE, -EINVAL);
	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return refuse(&request->reason, PINCHECK_REASON_ACCESS, -EACCES);
	if (write && (seals_of(inode) & WRITE_SEALS))
		return refuse(&request->reason, PINCHECK_REASON_ACCESS, -EPERM);
	if (request->offset + request->len > i_size_read(inode))
		return refuse(&request->reason, PINCHECK_REASON_UNMAPPED, -EINVAL);
	return 0;
}

/* Gives back pages of one chunk: each run of pages of one folio has one pin. */
static void put_chunk(struct page **pages, unsigned long nr, bool dirty)
{
	struct page *head = NULL;
	unsigned long i;

	for (i = 0; i < nr; i++) {
		struct page *next = compound_head(pages[i]);

		if (next == head)
			continue;
		if (head)
			compat_memfd_unpin(head);
		head = next;
		if (dirty)
			set_page_dirty_lock(head);
	}
	if (head)
		compat_memfd_unpin(head);
}

static void memfd_give_back(struct hold *hold, unsigned long first, unsigned long nr, bool dirty)
{
	unsigned long end = first + nr, chunk;

	for (; first < end; first += chunk) {
		chunk = min(end - first, HOLD_CHUNK_PAGES - first % HOLD_CHUNK_PAGES);
		put_chunk(hold->pages + first, chunk, dirty);
		cond_resched();
	}
	account_references(hold->account, 0, nr);
}

/* No part may end between two pages that share one pin. */
static bool memfd_can_cut(const struct hold *hold, unsigned long index)
{
	return index % HOLD_CHUNK_PAGES == 0 ||
	       compound_head(hold->pages[index - 1]) != compound_head(hold->pages[index]);
}

/* Return: number of pages that came; *err: why not all of them. */
static unsigned long take_chunks(struct hold *hold, struct file *file, loff_t start,
				 struct folio **folios, int *err)
{
	unsigned long done = 0, chunk;
	long got;

	for (; done < hold->nr && !*err; cond_resched()) {
		chunk = min(hold->nr - done, HOLD_CHUNK_PAGES);
		if (fatal_signal_pending(current)) {
			*err = -EINTR;
			break;
		}
		got = compat_memfd_pin(file, start + ((loff_t)done << PAGE_SHIFT), chunk,
				       hold->pages + done, folios);
		hold->fast[done / HOLD_CHUNK_PAGES] = SPLIT_UNKNOWN;
		if (got < 0) {
			*err = got;
			break;
		}
		if (got)
			*err = references_taken(hold, done, got);
		if (!*err && got < chunk)
			*err = -EFAULT;
		done += got;
	}
	return done;
}

/* Does the page cache lack a page of the range? The inode's lock keeps pages from being removed. */
static bool has_hole(struct inode *inode, const struct pincheck_hold *request)
{
	unsigned long step = i_blocksize(inode) >> PAGE_SHIFT;
	unsigned long index = round_down(request->offset >> PAGE_SHIFT, step);
	unsigned long end = (request->offset + request->len) >> PAGE_SHIFT;

	for (; index < end; index += step) {
		void *entry = xa_load(&inode->i_mapping->i_pages, index);

		if (!entry || xa_is_value(entry))
			return true;
	}
	return false;
}

/*
 * Asks the kernel for the last page of a range, and gives the page back. Return: the kernel gave it.
 * Of hugetlb it is asked for pages only that the file has: see fill_holes().
 */
static bool kernel_gives(struct file *file, const struct pincheck_hold *request,
			 struct folio **folios)
{
	loff_t last = request->offset + request->len - PAGE_SIZE;
	struct inode *inode = file_inode(file);
	struct page *page;

	if (is_hugetlb(inode) && has_hole(inode, request))
		return false;
	if (compat_memfd_pin(file, last, 1, &page, folios) != 1)
		return false;
	compat_memfd_unpin(page);
	return true;
}

/*
 * As check_file(). What is refused here is refused only after the kernel was asked, so that tests can
 * judge the kernel's answer: memfd_pin_folios() looks neither at the mode of the file nor at seals.
 */
static int check_file_and_ask(struct file *file, struct pincheck_hold *request,
			      struct folio **folios)
{
	int err = check_file(file, request);

	if (err)
		request->slow_pages = kernel_gives(file, request, folios);
	return err;
}

/*
 * Allocates the pages that a hugetlb file lacks, as fallocate() does. memfd_pin_folios() would take
 * them from the pages that mappings have reserved, and where no page is reserved kernels count
 * below 0 (a BUG with CONFIG_DEBUG_VM): then no process gets a huge page any more.
 */
static int fill_holes(struct file *file, struct pincheck_hold *request, struct folio **folios)
{
	struct inode *inode = file_inode(file);
	bool hole;
	int err;

	if (!is_hugetlb(inode))
		return 0;
	if (down_read_killable(&inode->i_rwsem))
		return -EINTR;
	err = check_file_and_ask(file, request, folios);
	hole = !err && has_hole(inode, request);
	up_read(&inode->i_rwsem);
	if (!hole)
		return err;
	if (!(file->f_mode & FMODE_WRITE))
		return refuse(&request->reason, PINCHECK_REASON_ACCESS, -EACCES);
	err = vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, request->offset, request->len);
	if (err == -EINTR && !fatal_signal_pending(current))
		return -EAGAIN;
	return err == -ENOSPC ? refuse(&request->reason, PINCHECK_REASON_POOL, -ENOMEM) : err;
}

/* Under the inode's lock. */
static int take_locked(struct hold *hold, struct file *file, struct pincheck_hold *request,
		       struct folio **folios)
{
	int err = check_file_and_ask(file, request, folios);

	if (err)
		return err;
	if (is_hugetlb(file_inode(file)) && has_hole(file_inode(file), request))
		return -EAGAIN;
	request->pages = take_chunks(hold, file, request->offset, folios, &err);
	return err;
}

static int take_file(struct hold *hold, struct file *file, struct pincheck_hold *request)
{
	struct inode *inode = file_inode(file);
	struct folio **folios;
	int err;

	folios = kvmalloc_array(min(hold->nr, HOLD_CHUNK_PAGES), sizeof(*folios),
				GFP_KERNEL_ACCOUNT);
	if (!folios)
		return -ENOMEM;
	err = fill_holes(file, request, folios);
	if (err)
		goto free;
	err = down_read_killable(&inode->i_rwsem);
	if (err)
		goto free;
	err = take_locked(hold, file, request, folios);
	up_read(&inode->i_rwsem);
	if (err)
		memfd_give_back(hold, 0, request->pages, false);
free:
	kvfree(folios);
	return err;
}

/* There is no mapping whose flags could explain the refusal: only the errno can. */
static u32 memfd_reason(int err)
{
	switch (err) {
	case -EINTR:
		return PINCHECK_REASON_SIGNAL;
	case -EOVERFLOW:
		return PINCHECK_REASON_LIMIT;
	case -ENOMEM:
	case -ENOSPC:
		return PINCHECK_REASON_MEMORY;
	default:
		return PINCHECK_REASON_KERNEL;
	}
}

static int memfd_take(struct hold *hold, struct pincheck_hold *request)
{
	struct file *file;
	int err;

	if (!compat_memfd)
		return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
	file = fget(request->fd);
	if (!file)
		return refuse(&request->reason, PINCHECK_REASON_ARGUMENT, -EBADF);
	err = take_file(hold, file, request);
	if (err && request->reason == PINCHECK_REASON_NONE)
		request->reason = memfd_reason(err);
	fput(file);
	return err;
}

/* memfd_pin_folios() takes no FOLL_* flags: its pins are always long-term. */
const struct hold_ops memfd_ops = {
	.flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_LONGTERM,
	.always_longterm = true,
	.pins_folios = true,
	.check = memfd_check,
	.take = memfd_take,
	.can_cut = memfd_can_cut,
	.give_back = memfd_give_back,
};
