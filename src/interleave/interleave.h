/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of pincheck_interleave: main.c (the file), slot.c (a slot), text.c (a function). */
#ifndef INTERLEAVE_INTERLEAVE_H
#define INTERLEAVE_INTERLEAVE_H

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/types.h>
#include <linux/pincheck_interleave.h>

struct pid;
struct task_struct;
struct slot;

/**
 * struct function - where a function of the kernel is
 * @start: its first instruction
 * @size: bytes
 */
struct function {
	unsigned long start;
	u32 size;
};

/**
 * struct place - an instruction that can be probed
 * @probe: registered unless @error
 * @slot: that it belongs to
 * @offset: in the function
 * @error: of register_kprobe()
 * @armed: the kernel's text has the breakpoint
 * @hits: by the slot's thread since ARM
 * @missed_before: hits that the kernel had passed over at ARM
 * @order: of the first hit; written by the slot's thread
 * @irqs_off: at the first hit
 */
struct place {
	struct kprobe probe;
	struct slot *slot;
	u32 offset;
	int error;
	bool armed;
	atomic_t hits;
	unsigned long missed_before;
	u32 order;
	bool irqs_off;
};

/* SLOT_READY becomes SLOT_WAITING in the handler, once an arming, and then SLOT_IDLE. */
enum slot_state { SLOT_IDLE, SLOT_READY, SLOT_WAITING };

/**
 * struct slot - places of a function, and what happens at one of them
 * @number: of the slot
 * @shared: the page that the program maps
 * @function: whose places these are; @size is 0 if the slot is empty
 * @text: text_map() of it
 * @places: NULL if the slot is empty
 * @count: length of @places
 * @task: the thread; NULL unless armed. With a reference, so that no other thread gets its address
 * @state: enum slot_state
 * @counting: armed at all places
 * @delay_us: of ARM
 * @nth: of ARM
 * @opens: of ARM
 * @passed: hits of @task while SLOT_READY
 * @visited: places that @task came by since ARM
 *
 * The file's lock protects all, against all but the handler. The fields from @delay_us on are
 * written while @state is SLOT_IDLE, and the handler reads them after it saw SLOT_READY.
 */
struct slot {
	u32 number;
	struct pincheck_interleave_shared *shared;
	struct function function;
	u8 *text;
	struct place *places;
	u32 count;
	struct task_struct *task;
	atomic_t state;
	bool counting;
	u32 delay_us;
	u32 nth;
	u32 opens;
	u32 passed;
	u32 visited;
};

int function_find(struct function *function, const char *symbol);
int text_command(struct pincheck_interleave_text *text);
u8 *text_map(const struct function *function);
void text_unmap(u8 *mapped);
void text_renew(u8 *byte);

int slot_load(struct slot *slot, const struct function *function,
	      const struct pincheck_interleave_load *load, u32 *good);
void slot_empty(struct slot *slot);
int slot_arm(struct slot *slot, const struct pincheck_interleave_arm *arm,
	     struct task_struct *task);
void slot_disarm(struct slot *slot);
int slot_hits(struct slot *slot, const struct pincheck_interleave_hits *hits);

#endif
