// SPDX-License-Identifier: GPL-2.0-only
/*
 * FOLLOW: from an address in a mapping of device memory to its page frame number. GUP refuses such
 * memory, and there is no reference that would keep it: what the page table says is true while the
 * page table is locked, and nothing is used after that, unless an interval notifier watches it
 * (kind pfnmap, pfnmap_hold.c). Rows B51 to B54, R58, R59 of the catalogue.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "command.h"
#include "compat/follow.h"
#include "compat/kmap.h"
#include "compat/ram.h"
#include "follow.h"
#include "hold.h"
#include "page_health.h"
#include "pfnmap_hold.h"
#include "pfnmap.h"
#include "session.h"

/* How often what a fault mapped may be gone again before we could look. */
#define FOLLOW_TRIES	64

/**
 * follow_read() - read memory that somebody maps, if it is RAM: devices do not like to be read
 * @pfn: of it; it is mapped while this runs
 * @offset: in the page
 * @buffer: of ours
 * @len: bytes, within the page
 *
 * Context: does not sleep. Nobody but RCU keeps such memory from going offline: see online.h.
 *
 * Return: 0; -EIO when it is not RAM, is not online, or see page_health().
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
		/* Somebody else's pages need not be mapped in the kernel. */
		err = copy_from_kernel_nofault(buffer, memory + offset, len);
		compat_kunmap_local(memory);
	}
	rcu_read_unlock();
	return err ? -EIO : 0;
}

static void look(const struct compat_follow *entry, const struct vm_area_struct *vma,
		 unsigned long addr, struct sight *sight)
{
	*sight = (struct sight) {
		.pfn = entry->pfn,
		.leaf = entry->leaf,
		.writable = entry->writable,
		.special = entry->special,
		.ours = pfnmap_is_device_memory(vma, entry->pfn),
		.copied = pfnmap_is_private_copy(vma, entry->pfn),
	};
	sight->readable = !follow_read(entry->pfn, offset_in_page(addr), &sight->value,
				       sizeof(sight->value));
}

static int refuse(u32 *reason, u32 why, int err)
{
	*reason = why;
	return err;
}

/* May this be followed at all? Under mmap_lock. */
static int check(const struct vm_area_struct *vma, unsigned long addr, bool write, u32 *reason)
{
	if (!vma || vma->vm_start > addr)
		return refuse(reason, PINCHECK_REASON_UNMAPPED, -EFAULT);
	/* follow_pte() would look at anything. */
	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return refuse(reason, PINCHECK_REASON_PAGES, -EINVAL);
	if (!(vma->vm_flags & VM_READ) || (write && !(vma->vm_flags & VM_WRITE)))
		return refuse(reason, PINCHECK_REASON_ACCESS, -EACCES);
	return 0;
}

/* Return: 0; -EAGAIN where a fault is needed first; or what check() says. */
static int try_to_look(struct mm_struct *mm, unsigned long addr, bool write, struct sight *sight,
		       u32 *reason)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	int err = check(vma, addr, write, reason);
	struct compat_follow entry;
	bool good;

	if (err)
		return err;
	if (compat_follow_start(&entry, vma, addr))
		return -EAGAIN;
	good = entry.writable || !write;
	if (good)
		look(&entry, vma, addr, sight);
	compat_follow_end(&entry);
	return good ? 0 : -EAGAIN;
}

/**
 * follow() - see what is mapped at an address, faulting where it must
 * @mm: under mmap_lock, which may be dropped and taken again
 * @addr: a multiple of the size of a word
 * @write: only an entry that allows it is wanted
 * @sight: filled
 * @reason: enum pincheck_reason, where it fails
 *
 * Context: process context, sleeps.
 *
 * Return: 0; -EFAULT when nothing is mapped there, or may not be faulted in; -EINVAL when that is
 * memory with pages; -EACCES when the mapping forbids it; -EAGAIN when it was always gone again;
 * -EINTR; -ENOMEM.
 */
int follow(struct mm_struct *mm, unsigned long addr, bool write, struct sight *sight, u32 *reason)
{
	unsigned int tries;
	bool unlocked = false;
	int err = -EAGAIN;

	for (tries = 0; tries < FOLLOW_TRIES && err == -EAGAIN; tries++) {
		err = try_to_look(mm, addr, write, sight, reason);
		if (err != -EAGAIN)
			return err;
		if (fatal_signal_pending(current))
			return refuse(reason, PINCHECK_REASON_SIGNAL, -EINTR);
		err = fixup_user_fault(mm, addr, write ? FAULT_FLAG_WRITE : 0, &unlocked) ?:
		      -EAGAIN;
		cond_resched();
	}
	return refuse(reason, err == -ENOMEM ? PINCHECK_REASON_MEMORY : PINCHECK_REASON_PFNMAP, err);
}

static void tell(struct pincheck_follow *request, const struct sight *sight)
{
	request->pfn = sight->pfn;
	request->leaf = sight->leaf;
	request->value = sight->value;
	request->told |= (sight->writable ? PINCHECK_FOLLOWED_WRITABLE : 0) |
			 (sight->special ? PINCHECK_FOLLOWED_SPECIAL : 0) |
			 (sight->readable ? PINCHECK_FOLLOWED_VALUE : 0) |
			 (sight->ours ? PINCHECK_FOLLOWED_OURS : 0);
}

static int follow_once(struct pincheck_follow *request)
{
	bool write = request->flags & PINCHECK_FOLLOW_WRITE;
	struct sight sight;
	int err;

	if (mmap_read_lock_killable(current->mm))
		return refuse(&request->reason, PINCHECK_REASON_SIGNAL, -EINTR);
	err = follow(current->mm, request->addr, write, &sight, &request->reason);
	mmap_read_unlock(current->mm);
	if (!err)
		tell(request, &sight);
	return err;
}

/* A hold of kind pfnmap is taken, by the way of all holds, and tells what it saw. */
static int follow_and_keep(struct session *session, struct pincheck_follow *request)
{
	union argument argument = { .hold = {
		.size = sizeof(argument.hold),
		.flags = request->flags & PINCHECK_FOLLOW_WRITE ? PINCHECK_HOLD_WRITE : 0,
		.kind = PINCHECK_KIND_PFNMAP,
		.addr = request->addr,
		.len = request->len,
	} };
	int err = hold_command(session, &argument);
	struct hold *hold;

	request->reason = argument.hold.reason;
	if (err)
		return err;
	hold = session_enter_hold(session, argument.hold.hold);
	if (IS_ERR(hold))	/* somebody released it already, or kills us */
		return PTR_ERR(hold);
	request->hold = argument.hold.hold;
	request->told = PINCHECK_FOLLOWED_KEPT;
	tell(request, pfnmap_hold_sight(hold));
	hold_leave(hold);
	return 0;
}

static void forget_outputs(struct pincheck_follow *request)
{
	request->hold = 0;
	request->reason = PINCHECK_REASON_NONE;
	request->pfn = 0;
	request->leaf = 0;
	request->value = 0;
	request->told = 0;
}

/**
 * follow_refused() - the argument broke a rule of the table: say so in its outputs
 * @argument: of FOLLOW
 */
void follow_refused(union argument *argument)
{
	forget_outputs(&argument->follow);
	argument->follow.reason = PINCHECK_REASON_ARGUMENT;
}

static int follow_check(const struct pincheck_follow *request)
{
	if (request->flags & PINCHECK_FOLLOW_KEEP)
		return 0;	/* the hold's own rules */
	if (request->len || request->addr % sizeof(request->value))
		return -EINVAL;
	return request->addr < TASK_SIZE ? 0 : -EINVAL;
}

/**
 * follow_command() - what is mapped at an address of device memory
 * @session: that keeps it, if that is wanted
 * @argument: of FOLLOW
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: 0, or what struct pincheck_follow promises; its outputs are set in any case.
 */
int follow_command(struct session *session, union argument *argument)
{
	struct pincheck_follow *request = &argument->follow;

	forget_outputs(request);
	if (follow_check(request))
		return refuse(&request->reason, PINCHECK_REASON_ARGUMENT, -EINVAL);
	if (!compat_follow)
		return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
	if (!(request->flags & PINCHECK_FOLLOW_KEEP))
		return follow_once(request);
	if (IS_ENABLED(CONFIG_MMU_NOTIFIER))
		return follow_and_keep(session, request);
	return refuse(&request->reason, PINCHECK_REASON_ABSENT, -EOPNOTSUPP);
}

/**
 * follow_undo() - the caller cannot be told the id: nobody could give this hold back
 * @session: that took it
 * @argument: of FOLLOW
 */
void follow_undo(struct session *session, union argument *argument)
{
	struct pincheck_release release = { .hold = argument->follow.hold };

	if (release.hold)
		session_release_hold(session, &release);
}
