/* SPDX-License-Identifier: GPL-2.0-only */
/* Chance that can be had again: xorshift64*, the same on every libc for the same seed. */
#ifndef SELFTESTS_LIB_DICE_H
#define SELFTESTS_LIB_DICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/** struct dice - @state is never 0 */
struct dice {
	uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * 2685821657736338717ULL;
}

/** dice_below() - a number from 0 to @end - 1 */
static inline uint64_t dice_below(struct dice *dice, uint64_t end)
{
	return (dice_roll(dice) >> 16) % end;
}

/** dice_chance() - true once in @often times */
static inline bool dice_chance(struct dice *dice, uint64_t often)
{
	return !dice_below(dice, often);
}

/** dice_given_seed() - PINCHECK_SEED of the environment, or 0 */
static inline uint64_t dice_given_seed(void)
{
	const char *given = getenv("PINCHECK_SEED");

	return given ? strtoull(given, NULL, 0) : 0;
}

#endif
