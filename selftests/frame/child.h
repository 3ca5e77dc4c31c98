/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes that share the memory under test by COW and carry out orders, one at a time.
 * Nothing sleeps and nothing is signalled. No process waits for a dead one: a dead peer is an end
 * of file, and a child dies with its parent. A failure of this machinery is an error, never a
 * verdict.
 */
#ifndef PINCHECK_SELFTESTS_CHILD_H
#define PINCHECK_SELFTESTS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "memory.h"

#define GENERATIONS_BELOW	2

/**
 * struct child - a child, and maybe a child of that child
 * @memory: the memory under test, at the same address in all processes
 * @depth: number of processes below this one
 * @pid: of the child, which reaps its own child
 * @channel: a socket for each process
 * @process: pid of each
 * @pagemap: of each process, or a negative number: see child_pagemap()
 */
struct child {
	const struct memory *memory;
	int depth;
	pid_t pid;
	int channel[GENERATIONS_BELOW];
	pid_t process[GENERATIONS_BELOW];
	int pagemap[GENERATIONS_BELOW];
};

/** child_start() - fork a child; with @depth 2 the child forks as well. Each waits for orders */
int child_start(struct child *child, const struct memory *memory, int depth);

/** child_look() - what process @level (0 the child, 1 its child) reads */
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
 * @argument: passed to @what: an address as of the time when the child was forked
 *
 * Return: what @what returned, or a negative errno.
 */
int child_run(struct child *child, int level,
	      int (*what)(const struct memory *memory, void *argument), void *argument);

/** child_pagemap() - the pagemap of process @level. Return: its descriptor, or a negative errno */
int child_pagemap(struct child *child, int level);

/** child_pfn() - the page frame number that process @level maps at base page @page; 0 if none */
uint64_t child_pfn(struct child *child, int level, size_t page);

/** child_pfns() - child_pfn() of each sample */
void child_pfns(struct child *child, int level, uint64_t *pfn);

/** child_end() - let the children exit and reap them. Return: 0, or -ECHILD if one failed */
int child_end(struct child *child);

#endif
