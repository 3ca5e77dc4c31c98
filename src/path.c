// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages came by GUP-fast? Every slow path of GUP ends in __get_user_pages(). A kprobe there
 * notes the start address of the first hit during a call: GUP-fast takes a strict prefix, so what
 * lies before that address came fast and the rest slow. No hit: all came fast.
 *
 * The absence of a hit proves something only while the probe is known to work: kprobes (debugfs
 * kprobes/enabled) or ftrace (kernel.ftrace_enabled) may be switched off at any time, a hit may be
 * missed. The probe's own flags say nothing of either switch. Controls are GUP calls that must take
 * the slow path: path_control() tries every way into it, once a session; and each call of a hold
 * that shows no hit stands between two controls that do. So "fast" is told wrongly only if the
 * probe was switched off after the first control and on again before the second, within the call;
 * each switch patches the kernel's text and waits for all CPUs, which takes longer than a call.
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
#include "path.h"
#include "split.h"

#define SLOT_BITS	8
#define SLOT_TRIES	8

/**
 * struct path_slot - a GUP call that the probe should know
 * @task: who makes the call; NULL when the slot is free
 * @start: its first address
 * @end: the first address behind it
 * @first_hit: start address of the first slow round
 * @hit: there was one
 *
 * Claimed by cmpxchg on @task. Everything else is touched only by the task that claimed it: the
 * probe fires in its context, during its own call. Hence no lock, and the probe may fire with
 * IRQs off or preempt whomever it wants.
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

static int slow_path_entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct mm_struct *mm = (struct mm_struct *)compat_function_arg(regs, 0);
	unsigned long start = compat_function_arg(regs, 1);
	unsigned int try;

	for (try = 0; try < SLOT_TRIES; try++) {
		struct path_slot *slot = slot_at(try);

		if (READ_ONCE(slot->task) != current)
			continue;
		/* A fault may run GUP on behalf of something else: not the call we watch. */
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
	.pre_handler = slow_path_entered,
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
	barrier();	/* the probe, in this very task, must find the slot filled in */
}

/* Ends the observation. Return: was a slow round seen? *first_hit is where it started. */
static bool observation_end(struct path_call *call, unsigned long *first_hit)
{
	bool hit = call->slot->hit;

	*first_hit = call->slot->first_hit;
	/* Released, so that nobody claims the slot before it was read. */
	smp_store_release(&call->slot->task, NULL);
	call->slot = NULL;
	return hit;
}

static void control_put(struct page *page)
{
	put_page(page);	/* a function to point at, where the kernel has an inline */
}

/*
 * The first address behind user space: nothing can be mapped there, so nothing is faulted in, ever.
 * GUP-fast would not go on to the slow path for it.
 */
static long control_slow(struct page **page)
{
	long got;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	got = compat_get_user_pages(TASK_SIZE_MAX, 1, 0, page);
	mmap_read_unlock(current->mm);
	return got;
}

/* Page 0 is as good as never mapped. A process that does map it has its paths told as unknown. */
static long control_fast(struct page **page)
{
	return get_user_pages_fast(0, 1, 0, page);
}

static long control_longterm(struct page **page)
{
	return pin_user_pages_fast(0, 1, FOLL_LONGTERM, page);
}

/* Makes a GUP call at @start. Return: it was seen; @otherwise where it could not be observed. */
static bool control_seen(unsigned long start, long (*gup)(struct page **page),
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

/* Does the probe see the slow path at this moment? */
static bool probe_is_armed(void)
{
	if (!READ_ONCE(probe_works))
		path_control();
	return READ_ONCE(probe_works) &&
	       control_seen(TASK_SIZE_MAX, control_slow, control_put, false);
}

/**
 * path_begin() - the calling task is about to make a GUP call
 * @call: to be handed to path_end(); all zero before the first of a series of calls
 * @start: first address
 * @nr: pages asked for
 *
 * Context: any task with an mm; may take mmap_lock for reading. Calls do not nest.
 */
void path_begin(struct path_call *call, unsigned long start, unsigned long nr)
{
	if (!call->armed)
		call->armed = probe_is_armed();
	observation_begin(call, start, nr);
}

/**
 * path_end() - the GUP call returned
 * @call: from path_begin()
 * @got: pages it gave
 *
 * Context: the task that called path_begin(); may take mmap_lock for reading.
 *
 * Return: how many of the @got pages came by GUP-fast (they are the first), or SPLIT_UNKNOWN.
 */
u32 path_end(struct path_call *call, unsigned long got)
{
	unsigned long first_hit;
	bool armed = call->armed, hit;

	if (!call->slot)
		return SPLIT_UNKNOWN;
	hit = observation_end(call, &first_hit);
	/* A miss, whoever's it was, may have been our first hit. */
	if (!armed || call->missed != READ_ONCE(slow_path_probe.nmissed))
		return SPLIT_UNKNOWN;
	if (hit)
		return min(got, (first_hit - call->start) >> PAGE_SHIFT);
	call->armed = got && probe_is_armed();
	return call->armed ? got : SPLIT_UNKNOWN;
}

/**
 * path_control() - find out whether the probe works at this moment
 *
 * Asks GUP, by each way it has into the slow path, for what is not mapped: nothing is faulted in,
 * and the probe must see every call.
 *
 * By plain references only: FOLL_PIN, even of nothing, marks the caller's mm for ever
 * (MMF_HAS_PINNED), and who only looks must not change what fork does. The way of long-term pins
 * is tried once, by whoever loads the module.
 *
 * Context: process context; takes mmap_lock for reading. Without an mm nothing is learnt.
 */
void path_control(void)
{
	bool works;

	if (!probe_registered || !current->mm)
		return;
	works = READ_ONCE(probe_works);	/* what is told where all slots are busy */
	works = longterm_seen &&
		control_seen(TASK_SIZE_MAX, control_slow, control_put, works) &&
		control_seen(0, control_fast, control_put, works);
	WRITE_ONCE(probe_works, works);
}

/** path_available() - did the probe work when last controlled? */
bool path_available(void)
{
	return READ_ONCE(probe_works);
}

/**
 * path_init() - plant the probe
 *
 * Failure is no error: paths are then told as unknown.
 */
void path_init(void)
{
	int err = compat_function_args ? register_kprobe(&slow_path_probe) : -EOPNOTSUPP;

	probe_registered = !err;
	longterm_seen = !err && current->mm &&
			control_seen(0, control_longterm, unpin_user_page, false);
	if (err)
		pr_info("no probe on %s (%d): which pages came by GUP-fast is not told\n",
			slow_path_probe.symbol_name, err);
}

/** path_exit() - remove the probe; no session may be open */
void path_exit(void)
{
	if (probe_registered)
		unregister_kprobe(&slow_path_probe);
}
