/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block of memory in ZONE_MOVABLE that may be taken offline (PINCHECK_MEMORY_BLOCK): whatever
 * is in it has to be migrated for that, and the kernel tries until it is.
 */
#ifndef PINCHECK_SELFTESTS_MEMORY_BLOCK_H
#define PINCHECK_SELFTESTS_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** memory_block_offered() - is there one that may go? */
bool memory_block_offered(void);

/**
 * memory_block_is_movable() - is page frame @pfn in ZONE_MOVABLE, as the kernel has it?
 *
 * Without asking the device under test. Return: 1, 0, or a negative errno (no memory hotplug).
 */
int memory_block_is_movable(uint64_t pfn);

/**
 * memory_block_empty() - take it offline, and bring it back, empty and movable
 * @while_away: called in between with @argument; may be NULL
 * @failures: gets how many migrations of pages failed meanwhile
 *
 * Return: 0; -EBUSY: something in it was tried often enough and cannot be migrated; what
 * @while_away returned; or another negative errno. It is online in any case, if that is possible.
 */
int memory_block_empty(int (*while_away)(void *argument), void *argument, uint64_t *failures);

#endif
