/* SPDX-License-Identifier: GPL-2.0-only */
/* The call stacks of a trace: each different one is kept once, under a number. */
#ifndef PINCHECK_STACKS_H
#define PINCHECK_STACKS_H

#include <linux/atomic.h>
#include <linux/types.h>

#define STACK_FRAMES	24U
#define STACKS_MAX	2048U

/**
 * struct stack - a call stack
 * @hash: of the frames, never 0; 0: free. Whoever changes it from 0 fills the rest
 * @ready: the rest is filled
 * @count: number of frames
 * @frames: return addresses, those of the caller first
 */
struct stack {
	u32 hash;
	bool ready;
	u32 count;
	unsigned long frames[STACK_FRAMES];
};

/** struct stacks - the stacks of a trace, and how many of them there was no room for */
struct stacks {
	atomic64_t lost;
	struct stack table[STACKS_MAX];
};

u32 stacks_save(struct stacks *stacks, unsigned long function);
const struct stack *stacks_find(const struct stacks *stacks, u32 number);
size_t stack_print(const struct stack *stack, char *text, size_t size);

#endif
