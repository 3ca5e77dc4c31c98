// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call stacks of a trace: each different one is kept once, under a number. Nothing is allocated
 * or locked when a stack is saved. The names of the functions are found when somebody asks for
 * them: no address leaves the module.
 */
#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include "stacks.h"

/* What the probe itself adds on top of the probed function is cut off. */
#define RAW_FRAMES	(STACK_FRAMES + 16)

/* A probe lies behind what the compiler puts at the entry of a function: endbr64, for example. */
#define ENTRY_BYTES	32

#define TRIES	8

/* Return: number of frames from the caller of @function on, in *first. */
static u32 find_caller(unsigned long *raw, u32 count, unsigned long function,
		       unsigned long **first)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (raw[i] - function < ENTRY_BYTES)
			break;
	}
	i = i < count ? i + 1 : 0;
	*first = raw + i;
	return min(count - i, STACK_FRAMES);
}

static bool stack_is(const struct stack *stack, const unsigned long *frames, u32 count)
{
	/* Pairs with the release in keep_stack(). */
	return smp_load_acquire(&stack->ready) && stack->count == count &&
	       !memcmp(stack->frames, frames, count * sizeof(*frames));
}

static void keep_stack(struct stack *stack, const unsigned long *frames, u32 count)
{
	stack->count = count;
	memcpy(stack->frames, frames, count * sizeof(*frames));
	/* Release: whoever sees that it is ready sees the frames. */
	smp_store_release(&stack->ready, true);
}

/* Two processors that save the same stack at the same moment may save it twice. */
static u32 intern_stack(struct stacks *stacks, const unsigned long *frames, u32 count)
{
	u32 hash = jhash(frames, count * sizeof(*frames), 0) ?: 1, try;

	for (try = 0; try < TRIES; try++) {
		u32 index = (hash + try) % STACKS_MAX;
		struct stack *stack = &stacks->table[index];

		if (!READ_ONCE(stack->hash) && !cmpxchg(&stack->hash, 0, hash)) {
			keep_stack(stack, frames, count);
			return index + 1;
		}
		if (READ_ONCE(stack->hash) == hash && stack_is(stack, frames, count))
			return index + 1;
	}
	atomic64_inc(&stacks->lost);
	return 0;
}

/**
 * stacks_save() - keep the call stack of the probe that calls this
 * @stacks: of the trace
 * @function: address of the probed function: the stack begins with its caller
 *
 * Context: a handler at the entry of a probed function.
 *
 * Return: number of the stack, or 0 if there was no room.
 */
u32 stacks_save(struct stacks *stacks, unsigned long function)
{
	unsigned long raw[RAW_FRAMES], *first;
	u32 count = stack_trace_save(raw, ARRAY_SIZE(raw), 1);

	count = find_caller(raw, count, function, &first);
	return intern_stack(stacks, first, count);
}

/**
 * stacks_find() - the stack that has this number
 * @stacks: of the trace
 * @number: as the caller of the ioctl says
 *
 * Return: NULL if there is none.
 */
const struct stack *stacks_find(const struct stacks *stacks, u32 number)
{
	const struct stack *stack;

	if (!number || number > STACKS_MAX)
		return NULL;
	stack = &stacks->table[array_index_nospec(number - 1, STACKS_MAX)];
	/* Pairs with the release in keep_stack(). */
	return smp_load_acquire(&stack->ready) ? stack : NULL;
}

/**
 * stack_print() - the functions of a stack, one on each line
 * @stack: from stacks_find()
 * @text: gets the text, and a 0
 * @size: of @text; what does not fit is cut off
 *
 * A return address may be that of the next function, if the call never returns: the byte before it
 * is the caller's.
 *
 * Return: length of the text in @text.
 */
size_t stack_print(const struct stack *stack, char *text, size_t size)
{
	char name[KSYM_SYMBOL_LEN];
	size_t length = 0;
	u32 i;

	text[0] = 0;
	for (i = 0; i < stack->count; i++) {
		sprint_symbol_no_offset(name, stack->frames[i] - 1);
		/* What kallsyms has no name for is printed as the address. */
		length += scnprintf(text + length, size - length, "%s\n",
				    strncmp(name, "0x", 2) ? name : "?");
	}
	return length;
}
