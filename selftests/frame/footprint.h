/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLEAN. The kernel memory that a run leaves behind. No single number is the same before and after,
 * so the same program runs several times: memory that grows each time is lost.
 */
#ifndef PINCHECK_SELFTESTS_FOOTPRINT_H
#define PINCHECK_SELFTESTS_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>

#define FOOTPRINT_CACHES	96

/** struct footprint - kernel memory at one moment, with the kernel's caches dropped */
struct footprint {
	/** @free_kib: MemFree */
	long free_kib;
	/** @unreclaimable_kib: SUnreclaim */
	long unreclaimable_kib;
	/** @module_kib: the module's vmalloc memory, or -1 where the kernel does not say */
	long module_kib;
	/** @caches: slab caches that the module's objects come from, or refer to */
	struct {
		char name[40];
		long objects;
	} caches[FOOTPRINT_CACHES];
	/** @count: number of caches; 0 where the kernel does not say */
	size_t count;
};

/** footprint_take() - drop the kernel's caches, then measure. Return: 0 or -errno */
int footprint_take(struct footprint *footprint);

/** footprint_objects() - number of objects of the cache @name, or 0 */
long footprint_objects(const struct footprint *footprint, const char *name);

#endif
