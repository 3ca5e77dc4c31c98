// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages came by GUP-fast? Every slow path of GUP ends in __get_user_pages(). A kprobe there
 * records the start address of the first hit during a call. GUP-fast takes a strict prefix of the
 * range, so pages before that address came by GUP-fast and the others by the slow path. Without a
 * hit, all pages came by GUP-fast.
 *
 * The absence of a hit proves that only while the probe works. Kprobes (debugfs kprobes/enabled)
 * and ftrace (kernel.ftrace_enabled) may be switched off at any time, which the probe's own flags
 * do not show, and a hit may be missed. Therefore there are controls: GUP calls that must take the
 * slow path. path_control() tries every way into the slow path, once a session; and a call of a
 * hold without a hit counts as fast only between two controls with a hit. That is wrong only if the
 * probe was switched off after the first control and on again before the second one; each switch
 * patches the kernel's text and waits for all CPUs, which takes longer than the call.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "compat/function_args.h"
#include "compat/gup.h"
#include "hold/split.h"
#include "path.h"

#define SLOT_BITS	8
#define SLOT_TRIES	8

/**
 * struct path_slot - a GUP call that the probe observes
 * @task: the caller; NULL if the slot is free
 * @start: first address of the call
 * @end: first address behind the range
 * @first_hit: start address of the first slow round
 * @hit: a slow round was seen
 *
 * A task claims a slot by cmpxchg() on @task. Only that task uses the other fields, because the
 * probe fires in the context of the task, during its call. So no lock is needed, and the probe may
 * fire in any context.
 */
struct path_slot {
	struct task_struct *task;
	unsigned long start;
	unsigned long end;
	unsigned long first_hit;
	bool hit;
} ____cacheline_aligned;

static struct path_slot slots[1 << SLOT_BITS];
static bool probe_registered;
static bool probe_works;
static bool longterm_seen;

static struct path_slot *slot_at(unsigned int try)
{
	return &slots[(hash_ptr(current, SLOT_BITS) + try) & (ARRAY_SIZE(slots) - 1)];
}

static int record_slow_path(struct kprobe *probe, struct pt_regs *regs)
{
	struct mm_struct *mm = (struct mm_struct *)compat_function_arg(regs, 0);
	unsigned long start = compat_function_arg(regs, 1);
	unsigned int try;

	for (try = 0; try < SLOT_TRIES; try++) {
		struct path_slot *slot = slot_at(try);

		if (READ_ONCE(slot->task) != current)
			continue;
		/* A fault may call GUP for another purpose: that is not the call we observe. */
		if (!slot->hit && mm == current->mm && start >= slot->start && start < slot->end) {
			slot->first_hit = start;
			slot->hit = true;
		}
		break;
	}
	return 0;
}

static struct kprobe slow_path_probe = {
	.symbol_name = "__get_user_pages",
	.pre_handler = record_slow_path,
};

static void observation_begin(struct path_call *call, unsigned long start, unsigned long nr)
{
	unsigned int try;

	call->start = start;
	call->slot = NULL;
	if (!probe_registered)
		return;
	for (try = 0; try < SLOT_TRIES; try++) {
		struct path_slot *slot = slot_at(try);

		if (READ_ONCE(slot->task) || cmpxchg(&slot->task, NULL, current))
			continue;
		slot->start = start;
		slot->end = start + (nr << PAGE_SHIFT);
		slot->hit = false;
		call->slot = slot;
		break;
	}
	call->missed = READ_ONCE(slow_path_probe.nmissed);
	barrier();	/* the slot must be filled before the probe fires in this task */
}

/* Return: was a slow round seen? *first_hit is its start address. */
static bool observation_end(struct path_call *call, unsigned long *first_hit)
{
	bool hit = call->slot->hit;

	*first_hit = call->slot->first_hit;
	/* Release: another task may claim the slot only after it was read. */
	smp_store_release(&call->slot->task, NULL);
	call->slot = NULL;
	return hit;
}

static void control_put(struct page *page)
{
	put_page(page);	/* put_page() is an inline function: it has no address */
}

/*
 * Asks for the first address behind user space: nothing can be mapped there, so nothing is faulted
 * in. (GUP-fast refuses this address without the slow path.)
 */
static long control_slow_locked(struct page **page)
{
	long got = compat_get_user_pages(TASK_SIZE_MAX, 1, 0, page);

	mmap_read_unlock(current->mm);
	return got;
}

static long control_slow(struct page **page)
{
	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	return control_slow_locked(page);
}

/*
 * The same before GUP: GUP-fast has to meet what others do under mmap_lock, such as fork, and would
 * not if this waited for the lock.
 */
static long control_slow_at_once(struct page **page)
{
	return mmap_read_trylock(current->mm) ? control_slow_locked(page) : -EAGAIN;
}

/* Asks for page 0, which is almost never mapped. In a process that maps it, paths are unknown. */
static long control_fast(struct page **page)
{
	return get_user_pages_fast(0, 1, 0, page);
}

static long control_longterm(struct page **page)
{
	return pin_user_pages_fast(0, 1, FOLL_LONGTERM, page);
}

/* Calls GUP at @start. Return: did the probe see the call? @otherwise if no slot was free. */
static bool control_is_seen(unsigned long start, long (*gup)(struct page **page),
			 void (*put)(struct page *page), bool otherwise)
{
	struct path_call call;
	struct page *page;
	unsigned long first_hit;

	observation_begin(&call, start, 1);
	if (!call.slot)
		return otherwise;
	if (gup(&page) == 1)
		put(page);
	return observation_end(&call, &first_hit);
}

/* Does the probe see the slow path at this moment? @control: control_slow() or its kin */
static bool probe_is_armed(long (*control)(struct page **page))
{
	if (!READ_ONCE(probe_works))
		path_control();
	return READ_ONCE(probe_works) &&
	       control_is_seen(TASK_SIZE_MAX, control, control_put, false);
}

/**
 * path_begin() - begin to observe a GUP call of the calling task
 * @call: for path_end(); all zero before the first of a series of calls
 * @start: first address
 * @nr: number of pages
 *
 * If somebody holds mmap_lock for writing, the path of this call will be unknown, unless the call
 * is seen to be slow.
 *
 * Context: any task with an mm; does not wait for mmap_lock while the probe works. Calls do not nest.
 */
void path_begin(struct path_call *call, unsigned long start, unsigned long nr)
{
	if (!call->armed)
		call->armed = probe_is_armed(control_slow_at_once);
	observation_begin(call, start, nr);
}

/**
 * path_end() - end the observation after the GUP call
 * @call: from path_begin()
 * @got: number of pages that the call returned
 *
 * Context: the task that called path_begin(); may take mmap_lock for reading.
 *
 * Return: how many of these pages, from the first one, came by GUP-fast; or SPLIT_UNKNOWN.
 */
u32 path_end(struct path_call *call, unsigned long got)
{
	unsigned long first_hit;
	bool armed = call->armed, hit;

	if (!call->slot)
		return SPLIT_UNKNOWN;
	hit = observation_end(call, &first_hit);
	/* The missed hit may have been our first one. */
	if (!armed || call->missed != READ_ONCE(slow_path_probe.nmissed))
		return SPLIT_UNKNOWN;
	if (hit)
		return min(got, (first_hit - call->start) >> PAGE_SHIFT);
	call->armed = got && probe_is_armed(control_slow);
	return call->armed ? got : SPLIT_UNKNOWN;
}

/**
 * path_control() - find out whether the probe works at this moment
 *
 * Asks GUP, by each way into the slow path, for an address where nothing is mapped: nothing is
 * faulted in, and the probe must see every call.
 *
 * Takes plain references only: FOLL_PIN marks the caller's mm for ever (MMF_HAS_PINNED), even if no
 * page comes, and a control must not change what fork does. The way of long-term pins is tried
 * once, by the task that loads the module.
 *
 * Context: process context; takes mmap_lock for reading. Does nothing in a task without an mm.
 */
void path_control(void)
{
	bool works;

	if (!probe_registered || !current->mm)
		return;
	works = READ_ONCE(probe_works);	/* stays as it is if all slots are busy */
	works = longterm_seen &&
		control_is_seen(TASK_SIZE_MAX, control_slow, control_put, works) &&
		control_is_seen(0, control_fast, control_put, works);
	WRITE_ONCE(probe_works, works);
}

/** path_available() - did the probe work at the last control? */
bool path_available(void)
{
	return READ_ONCE(probe_works);
}

/**
 * path_init() - plant the probe
 *
 * Failure is no error: paths are then unknown.
 */
void path_init(void)
{
	int err = compat_function_args ? register_kprobe(&slow_path_probe) : -EOPNOTSUPP;

	probe_registered = !err;
	longterm_seen = !err && current->mm &&
			control_is_seen(0, control_longterm, unpin_user_page, false);
	if (err)
		pr_info("no probe on %s (%d): pages are held without their path\n",
			slow_path_probe.symbol_name, err);
}

/** path_exit() - remove the probe; no session may be open */
void path_exit(void)
{
	if (probe_registered)
		unregister_kprobe(&slow_path_probe);
}
