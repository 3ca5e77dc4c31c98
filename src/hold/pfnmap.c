// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device memory: pages of the session that are mapped as if they had no struct page (VM_PFNMAP).
 * REVOKE takes them away from everybody who maps them, as a driver does before its device loses
 * power.
 *
 * Every entry of the page tables is marked special, PMDs too, so no walk of them looks for a struct
 * page: neither mappings nor GUP ever count a reference on this memory. The memory lives as long as
 * the session, and each mapping keeps the session through its file.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "argument.h"
#include "charge.h"
#include "compat/huge_pfnmap.h"
#include "compat/vm_flags.h"
#include "device_order.h"
#include "pfnmap.h"

#define HUGE_ORDER		(PMD_SHIFT - PAGE_SHIFT)

/**
 * struct pfnmap - the device memory of a session
 * @mapping: the mappings of this memory. All opens of the device share its inode, and would share
 *	the inode's mappings: then a revocation would hit all sessions. Nor does the offset of a
 *	private mapping tell sessions apart: remap_pfn_range() makes the offset the page frame
 *	number
 * @lock: held for reading while a page is mapped, for writing to change the fields below
 * @memory: a block of 1 << @order pages, allocated by the first mmap()
 * @order: of @memory
 * @charge: of the session, for @memory
 * @charged: bytes charged for @memory
 * @remapper: the process that has used PINCHECK_MMAP_REMAP, with a reference on the structure
 * @revoking: held by REVOKE, which revokes or restores, so that a REVOKE that is killed while it
 *	waits can set @revoked back
 * @revoked: no page may be mapped
 * @small_faults: number of faults that mapped a page
 * @huge_faults: number of faults that mapped a PMD
 * @refused_faults: number of faults while @revoked
 */
struct pfnmap {
	struct address_space mapping;
	struct rw_semaphore lock;	/* see above */
	struct page *memory;
	unsigned int order;
	struct charge *charge;
	size_t charged;
	struct mm_struct *remapper;
	struct mutex revoking;	/* outside of all other locks */
	bool revoked;
	atomic64_t small_faults;
	atomic64_t huge_faults;
	atomic64_t refused_faults;
};

/**
 * struct flavour - a way to map device memory
 * @offset: of mmap(), which chooses the flavour
 * @huge: only kernels with compat_huge_pfnmap have the flavour
 * @map: called by mmap()
 * @ops: of a shared mapping
 * @private_ops: of a private mapping
 */
struct flavour {
	u64 offset;
	bool huge;
	int (*map)(struct pfnmap *pfnmap, struct vm_area_struct *vma, unsigned long first);
	const struct vm_operations_struct *ops;
	const struct vm_operations_struct *private_ops;
};

/**
 * pfnmap_open() - prepare the device memory of a session; the first mmap() allocates it
 * @file: of the session; from now on its mappings are kept apart from those of other files
 * @charge: of the session
 *
 * Return: the device memory, or NULL when there is no kernel memory.
 */
struct pfnmap *pfnmap_open(struct file *file, struct charge *charge)
{
	struct pfnmap *pfnmap = kzalloc(sizeof(*pfnmap), GFP_KERNEL_ACCOUNT);

	if (!pfnmap)
		return NULL;
	pfnmap->charge = charge;
	init_rwsem(&pfnmap->lock);
	mutex_init(&pfnmap->revoking);
	address_space_init_once(&pfnmap->mapping);
	pfnmap->mapping.host = file_inode(file);
	pfnmap->mapping.a_ops = &empty_aops;
	file->f_mapping = &pfnmap->mapping;
	return pfnmap;
}

/**
 * pfnmap_close() - free the device memory of a session
 * @pfnmap: of a session that ends, so that no mapping is left
 */
void pfnmap_close(struct pfnmap *pfnmap)
{
	if (pfnmap->memory)
		__free_pages(pfnmap->memory, pfnmap->order);
	charge_sub(pfnmap->charge, pfnmap->charged);
	if (pfnmap->remapper)
		mmdrop(pfnmap->remapper);
	kfree(pfnmap);
}

/* Allocates the largest block that can be had. Under @pfnmap->lock, for writing. */
static int allocate_memory(struct pfnmap *pfnmap)
{
	const gfp_t flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN;
	int order = device_order_first(PAGE_SHIFT);

	for (; !pfnmap->memory && order >= 0; order = device_order_next(order, PAGE_SHIFT)) {
		size_t charged = 0;

		if (charge_add(pfnmap->charge, PAGE_SIZE << order, &charged))
			return -ENOMEM;
		pfnmap->memory = alloc_pages(flags, order);
		if (!pfnmap->memory) {
			charge_sub(pfnmap->charge, charged);
			continue;
		}
		pfnmap->order = order;
		pfnmap->charged = charged;
	}
	return pfnmap->memory ? 0 : -ENOMEM;
}

/* Index of the page of device memory at this offset of the file. */
static unsigned long device_index(pgoff_t pgoff)
{
	return pgoff & ((PINCHECK_MMAP_HUGE >> PAGE_SHIFT) - 1);
}

/* Return: what @map returns, or VM_FAULT_SIGBUS if the memory is revoked. */
static vm_fault_t fault_unless_revoked(struct vm_fault *vmf,
			   vm_fault_t (*map)(struct pfnmap *pfnmap, struct vm_fault *vmf))
{
	struct pfnmap *pfnmap = vmf->vma->vm_private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;

	down_read(&pfnmap->lock);
	if (pfnmap->revoked)
		atomic64_inc(&pfnmap->refused_faults);
	else
		result = map(pfnmap, vmf);
	up_read(&pfnmap->lock);
	return result;
}

static vm_fault_t map_page(struct pfnmap *pfnmap, struct vm_fault *vmf)
{
	atomic64_inc(&pfnmap->small_faults);
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      page_to_pfn(pfnmap->memory) + device_index(vmf->pgoff));
}

/* All of the PMD must lie within this mapping, and within this memory. */
static vm_fault_t map_huge(struct pfnmap *pfnmap, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PMD_MASK, index = device_index(vmf->pgoff);
	unsigned long before = (vmf->address - addr) >> PAGE_SHIFT;
	unsigned long pfn = page_to_pfn(pfnmap->memory) + index - before;

	if (addr < vmf->vma->vm_start || vmf->vma->vm_end - addr < PMD_SIZE)
		return VM_FAULT_FALLBACK;
	if (index < before || (pfn & ((1UL << HUGE_ORDER) - 1)))
		return VM_FAULT_FALLBACK;
	atomic64_inc(&pfnmap->huge_faults);
	return compat_insert_huge(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
}

static vm_fault_t pfnmap_fault(struct vm_fault *vmf)
{
	return fault_unless_revoked(vmf, map_page);
}

static vm_fault_t __maybe_unused pfnmap_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return order == HUGE_ORDER ? fault_unless_revoked(vmf, map_huge) : VM_FAULT_FALLBACK;
}

/*
 * ptrace and /proc/PID/mem come here where GUP refuses, and check nothing that the mapping allows.
 * Private mappings do not have this: their pages need not be device memory.
 */
static int pfnmap_access(struct vm_area_struct *vma, unsigned long addr, void *buffer, int len,
			 int write)
{
	struct pfnmap *pfnmap = vma->vm_private_data;
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	char *memory;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(unsigned long, len, PAGE_SIZE - offset_in_page(addr));
	if (down_read_killable(&pfnmap->lock))
		return -EINTR;
	memory = page_address(pfnmap->memory + device_index(pgoff)) + offset_in_page(addr);
	if (pfnmap->revoked)
		len = -EFAULT;
	else if (write)
		memcpy(memory, buffer, len);
	else
		memcpy(buffer, memory, len);
	up_read(&pfnmap->lock);
	return len;
}

static const struct vm_operations_struct fault_ops = {
	.fault = pfnmap_fault,
	.access = pfnmap_access,
};

static const struct vm_operations_struct huge_ops = {
	.fault = pfnmap_fault,
	COMPAT_HUGE_FAULT(pfnmap_huge_fault)
	.access = pfnmap_access,
};

static const struct vm_operations_struct remap_ops = {
	.access = pfnmap_access,
};

static const struct vm_operations_struct remap_private_ops = { };

static bool is_cow(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* Refuses private writable mappings: inserting a PFN into a COW mapping triggers a BUG in mm. */
static int map_later(struct pfnmap *pfnmap, struct vm_area_struct *vma, unsigned long first)
{
	if (is_cow(vma) && (vma->vm_flags & VM_WRITE))
		return -EINVAL;
	compat_vm_flags_mod(vma, 0, is_cow(vma) ? VM_MAYWRITE : 0);
	return 0;
}

/*
 * The kernel links the mapping to @pfnmap->mapping only after this function returned: until then a
 * revocation does not see the mapping, and has to wait for this process.
 */
static int map_now(struct pfnmap *pfnmap, struct vm_area_struct *vma, unsigned long first)
{
	struct mm_struct *mm = pfnmap->remapper;

	if (pfnmap->revoked)
		return -ENXIO;
	if (mm != current->mm) {
		if (mm && atomic_read(&mm->mm_users))
			return -EBUSY;
		if (mm)
			mmdrop(mm);
		mmgrab(current->mm);
		pfnmap->remapper = current->mm;
	}
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(pfnmap->memory) + first,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static const struct flavour flavours[] = {
	{ PINCHECK_MMAP_FAULT, false, map_later, &fault_ops, &fault_ops },
	{ PINCHECK_MMAP_HUGE, true, map_later, &huge_ops, &huge_ops },
	{ PINCHECK_MMAP_REMAP, false, map_now, &remap_ops, &remap_private_ops },
};

static const struct flavour *find_flavour(const struct vm_area_struct *vma)
{
	u64 offset = (u64)(vma->vm_pgoff - device_index(vma->vm_pgoff)) << PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flavours); i++) {
		if (flavours[i].offset == offset)
			return &flavours[i];
	}
	return NULL;
}

/* Does @vma map device memory of any session? Under mmap_lock. */
static bool is_device_mapping(const struct vm_area_struct *vma)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flavours); i++) {
		if (vma->vm_ops == flavours[i].ops || vma->vm_ops == flavours[i].private_ops)
			return true;
	}
	return false;
}

/**
 * pfnmap_is_device_memory() - is this page device memory of any session?
 * @vma: that maps the page, under mmap_lock
 * @pfn: page frame number
 */
bool pfnmap_is_device_memory(const struct vm_area_struct *vma, unsigned long pfn)
{
	const struct pfnmap *pfnmap = vma->vm_private_data;

	return is_device_mapping(vma) &&
	       pfn - page_to_pfn(pfnmap->memory) < 1UL << pfnmap->order;
}

/**
 * pfnmap_is_private_copy() - is this page a copy of device memory that a write of the process made?
 * @vma: that maps the page, under mmap_lock
 * @pfn: page frame number
 *
 * Return: true for every page of a private mapping of device memory that is not device memory: it
 * is anonymous memory of the process, though the flags of the mapping do not say so.
 */
bool pfnmap_is_private_copy(const struct vm_area_struct *vma, unsigned long pfn)
{
	return is_device_mapping(vma) && is_cow(vma) && !pfnmap_is_device_memory(vma, pfn);
}

/* Under @pfnmap->lock, for writing. */
static int map_flavour(struct pfnmap *pfnmap, const struct flavour *flavour,
		       struct vm_area_struct *vma)
{
	unsigned long first = device_index(vma->vm_pgoff), nr = vma_pages(vma);
	int err = allocate_memory(pfnmap);

	if (err)
		return err;
	if (!window_check(first, nr, 1UL << pfnmap->order))
		return -ENOMEM;
	vma->vm_private_data = pfnmap;
	vma->vm_ops = is_cow(vma) ? flavour->private_ops : flavour->ops;
	return flavour->map(pfnmap, vma, first);
}

/**
 * pfnmap_mmap() - map device memory
 * @pfnmap: of the session
 * @vma: as mmap() has set it up; its offset chooses the flavour
 *
 * Context: mmap_lock is held for writing.
 *
 * Return: 0, or what the contract promises where it defines PINCHECK_MMAP_FAULT.
 */
int pfnmap_mmap(struct pfnmap *pfnmap, struct vm_area_struct *vma)
{
	const struct flavour *flavour = find_flavour(vma);
	int err;

	if (!flavour || !window_check(device_index(vma->vm_pgoff), vma_pages(vma),
				      PINCHECK_DEVICE_BYTES >> PAGE_SHIFT))
		return -EINVAL;
	if (flavour->huge && !compat_huge_pfnmap)
		return -EOPNOTSUPP;
	/*
	 * Locks the VMA on kernels with per-VMA locks, which faults take outside of @pfnmap->lock.
	 */
	compat_vm_flags_mod(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (down_write_killable(&pfnmap->lock))
		return -EINTR;
	err = map_flavour(pfnmap, flavour, vma);
	up_write(&pfnmap->lock);
	return err;
}

/*
 * When this returns, no fault maps a page any more, nor is about to. *remapper is set to the
 * process whose mmap() may not be linked yet, with a reference, or to NULL.
 */
static int set_revoked(struct pfnmap *pfnmap, bool revoked, struct mm_struct **remapper)
{
	if (down_write_killable(&pfnmap->lock))
		return -EINTR;
	pfnmap->revoked = revoked;
	*remapper = pfnmap->remapper;
	if (*remapper)
		mmgrab(*remapper);
	up_write(&pfnmap->lock);
	return 0;
}

/* An mmap() that began before the revocation holds mmap_lock until its mapping is linked. */
static int wait_for_mmap(struct mm_struct *remapper)
{
	int err;

	if (!remapper)
		return 0;
	err = mmap_read_lock_killable(remapper);
	if (!err)
		mmap_read_unlock(remapper);
	mmdrop(remapper);
	return err;
}

/* Need not be killable: nobody sleeps for long while holding the lock. */
static void reset_revoked(struct pfnmap *pfnmap, bool revoked)
{
	down_write(&pfnmap->lock);
	pfnmap->revoked = revoked;
	up_write(&pfnmap->lock);
}

/* Under @pfnmap->revoking. Unmaps nothing before it is certain that all can be unmapped. */
static int revoke_memory(struct pfnmap *pfnmap)
{
	bool before = pfnmap->revoked;
	struct mm_struct *remapper;
	int err = set_revoked(pfnmap, true, &remapper);

	if (err)
		return err;
	err = wait_for_mmap(remapper);
	if (err) {
		reset_revoked(pfnmap, before);
		return err;
	}
	/* All offsets: that of a private mapping is its page frame number. */
	unmap_mapping_range(&pfnmap->mapping, 0, 0, 1);
	return 0;
}

/* Under @pfnmap->revoking. */
static int restore_memory(struct pfnmap *pfnmap)
{
	struct mm_struct *remapper;
	int err = set_revoked(pfnmap, false, &remapper);

	if (!err && remapper)
		mmdrop(remapper);
	return err;
}

/**
 * pfnmap_revoke() - take the device memory away from its mappings, or allow them again
 * @pfnmap: of the session
 * @request: of REVOKE, checked; its outputs are set on success
 *
 * Context: process context, sleeps, takes mmap_lock for reading.
 *
 * Return: 0, or what struct pincheck_revoke promises.
 */
int pfnmap_revoke(struct pfnmap *pfnmap, struct pincheck_revoke *request)
{
	int err;

	if (mutex_lock_killable(&pfnmap->revoking))
		return -EINTR;
	if (request->flags & PINCHECK_REVOKE_RESTORE)
		err = restore_memory(pfnmap);
	else
		err = revoke_memory(pfnmap);
	mutex_unlock(&pfnmap->revoking);
	if (err)
		return err;
	request->mapped = !!mapping_mapped(&pfnmap->mapping);
	request->small_faults = atomic64_read(&pfnmap->small_faults);
	request->huge_faults = atomic64_read(&pfnmap->huge_faults);
	request->refused_faults = atomic64_read(&pfnmap->refused_faults);
	return 0;
}
