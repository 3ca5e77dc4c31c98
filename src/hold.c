// SPDX-License-Identifier: GPL-2.0-only
/* Hold lifetime: what is charged, who may use it, and what becomes of the structure. */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "hold.h"
#include "session.h"
#include "whitelist.h"

/**
 * struct memory - whose memory a hold is to be taken on
 * @mm: with a reference on its users, unless it is the caller's own
 * @limit: RLIMIT_MEMLOCK of the process, in pages
 */
struct memory {
	struct mm_struct *mm;
	unsigned long limit;
};

/*
 * A module has no way from a pidfd to a process: the number has to do, and tools/lib/pidfd.c proves
 * whose it was. Return: 0 or -ESRCH.
 */
static int memory_find(s32 pid, struct memory *memory)
{
	struct task_struct *task;
	struct pid *number;

	if (!pid) {
		memory->mm = current->mm;
		memory->limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
		return 0;
	}
	number = find_get_pid(pid);
	task = get_pid_task(number, PIDTYPE_PID);
	put_pid(number);
	if (!task)
		return -ESRCH;
	memory->mm = get_task_mm(task);
	memory->limit = task_rlimit(task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	put_task_struct(task);
	return memory->mm ? 0 : -ESRCH;
}

/*
 * As other drivers count: pinned pages against RLIMIT_MEMLOCK of the process whose memory it is.
 * Plain references count too: they keep memory from being reclaimed just as well. A hold without
 * references pins nothing. What the hold itself takes is charged elsewhere: see hold_memory.c.
 */
static int charge(const struct hold_ops *ops, const struct memory *memory, unsigned long nr)
{
	atomic64_t *pinned = &memory->mm->pinned_vm;

	if (!hold_refers(ops))
		return 0;
	if ((u64)atomic64_add_return(nr, pinned) <= memory->limit || capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(nr, pinned);
	return -ENOMEM;
}

static void uncharge(const struct hold_ops *ops, struct mm_struct *mm, unsigned long nr)
{
	if (hold_refers(ops))
		atomic64_sub(nr, &mm->pinned_vm);
}

/**
 * hold_uncharge() - pages of a hold were given back
 * @hold: whose
 * @nr: how many
 */
void hold_uncharge(struct hold *hold, unsigned long nr)
{
	uncharge(hold->ops, hold->mm, nr);
}

static void hold_init(struct hold *hold, struct session *session, struct mm_struct *mm, u32 id,
		      const struct pincheck_hold *request)
{
	refcount_set(&hold->users, 1);
	init_rwsem(&hold->busy);
	hold->gone = false;
	hold->written = false;
	hold->session = session;
	hold->mm = mm;
	mmgrab(hold->mm);
	hold->id = id;
	hold->addr = request->addr;
	hold->nr = request->len >> PAGE_SHIFT;
	hold->left = hold->nr;
	hold->flags = request->flags;
}

static void hold_end(struct hold *hold)
{
	mmdrop(hold->mm);
	hold_memory_free(hold);
}

/* The whitelist, where the caller has asked for it. */
static int judge_as_policy(const struct hold *hold, u32 *reason, unsigned long *allowed)
{
	const u32 longterm_write = PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE;

	if (!(hold->flags & PINCHECK_HOLD_WHITELIST))
		return 0;
	*reason = PINCHECK_REASON_FILE;
	return whitelist_enforce(hold, (hold->flags & longterm_write) == longterm_write, allowed);
}

/*
 * What is written through references is marked dirty when the hold ends. On a page of a file that
 * tracks dirtying this may be too late: writeback has cleaned the page, reclaim has taken its
 * buffers, and the file system is not asked again. Kernels crash or lose data then, and it makes no
 * difference whether the caller says DIRTY_LATE or DIRTY_UNLOCKED, which need CAP_SYS_ADMIN, or just
 * takes its time. So such holds need it as well, whether reclaim looks for pins (it does not before
 * 5.11) or not.
 *
 * Other kinds do no such harm. Kind memfd has pages of shmem and hugetlb only, which have no buffers.
 * Kinds mirror and pfnmap mark a page while the writable entry that the file system has allowed is
 * still in the page table.
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

/* May the caller keep what it has taken? If not, the hold is given back. */
static int hold_judge(struct hold *hold, struct pincheck_hold *request)
{
	unsigned long allowed;
	u32 reason;
	int err = judge_as_policy(hold, &reason, &allowed) ?:
		  judge_by_privilege(hold, &reason, &allowed);

	if (!err)
		return 0;
	request->reason = err == -EINTR ? PINCHECK_REASON_SIGNAL : reason;
	request->pages = allowed;
	hold->ops->give_back(hold, 0, hold->nr, false);
	return err;
}

static struct hold *take(struct session *session, const struct hold_ops *ops, u32 id,
			 struct pincheck_hold *request, const struct memory *memory)
{
	unsigned long nr = request->len >> PAGE_SHIFT;
	struct hold *hold;
	int err;

	err = charge(ops, memory, nr);
	if (err) {
		request->reason = PINCHECK_REASON_MEMLOCK;
		return ERR_PTR(err);
	}
	hold = hold_memory_alloc(session, ops, request);
	if (!hold) {
		uncharge(ops, memory->mm, nr);
		return ERR_PTR(-ENOMEM);
	}
	hold_init(hold, session, memory->mm, id, request);
	hold->ops = ops;
	err = ops->take(hold, request);
	if (!err)
		err = hold_judge(hold, request);
	if (err) {
		hold_uncharge(hold, nr);
		hold_end(hold);
		return ERR_PTR(err);
	}
	return hold;
}

/**
 * hold_take() - take a hold on memory of the calling process, or of another
 * @session: that takes it
 * @ops: its kind
 * @id: reserved for it
 * @request: checked; its reason is set on failure, its pages always
 *
 * Context: process context, sleeps, takes mmap_lock.
 *
 * Return: the hold, with one reference, or ERR_PTR() of what struct pincheck_hold promises.
 */
struct hold *hold_take(struct session *session, const struct hold_ops *ops, u32 id,
		       struct pincheck_hold *request)
{
	struct memory memory;
	struct hold *hold;
	int err = memory_find(request->pid, &memory);

	if (err) {
		request->reason = PINCHECK_REASON_ARGUMENT;
		return ERR_PTR(err);
	}
	hold = take(session, ops, id, request, &memory);
	if (request->pid)
		mmput(memory.mm);
	return hold;
}

/**
 * hold_enter() - begin to use the pages of a hold
 * @session: whose
 * @id: of the hold
 *
 * Context: process context, sleeps. Until hold_leave() the hold is not given back. The only lock
 * taken inside another is mmap_lock, inside this one.
 *
 * Return: the hold, or ERR_PTR: -ENOENT, or -EINTR when a fatal signal came while waiting.
 */
struct hold *hold_enter(struct session *session, u32 id)
{
	struct hold *hold = session_find(session, id);

	if (!hold)
		return ERR_PTR(-ENOENT);
	if (down_read_killable(&hold->busy)) {
		hold_put(hold);
		return ERR_PTR(-EINTR);
	}
	if (hold->gone) {
		hold_leave(hold);
		return ERR_PTR(-ENOENT);
	}
	return hold;
}

/**
 * hold_leave() - the pages are used no more
 * @hold: from hold_enter()
 */
void hold_leave(struct hold *hold)
{
	up_read(&hold->busy);
	hold_put(hold);
}

/**
 * hold_put() - drop a reference on the structure
 * @hold: ends with the last one; its pages were given back by then
 */
void hold_put(struct hold *hold)
{
	if (refcount_dec_and_test(&hold->users))
		hold_end(hold);
}
