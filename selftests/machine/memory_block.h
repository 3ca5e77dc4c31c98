/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block of memory in ZONE_MOVABLE that may be taken offline (PINCHECK_MEMORY_BLOCK): the kernel
 * migrates all pages of the block before, and tries until it has.
 */
#ifndef PINCHECK_SELFTESTS_MEMORY_BLOCK_H
#define PINCHECK_SELFTESTS_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** memory_block_offered() - does the machine have a block that may go offline? */
bool memory_block_offered(void);

/**
 * memory_block_is_movable() - is page frame @pfn in ZONE_MOVABLE?
 *
 * The kernel is asked, not the device under test. Return: 1, 0, or a negative errno (no memory hotplug).
 */
int memory_block_is_movable(uint64_t pfn);

/**
 * memory_block_empty() - take the block offline, and bring it back, empty and movable
 * @while_away: called in between with @argument; may be NULL
 * @failures: gets the number of page migrations that failed meanwhile
 *
 * Return: 0; -EBUSY: FAILURES_ENOUGH migrations failed; what @while_away returned; or another negative
 * errno. The block is online afterwards, unless the kernel refuses.
 */
int memory_block_empty(int (*while_away)(void *argument), void *argument, uint64_t *failures);

#endif
