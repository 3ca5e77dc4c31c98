// SPDX-License-Identifier: GPL-2.0-only
/* Hold lifetime: the charge for the pages, the use of the pages, and the end of the structure. */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include "explain.h"
#include "hold.h"
#include "page/whitelist.h"

#define HOLD_KIND_ENTRY(kind, ops, offered) \
	[kind] = (offered) ? &(ops) : NULL,

/* By enum pincheck_kind, of which 0 is none. NULL: this kernel is not configured for the kind. */
static const struct hold_ops *const hold_kinds[] = {
	HOLD_KINDS(HOLD_KIND_ENTRY)
};

/**
 * hold_kind() - the ops of a kind
 * @kind: enum pincheck_kind, unchecked
 *
 * Return: the ops; or ERR_PTR: -EINVAL for an unknown kind, -EOPNOTSUPP when this kernel is not
 * configured for the kind.
 */
const struct hold_ops *hold_kind(u32 kind)
{
	const struct hold_ops *ops;

	if (!kind || kind >= ARRAY_SIZE(hold_kinds))
		return ERR_PTR(-EINVAL);
	ops = hold_kinds[array_index_nospec(kind, ARRAY_SIZE(hold_kinds))];
	return ops ?: ERR_PTR(-EOPNOTSUPP);
}

/**
 * struct owner_mm - whose memory a hold is to be taken on
 * @mm: of the caller; or of another process, then with a reference on the users of @mm
 * @limit: RLIMIT_MEMLOCK of the process, in pages
 */
struct owner_mm {
	struct mm_struct *mm;
	unsigned long limit;
};

/*
 * The kernel exports no way from a pidfd to a process, so the caller passes a number;
 * tools/lib/pidfd.c proves which process had that number. Return: 0 or -ESRCH.
 */
static int find_owner_mm(s32 pid, struct owner_mm *owner)
{
	struct task_struct *task;
	struct pid *number;

	if (!pid) {
		owner->mm = current->mm;
		owner->limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
		return 0;
	}
	number = find_get_pid(pid);
	task = get_pid_task(number, PIDTYPE_PID);
	put_pid(number);
	if (!task)
		return -ESRCH;
	owner->mm = get_task_mm(task);
	owner->limit = task_rlimit(task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	put_task_struct(task);
	return owner->mm ? 0 : -ESRCH;
}

/*
 * Charges as other drivers do: pinned pages against RLIMIT_MEMLOCK of the process whose memory is
 * held. Plain references are charged, too: they keep memory from being reclaimed just as well. A
 * hold without references pins nothing. The memory of the hold itself is charged by hold_memory.c.
 */
static int charge_pinned(const struct hold_ops *ops, const struct owner_mm *owner, unsigned long nr)
{
	atomic64_t *pinned = &owner->mm->pinned_vm;

	if (!hold_refers(ops))
		return 0;
	if ((u64)atomic64_add_return(nr, pinned) <= owner->limit || capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(nr, pinned);
	return -ENOMEM;
}

static void uncharge_pinned(const struct hold_ops *ops, struct mm_struct *mm, unsigned long nr)
{
	if (hold_refers(ops))
		atomic64_sub(nr, &mm->pinned_vm);
}

/**
 * hold_uncharge() - take back the charge for pages that were given back
 * @hold: that had the pages
 * @nr: number of pages
 */
void hold_uncharge(struct hold *hold, unsigned long nr)
{
	uncharge_pinned(hold->ops, hold->mm, nr);
}

static void hold_init(struct hold *hold, struct account *account, struct mm_struct *mm, u32 id,
		      const struct pincheck_hold *request)
{
	refcount_set(&hold->users, 1);
	init_rwsem(&hold->busy);
	hold->gone = false;
	hold->written = false;
	hold->account = account;
	hold->mm = mm;
	mmgrab(hold->mm);
	hold->id = id;
	hold->addr = request->addr;
	hold->nr = request->len >> PAGE_SHIFT;
	hold->left = hold->nr;
	hold->flags = request->flags;
}

/**
 * hold_clear_pages() - a kind without references begins: no page yet, and none that GUP found
 * @hold: that is being taken
 */
void hold_clear_pages(struct hold *hold)
{
	memset(hold->pages, 0, hold->nr * sizeof(*hold->pages));
	memset32(hold->fast, SPLIT_UNKNOWN, ARRAY_SIZE(hold->fast));
}

static void hold_end(struct hold *hold)
{
	mmdrop(hold->mm);
	hold_memory_free(hold);
}

/* Enforces the whitelist, if the caller has asked for that. */
static int judge_by_policy(const struct hold *hold, u32 *reason, unsigned long *allowed)
{
	const u32 longterm_write = PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE;

	if (!(hold->flags & PINCHECK_HOLD_WHITELIST))
		return 0;
	*reason = PINCHECK_REASON_FILE;
	return whitelist_enforce(hold, (hold->flags & longterm_write) == longterm_write, allowed);
}

/*
 * Pages written through references are marked dirty when the hold ends. For a page of a file that
 * tracks dirtying this may be too late: writeback has cleaned the page, reclaim has taken the
 * page's buffers, and the file system is not asked again. Kernels crash or lose data then, whether
 * the caller passes DIRTY_LATE or DIRTY_UNLOCKED, which need CAP_SYS_ADMIN, or only releases late.
 * So such holds need CAP_SYS_ADMIN as well, even on kernels whose reclaim looks for pins (from
 * 5.11).
 *
 * Other kinds do no such harm. Kind memfd has pages of shmem and hugetlb only, which have no
 * buffers. Kinds mirror and pfnmap mark a page while the writable entry that the file system has
 * allowed is still in the page table.
 */
static int judge_by_privilege(const struct hold *hold, u32 *reason, unsigned long *allowed)
{
	int err;

	if (!(hold->flags & PINCHECK_HOLD_WRITE) || !hold_refers(hold->ops) ||
	    !hold->ops->by_address || capable(CAP_SYS_ADMIN))
		return 0;
	*reason = PINCHECK_REASON_CAPABILITY;
	err = whitelist_enforce(hold, true, allowed);
	return err == -EFAULT ? -EPERM : err;
}

/* May the caller keep these pages? If not, the hold gives them back. */
static int judge_hold(struct hold *hold, struct pincheck_hold *request)
{
	unsigned long allowed;
	u32 reason;
	int err = judge_by_policy(hold, &reason, &allowed) ?:
		  judge_by_privilege(hold, &reason, &allowed);

	if (!err)
		return 0;
	request->reason = err == -EINTR ? PINCHECK_REASON_SIGNAL : reason;
	request->pages = allowed;
	hold->ops->give_back(hold, 0, hold->nr, false);
	return err;
}

static struct hold *take_from_owner(struct account *account, const struct hold_ops *ops, u32 id,
				    struct pincheck_hold *request, const struct owner_mm *owner)
{
	unsigned long nr = request->len >> PAGE_SHIFT;
	struct hold *hold;
	int err;

	err = charge_pinned(ops, owner, nr);
	if (err)
		return ERR_PTR(refuse(&request->reason, PINCHECK_REASON_MEMLOCK, err));
	hold = hold_memory_alloc(account, ops, request);
	if (!hold) {
		uncharge_pinned(ops, owner->mm, nr);
		return ERR_PTR(-ENOMEM);
	}
	hold_init(hold, account, owner->mm, id, request);
	hold->ops = ops;
	err = ops->take(hold, request);
	if (!err)
		err = judge_hold(hold, request);
	if (err) {
		hold_uncharge(hold, nr);
		hold_end(hold);
		return ERR_PTR(err);
	}
	return hold;
}

/**
 * hold_take() - take a hold on memory of the calling process, or of another
 * @account: of the session that takes the hold
 * @ops: the kind
 * @id: reserved for the hold
 * @request: checked; its reason is set on failure, its pages always
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: the hold, with one reference, or ERR_PTR() of what struct pincheck_hold promises.
 */
struct hold *hold_take(struct account *account, const struct hold_ops *ops, u32 id,
		       struct pincheck_hold *request)
{
	struct owner_mm owner;
	struct hold *hold;
	int err = find_owner_mm(request->pid, &owner);

	if (err)
		return ERR_PTR(refuse(&request->reason, PINCHECK_REASON_ARGUMENT, err));
	hold = take_from_owner(account, ops, id, request, &owner);
	if (request->pid)
		mmput(owner.mm);
	return hold;
}

/**
 * hold_enter() - begin to use the pages of a hold
 * @hold: on which the caller has a reference
 *
 * Context: process context, sleeps. Until hold_leave() no page of the hold is given back. The only
 * lock that may be taken inside @hold->busy is mmap_lock.
 *
 * Return: 0; -ENOENT when all pages were given back; -EINTR when a fatal signal came meanwhile.
 */
int hold_enter(struct hold *hold)
{
	if (down_read_killable(&hold->busy))
		return -EINTR;
	if (!hold->gone)
		return 0;
	up_read(&hold->busy);
	return -ENOENT;
}

/**
 * hold_leave() - the caller uses the pages no more, nor the hold
 * @hold: after hold_enter(); the caller's reference is dropped
 */
void hold_leave(struct hold *hold)
{
	up_read(&hold->busy);
	hold_put(hold);
}

/**
 * hold_put() - drop a reference on the structure
 * @hold: freed with the last reference; all its pages were given back by then
 */
void hold_put(struct hold *hold)
{
	if (refcount_dec_and_test(&hold->users))
		hold_end(hold);
}
