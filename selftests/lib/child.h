/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes that share the memory under test by COW and do as they are told, a step at a
 * time: no sleeping, no signals, and nobody waits for somebody who is gone (a dead peer is an end
 * of file, and a child dies with its parent). What goes wrong in a child's machinery is an
 * error, never a verdict.
 */
#ifndef PINCHECK_SELFTESTS_CHILD_H
#define PINCHECK_SELFTESTS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "memory.h"

#define GENERATIONS_BELOW	2

/**
 * struct child - a child, and maybe its own child below it
 * @memory: under test, at the same address in all of them
 * @depth: how many processes there are below this one
 * @pid: of the child; its child is reaped by it
 * @channel: a socket a process
 * @pagemap: of each process
 */
struct child {
	const struct memory *memory;
	int depth;
	pid_t pid;
	int channel[GENERATIONS_BELOW];
	int pagemap[GENERATIONS_BELOW];
};

/** child_start() - fork; with @depth 2 the child forks as well. All wait to be told */
int child_start(struct child *child, const struct memory *memory, int depth);

/** child_look() - what process @level (0 the child, 1 its child) sees */
int child_look(struct child *child, int level, struct view *view);

/** child_fill() - process @level writes @generation to the CPU area of every sample */
int child_fill(struct child *child, int level, enum generation generation);

/**
 * child_write_refused() - process @level tries to write a word of each sample
 * @refused: how many of the writes ended in SIGSEGV
 */
int child_write_refused(struct child *child, int level, size_t *refused);

/**
 * child_run() - process @level calls @what
 * @argument: of its address space: what it pointed to when the child was forked
 *
 * Return: what @what returned, or a negative errno.
 */
int child_run(struct child *child, int level,
	      int (*what)(const struct memory *memory, void *argument), void *argument);

/** child_pfn() - what process @level has mapped at base page @page; 0 for nothing */
uint64_t child_pfn(struct child *child, int level, size_t page);

/** child_end() - let them exit and reap; 0 if nobody is there, -ECHILD if one did not end well */
int child_end(struct child *child);

#endif
