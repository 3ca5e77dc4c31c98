// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device memory: pages of the session that are mapped as if they were none (VM_PFNMAP), and REVOKE,
 * which takes them away from whoever maps them, as a driver does before its device loses power.
 *
 * Every entry of the page tables is marked special, PMDs too, so nothing that walks them looks for
 * a struct page: no reference is ever counted on this memory, by the CPU's mappings or by GUP. It
 * lives as long as the session, and each mapping keeps the session by its file.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "charge.h"
#include "command.h"
#include "compat/huge_pfnmap.h"
#include "compat/vm_flags.h"
#include "pfnmap.h"
#include "session.h"

#define DEVICE_ORDER		get_order(PINCHECK_DEVICE_BYTES)

/* 64 KiB, if the machine has no larger block: enough for mappings by pages. */
#define DEVICE_ORDER_MIN	get_order(64UL << 10)

#define HUGE_ORDER		(PMD_SHIFT - PAGE_SHIFT)

/**
 * struct pfnmap - the device memory of a session
 * @mapping: what maps it. All opens of a device share its inode, and would share its mappings: then
 *	a revocation hit all sessions. And the offset of a private mapping is no help to tell them
 *	apart: remap_pfn_range() makes it the page frame number
 * @lock: held for reading while something is mapped, for writing where what follows changes
 * @memory: a block of 1 << @order pages, once somebody mapped it
 * @order: of it
 * @charge: of the session, for @memory
 * @charged: bytes
 * @remapper: process that mapped it at once; under a reference on the structure
 * @revoked: nothing may be mapped
 * @small_faults: that mapped a page
 * @huge_faults: that mapped a PMD
 * @refused_faults: that found it revoked
 */
struct pfnmap {
	struct address_space mapping;
	struct rw_semaphore lock;	/* see above */
	struct page *memory;
	unsigned int order;
	struct charge *charge;
	size_t charged;
	struct mm_struct *remapper;
	bool revoked;
	atomic64_t small_faults;
	atomic64_t huge_faults;
	atomic64_t refused_faults;
};

/**
 * struct flavour - a way to map device memory
 * @offset: of the file, by which it is chosen
 * @huge: not every kernel can do it
 * @map: what mmap() has to do
 * @ops: of the mapping
 * @private_ops: of a private one, if they differ
 */
struct flavour {
	u64 offset;
	bool huge;
	int (*map)(struct pfnmap *pfnmap, struct vm_area_struct *vma, unsigned long first);
	const struct vm_operations_struct *ops;
	const struct vm_operations_struct *private_ops;
};

/**
 * pfnmap_open() - the device memory of a session that begins: none yet
 * @file: by which it is mapped; its mappings are kept apart from those of other files from now on
 * @charge: of the session
 *
 * Return: it, or NULL without memory.
 */
struct pfnmap *pfnmap_open(struct file *file, struct charge *charge)
{
	struct pfnmap *pfnmap = kzalloc(sizeof(*pfnmap), GFP_KERNEL_ACCOUNT);

	if (!pfnmap)
		return NULL;
	pfnmap->charge = charge;
	init_rwsem(&pfnmap->lock);
	address_space_init_once(&pfnmap->mapping);
	pfnmap->mapping.host = file_inode(file);
	pfnmap->mapping.a_ops = &empty_aops;
	file->f_mapping = &pfnmap->mapping;
	return pfnmap;
}

/**
 * pfnmap_close() - free it
 * @pfnmap: of a session that ends: so nothing maps it
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

/* Return: a block of 1 << @order pages of memory, for which the session is charged, or NULL. */
static struct page *block_alloc(struct pfnmap *pfnmap, unsigned int order)
{
	const gfp_t flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN;
	size_t charged = 0;
	struct page *block;

	if (charge_add(pfnmap->charge, PAGE_SIZE << order, &charged))
		return NULL;
	block = alloc_pages(flags, order);
	if (block)
		pfnmap->charged = charged;
	else
		charge_sub(pfnmap->charge, charged);
	return block;
}

/* Under @pfnmap->lock, for writing. */
static int allocate(struct pfnmap *pfnmap)
{
	unsigned int order;

	for (order = DEVICE_ORDER; !pfnmap->memory; order--) {
		if (order < DEVICE_ORDER_MIN)
			return -ENOMEM;
		pfnmap->memory = block_alloc(pfnmap, order);
		pfnmap->order = order;
	}
	return 0;
}

/* Index of the page of device memory that this offset of the file means. */
static unsigned long device_index(pgoff_t pgoff)
{
	return pgoff & ((PINCHECK_MMAP_HUGE >> PAGE_SHIFT) - 1);
}

/* Return: map_page() or map_huge() did it, or device memory is revoked. */
static vm_fault_t fault_in(struct vm_fault *vmf,
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

/* The whole PMD has to be of this mapping, and of this memory. */
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

static vm_fault_t fault(struct vm_fault *vmf)
{
	return fault_in(vmf, map_page);
}

static vm_fault_t __maybe_unused huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return order == HUGE_ORDER ? fault_in(vmf, map_huge) : VM_FAULT_FALLBACK;
}

/*
 * For ptrace and /proc/PID/mem, which come here where GUP refuses: without any check of what the
 * mapping allows. Not for private mappings: what the process has there need not be device memory.
 */
static int access(struct vm_area_struct *vma, unsigned long addr, void *buffer, int len, int write)
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
	.fault = fault,
	.access = access,
};

static const struct vm_operations_struct huge_ops = {
	.fault = fault,
	COMPAT_HUGE_FAULT(huge_fault)
	.access = access,
};

static const struct vm_operations_struct remap_ops = {
	.access = access,
};

static const struct vm_operations_struct remap_private_ops = { };

static bool is_cow(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* What a fault cannot map must not be, or become, a mapping that copies on write: a BUG. */
static int map_later(struct pfnmap *pfnmap, struct vm_area_struct *vma, unsigned long first)
{
	if (is_cow(vma) && (vma->vm_flags & VM_WRITE))
		return -EINVAL;
	compat_vm_flags_mod(vma, 0, is_cow(vma) ? VM_MAYWRITE : 0);
	return 0;
}

/*
 * The kernel links the mapping to @pfnmap->mapping only after mmap() of the file: until then a
 * revocation does not see it, and has to wait for this process.
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

/* Is it a mapping of device memory of a session, of this one or another? Under mmap_lock. */
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
 * pfnmap_is_device_memory() - is this page device memory of a session, of this one or another?
 * @vma: that maps it, under mmap_lock
 * @pfn: its number
 */
bool pfnmap_is_device_memory(const struct vm_area_struct *vma, unsigned long pfn)
{
	const struct pfnmap *pfnmap = vma->vm_private_data;

	return is_device_mapping(vma) &&
	       pfn - page_to_pfn(pfnmap->memory) < 1UL << pfnmap->order;
}

/**
 * pfnmap_is_private_copy() - has the process copied device memory of a session by a write?
 * @vma: that maps the page, under mmap_lock
 * @pfn: its number
 *
 * Return: true when the page is ordinary anonymous memory of the process, though nothing in its
 * mapping says so: nothing else can be in a private mapping of device memory.
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
	int err = allocate(pfnmap);

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
 * @vma: as mmap() wants it; its offset says how
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
	/* Locks the mapping, if the kernel has such locks: faults have them around @pfnmap->lock. */
	compat_vm_flags_mod(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (down_write_killable(&pfnmap->lock))
		return -EINTR;
	err = map_flavour(pfnmap, flavour, vma);
	up_write(&pfnmap->lock);
	return err;
}

/*
 * Nothing is mapped by faults once this returned, and nothing is about to be. *remapper is whom to
 * wait for before all that was mapped is known, with a reference, or NULL.
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

/* An mmap() that saw it not revoked yet has been linked when its mmap_lock was to be had. */
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

static int revoke(struct pfnmap *pfnmap)
{
	struct mm_struct *remapper;
	int err = set_revoked(pfnmap, true, &remapper);

	if (err)
		return err;
	err = wait_for_mmap(remapper);
	/* All there is: a private mapping has its page frame number for an offset. */
	unmap_mapping_range(&pfnmap->mapping, 0, 0, 1);
	return err;
}

static int restore(struct pfnmap *pfnmap)
{
	struct mm_struct *remapper;
	int err = set_revoked(pfnmap, false, &remapper);

	if (!err && remapper)
		mmdrop(remapper);
	return err;
}

/**
 * revoke_command() - take the device memory away from its mappings, or allow them again
 * @session: whose
 * @argument: of REVOKE
 *
 * Context: process context, sleeps, takes mmap_lock for reading.
 *
 * Return: 0, or what struct pincheck_revoke promises.
 */
int revoke_command(struct session *session, union argument *argument)
{
	struct pincheck_revoke *request = &argument->revoke;
	struct pfnmap *pfnmap = session->pfnmap;
	int err = request->flags & PINCHECK_REVOKE_RESTORE ? restore(pfnmap) : revoke(pfnmap);

	if (err)
		return err;
	request->mapped = !!mapping_mapped(&pfnmap->mapping);
	request->small_faults = atomic64_read(&pfnmap->small_faults);
	request->huge_faults = atomic64_read(&pfnmap->huge_faults);
	request->refused_faults = atomic64_read(&pfnmap->refused_faults);
	return 0;
}
