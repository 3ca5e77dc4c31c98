/* SPDX-License-Identifier: GPL-2.0-only */
/* A pseudo-random generator: xorshift64*. The same seed gives the same numbers with every libc. */
#ifndef PINCHECK_SELFTESTS_PRNG_H
#define PINCHECK_SELFTESTS_PRNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/** struct prng - a generator; @state is never 0 */
struct prng {
	uint64_t state;
};

/** prng_next() - the next number of 64 bits */
static inline uint64_t prng_next(struct prng *prng)
{
	prng->state ^= prng->state >> 12;
	prng->state ^= prng->state << 25;
	prng->state ^= prng->state >> 27;
	return prng->state * 2685821657736338717ULL;
}

/** prng_below() - a number from 0 to @end - 1 */
static inline uint64_t prng_below(struct prng *prng, uint64_t end)
{
	return (prng_next(prng) >> 16) % end;
}

/** prng_one_in() - true with a probability of 1 / @often */
static inline bool prng_one_in(struct prng *prng, uint64_t often)
{
	return !prng_below(prng, often);
}

/** prng_given_seed() - PINCHECK_SEED of the environment, or 0 */
static inline uint64_t prng_given_seed(void)
{
	const char *given = getenv("PINCHECK_SEED");

	return given ? strtoull(given, NULL, 0) : 0;
}

#endif
