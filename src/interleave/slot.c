// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slot: probes in one function, and a thread that is held up at one of them.
 *
 * The handler runs with any lock held and interrupts on or off. It reads and writes its slot and the
 * shared page, which cannot fault, and waits for a bounded time. It takes no lock.
 */
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include "compat/probed.h"
#include "interleave.h"

/*
 * udelay() is not precise: emulated, it takes a fifth of its time or five times as long. A clock that an
 * interrupt drives stands still while interrupts are off, and then udelay() alone counts.
 */
#define TURNS_PER_US	16

static u64 wait_for_go(const u32 *go, u32 delay_us)
{
	u64 begin = ktime_get_mono_fast_ns(), waited = 0;
	u32 turn;

	for (turn = 0; turn < delay_us * TURNS_PER_US && waited < delay_us * 1000ULL; turn++) {
		/* What the other thread did before it set the word has happened. */
		if (smp_load_acquire(go) || (turn >= delay_us && !waited))
			break;
		udelay(1);
		waited = ktime_get_mono_fast_ns() - begin;
	}
	return waited;
}
NOKPROBE_SYMBOL(wait_for_go);

static void fire(const struct slot *slot)
{
	struct pincheck_interleave_shared *shared = slot->shared;
	u32 nr = slot->number, i;
	u64 waited;

	for (i = 0; i < PINCHECK_INTERLEAVE_SLOTS; i++) {
		if (!(slot->opens & BIT(i)))
			continue;
		/* Pairs with the acquire in wait_for_go(). */
		smp_store_release(&shared->go[i], 1);
	}
	/* Pairs with what the program does to read it. */
	smp_store_release(&shared->hit[nr], 1);
	waited = wait_for_go(&shared->go[nr], slot->delay_us);
	WRITE_ONCE(shared->waited_us[nr], (u32)waited / 1000);
	if (slot->delay_us && !READ_ONCE(shared->go[nr]))
		WRITE_ONCE(shared->late[nr], 1);
}
NOKPROBE_SYMBOL(fire);

static int place_hit(struct kprobe *probe, struct pt_regs *regs)
{
	struct place *place = container_of(probe, struct place, probe);
	struct slot *slot = place->slot;

	if (current != READ_ONCE(slot->task) || !compat_probed_task())
		return 0;
	if (atomic_inc_return(&place->hits) == 1) {
		place->irqs_off = compat_probed_irqs_off(regs);
		WRITE_ONCE(place->order, ++slot->visited);
	}
	/* Acquire: pairs with the release in slot_set(). */
	if (atomic_read_acquire(&slot->state) != SLOT_READY || ++slot->passed != slot->nth)
		return 0;
	if (atomic_cmpxchg(&slot->state, SLOT_READY, SLOT_WAITING) != SLOT_READY)
		return 0;
	fire(slot);
	atomic_set_release(&slot->state, SLOT_IDLE);
	return 0;
}
NOKPROBE_SYMBOL(place_hit);

/* kprobes makes no jump of a probe with a post_handler: the breakpoint comes and goes at once. */
static void place_passed(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(place_passed);

/*
 * Never at ftrace's call sites: that is another mechanism. On x86 with IBT the offsets 0 and 4 of a
 * function are one such site, so the kernel may also move a probe.
 */
static int place_register(struct place *place, unsigned long addr)
{
	struct kprobe *probe = &place->probe;
	int error;

	*probe = (struct kprobe) {
		.addr = (kprobe_opcode_t *)addr,
		.pre_handler = place_hit,
		.post_handler = place_passed,
		.flags = KPROBE_FLAG_DISABLED,
	};
	error = register_kprobe(probe);
	if (error)
		return error;
	if ((unsigned long)probe->addr == addr && !kprobe_ftrace(probe))
		return 0;
	unregister_kprobe(probe);
	return -EXDEV;
}

static void places_unregister(struct slot *slot)
{
	struct kprobe **probes = kvmalloc_array(slot->count, sizeof(*probes), GFP_KERNEL);
	u32 i, nr = 0;

	for (i = 0; i < slot->count; i++) {
		struct place *place = &slot->places[i];

		if (place->error)
			continue;
		if (probes)
			probes[nr++] = &place->probe;
		else
			unregister_kprobe(&place->probe);
	}
	/* Waits until no handler runs, once for all of them. */
	if (nr)
		unregister_kprobes(probes, nr);
	kvfree(probes);
}

/**
 * slot_empty() - take all probes of the slot away
 * @slot: may be empty
 *
 * Context: process context, may sleep. After this, no handler of the slot runs.
 */
void slot_empty(struct slot *slot)
{
	slot_disarm(slot);
	if (slot->places)
		places_unregister(slot);
	text_unmap(slot->text);
	slot->text = NULL;
	kvfree(slot->places);
	slot->places = NULL;
	slot->count = 0;
	slot->function.size = 0;
	atomic_set(&slot->state, SLOT_IDLE);
}

/* Copies the offsets in, registers, and copies the errors out. Return: 0 or -errno */
static int places_register(struct slot *slot, struct pincheck_interleave_place __user *places,
			   u32 count, u32 *good)
{
	s64 last = -1;
	int error;
	u32 i;

	for (i = 0; i < count; i++) {
		struct place *place = &slot->places[i];

		if (get_user(place->offset, &places[i].offset))
			return -EFAULT;
		if (place->offset <= last || place->offset >= slot->function.size)
			return -EINVAL;
		last = place->offset;
		place->slot = slot;
		place->error = place_register(place, slot->function.start + place->offset);
		slot->count = i + 1;
		*good += !place->error;
		error = place->error;
		if (put_user(error, &places[i].error))
			return -EFAULT;
		/* Nobody can probe anything. */
		if (error == -EOPNOTSUPP || error == -ENOMEM)
			return error;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * slot_load() - fill an empty slot
 * @slot: empty
 * @function: of @load->symbol
 * @load: the argument
 * @good: out: number of places without an error
 *
 * Return: 0, or -errno and the slot is empty.
 */
int slot_load(struct slot *slot, const struct function *function,
	      const struct pincheck_interleave_load *load, u32 *good)
{
	int error;

	slot->places = kvcalloc(load->count, sizeof(*slot->places), GFP_KERNEL_ACCOUNT);
	slot->text = text_map(function);
	*good = 0;
	error = -ENOMEM;
	if (!slot->places || !slot->text)
		goto err_empty;
	slot->function = *function;
	error = places_register(slot, u64_to_user_ptr(load->places), load->count, good);
	if (error)
		goto err_empty;
	return 0;

err_empty:
	slot_empty(slot);
	return error;
}

/* The handler of a breakpoint that just went may still run: it finds no thread. */
static void places_disarm(struct slot *slot)
{
	u32 i;

	for (i = 0; i < slot->count; i++) {
		struct place *place = &slot->places[i];

		if (!place->armed)
			continue;
		disable_kprobe(&place->probe);
		text_renew(slot->text + place->offset);
		place->armed = false;
		cond_resched();
	}
}

/**
 * slot_disarm() - the slot does not fire any more, and its delay ends
 * @slot: armed or not
 */
void slot_disarm(struct slot *slot)
{
	struct task_struct *task = slot->task;

	if (atomic_cmpxchg(&slot->state, SLOT_READY, SLOT_IDLE) == SLOT_WAITING)
		WRITE_ONCE(slot->shared->go[slot->number], 1);
	WRITE_ONCE(slot->task, NULL);
	places_disarm(slot);
	if (task)
		put_task_struct(task);	/* the handler only compares the address */
}

/* Return: 0, or -EBUSY while the thread is in its delay. */
static int slot_set(struct slot *slot, const struct pincheck_interleave_arm *arm)
{
	if (atomic_cmpxchg(&slot->state, SLOT_READY, SLOT_IDLE) == SLOT_WAITING)
		return -EBUSY;
	slot->delay_us = arm->delay_us;
	slot->nth = arm->nth;
	slot->opens = arm->opens;
	slot->passed = 0;
	slot->visited = 0;
	slot->counting = arm->place == PINCHECK_INTERLEAVE_ALL;
	atomic_set_release(&slot->state, slot->counting ? SLOT_IDLE : SLOT_READY);
	return 0;
}

static void place_forget(struct place *place)
{
	atomic_set(&place->hits, 0);
	place->order = 0;
	place->irqs_off = false;
	place->missed_before = place->probe.nmissed;
}

static int places_arm(struct slot *slot, u32 first, u32 last)
{
	int error;
	u32 i;

	for (i = first; i < last; i++) {
		struct place *place = &slot->places[i];

		if (place->error)
			continue;
		error = enable_kprobe(&place->probe);
		if (error)
			return error;
		text_renew(slot->text + place->offset);
		place->armed = true;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * slot_arm() - arm a slot
 * @slot: loaded
 * @arm: the argument, checked but for @place
 * @task: with a reference, which goes to the slot if this succeeds
 *
 * To arm the place again at which the slot is armed for the same thread changes no text, and takes
 * microseconds.
 *
 * Return: 0; -ENOENT: no such place; -EBUSY: the thread is in the delay; or another errno.
 */
int slot_arm(struct slot *slot, const struct pincheck_interleave_arm *arm,
	     struct task_struct *task)
{
	bool all = arm->place == PINCHECK_INTERLEAVE_ALL, again;
	u32 first = all ? 0 : arm->place, last = all ? slot->count : first + 1, i;
	int error;

	if (!slot->count || (!all && (first >= slot->count || slot->places[first].error)))
		return -ENOENT;
	again = !all && !slot->counting && slot->task == task && slot->places[first].armed;
	if (!again) {
		if (atomic_read(&slot->state) == SLOT_WAITING)
			return -EBUSY;
		slot_disarm(slot);
	}
	/* The handler that is late may count a hit of a thread that is gone: nobody reads it. */
	for (i = first; i < last; i++)
		place_forget(&slot->places[i]);
	error = slot_set(slot, arm);
	if (error)
		return error;
	if (again) {
		put_task_struct(task);
		return 0;
	}
	WRITE_ONCE(slot->task, task);
	error = places_arm(slot, first, last);
	if (error) {
		get_task_struct(task);	/* the caller's, which slot_disarm() puts */
		slot_disarm(slot);
	}
	return error;
}

/**
 * slot_hits() - HITS: copy to the caller what was counted since ARM
 * @slot: loaded
 * @hits: the argument
 *
 * Return: 0, -EINVAL or -EFAULT.
 */
int slot_hits(struct slot *slot, const struct pincheck_interleave_hits *hits)
{
	struct pincheck_interleave_place __user *to = u64_to_user_ptr(hits->places);
	u32 i;

	if (hits->count != slot->count)
		return -EINVAL;
	for (i = 0; i < slot->count; i++) {
		struct place *place = &slot->places[i];
		struct pincheck_interleave_place out = {
			.offset = place->offset,
			.error = place->error,
			.hits = atomic_read(&place->hits),
			.missed = place->probe.nmissed - place->missed_before,
			.order = READ_ONCE(place->order),
			.irqs_off = place->irqs_off,
		};

		if (copy_to_user(&to[i], &out, sizeof(out)))
			return -EFAULT;
	}
	return 0;
}
