/* SPDX-License-Identifier: GPL-2.0-only */
/* Places of a kernel function, chosen by what its instructions do, in a slot of /dev/pincheck_interleave. */
#ifndef PINCHECK_SELFTESTS_PLACES_H
#define PINCHECK_SELFTESTS_PLACES_H

#include <stdbool.h>
#include <stdint.h>
#include "interleave_file.h"

/**
 * enum places_choice - which instructions are places
 * @PLACES_ENTRY: the first instructions
 * @PLACES_BLOCKS: the first of each basic block, and what follows a call
 * @PLACES_SHARED: these, and what follows an access to memory that is not the stack
 * @PLACES_ALL: all
 */
enum places_choice { PLACES_ENTRY, PLACES_BLOCKS, PLACES_SHARED, PLACES_ALL };

/**
 * struct places - a function that is loaded into a slot
 * @symbol: as the kernel's symbol table has it, with what the compiler appended
 * @slot: number
 * @size: bytes of the function
 * @count: of @place
 * @good: of these, how many can be armed
 * @visited: of these, how many a thread came by: places_visit()
 * @place: with what was counted last
 */
struct places {
	char symbol[PINCHECK_INTERLEAVE_SYMBOL];
	uint32_t slot;
	uint32_t size;
	uint32_t count;
	uint32_t good;
	uint32_t visited;
	struct pincheck_interleave_place place[PINCHECK_INTERLEAVE_PLACES];
};

/**
 * places_choose() - fill @places with what @choice names in the @size bytes of a function at @text
 * @most: a longer list is thinned to this length, evenly
 */
void places_choose(struct places *places, const uint8_t *text, uint32_t size,
		   enum places_choice choice, uint32_t most);

/**
 * places_load() - load a function
 * @name: as the source has it: the compiler may have appended ".isra.0" or the like
 * @most: of places; at most PINCHECK_INTERLEAVE_PLACES
 *
 * Return: 0 or -errno; -ENOENT: no such function, or it is inlined.
 */
int places_load(struct places *places, int device, uint32_t slot, const char *name,
		enum places_choice choice, uint32_t most);

/** places_read() - read what was counted since ARM, and set @visited. Return: 0 or -errno */
int places_read(struct places *places, int device);

/** places_at() - Return: the index of the place at @offset, or -1 */
int places_at(const struct places *places, uint32_t offset);

/** places_first() - Return: the index of the place visited first; @irqs_off: of those with interrupts off; or -1 */
int places_first(const struct places *places, bool irqs_off);

#endif
