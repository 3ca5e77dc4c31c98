/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLEAN. The memory that a run leaves behind. No single number is the same before and after, so
 * the same program runs more than once: what grows each time is lost.
 */
#ifndef SELFTESTS_LIB_FOOTPRINT_H
#define SELFTESTS_LIB_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>

#define FOOTPRINT_CACHES	96

/** struct footprint - of the kernel, at one moment, with its caches dropped */
struct footprint {
	/** @free_kib: MemFree */
	long free_kib;
	/** @unreclaimable_kib: SUnreclaim */
	long unreclaimable_kib;
	/** @module_kib: vmalloc memory whose owner is in the module, or -1 where it is not told */
	long module_kib;
	/** @caches: of the slab allocator that the module's things come from, or hang on */
	struct {
		char name[40];
		long objects;
	} caches[FOOTPRINT_CACHES];
	/** @count: of caches; 0 where the kernel does not tell */
	size_t count;
};

/** footprint_take() - drop what can be dropped, and look. Return: 0 or -errno */
int footprint_take(struct footprint *footprint);

/** footprint_objects() - of the cache @name, or 0 */
long footprint_objects(const struct footprint *footprint, const char *name);

#endif
