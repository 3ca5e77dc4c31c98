/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads whose paths through the kernel interleave as a test wants: the pinner takes a hold, and
 * the other one does something to the same page. One of them is held up at one place, the anchor, while
 * the other one is held up at each place of its path in turn: a sweep.
 *
 * A turn: the pinner comes to its place and waits there until the other thread comes to its own. The
 * other thread waits there until the pinner is done. Then the promise is checked.
 *
 * The pinner stands at its place first, because a race of GUP-fast needs it between what it reads and
 * what it checks. One delay alone finds nothing: the other thread passes as a whole, before or after.
 */
#ifndef PINCHECK_SELFTESTS_SWEEP_H
#define PINCHECK_SELFTESTS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pincheck.h>
#include "places.h"

#define SWEEP_FUNCTIONS	8

struct sweep;

/**
 * struct pair - the pinner's hold and the other thread's action
 * @huge: the page under test is one that a PMD maps, else a base page. It lies below all other memory,
 *	so that fork comes to it first
 * @map_flags: of mmap(), besides MAP_PRIVATE | MAP_ANONYMOUS; without MAP_HUGETLB, a huge page is a
 *	transparent one
 * @kind: PINCHECK_KIND_* of the pinner's hold, by GUP-fast; 0: a pin
 * @hold_flags: PINCHECK_HOLD_* of it
 * @prepare: NULL, or what is done to the page after it was written
 * @act: the other thread's action. Return: 0 or -errno
 * @undo: NULL, or ends what @act began, after the promise was checked
 * @instead: NULL, or what the pinner does instead of taking a hold. It writes to shared memory only,
 *	because fork may wait for it, and it for fork. Return: 0 or -errno
 * @kept: NULL, or whether the promise was kept; without it: device and process have the same page
 * @other: functions of the other thread, as any kernel of the matrix names them
 * @pinner: functions of the pinner
 * @pinner_waits: the pinner's anchor is the beginning of the first of these that it comes by with
 *	interrupts off, as in GUP-fast; without one, it is the first such place of @pinner. With @instead,
 *	interrupts do not matter
 * @pinner_starts: the pinner begins when the other thread comes to the beginning of the first of these
 *	that the kernel has, and stands there for it. For an action that waits for all CPUs before: without
 *	one, the pinner begins first. None of @other
 * @other_waits: the other thread's anchors, one after the other, are the beginnings of these; where
 *	the kernel has none of them, they are places on its way through the first of @other
 */
struct pair {
	bool huge;
	int map_flags;
	uint32_t kind;
	uint32_t hold_flags;
	int (*prepare)(char *page, size_t bytes);
	int (*act)(char *page, size_t bytes);
	void (*undo)(void);
	int (*instead)(void);
	bool (*kept)(char *page);
	const char *other[SWEEP_FUNCTIONS];
	const char *pinner[SWEEP_FUNCTIONS];
	const char *pinner_waits[SWEEP_FUNCTIONS];
	const char *pinner_starts[SWEEP_FUNCTIONS];
	const char *other_waits[SWEEP_FUNCTIONS];
};

/** struct tally - turns of a sweep */
struct tally {
	/** @visited: places that the thread comes by */
	uint32_t visited;
	/** @tried: of these, where it was held up */
	uint32_t tried;
	/** @met: of these, both threads were at their places at the same time */
	uint32_t met;
	/** @never: one of the threads did not come to its place */
	uint32_t never;
	/** @late: the pinner's time was over before the other thread came */
	uint32_t late;
	/** @fast: holds whose page came by GUP-fast, of the turns that met */
	uint32_t fast;
	/** @slow: and by the slow path */
	uint32_t slow;
	/** @refused: holds that were not given */
	uint32_t refused;
	/** @broken: turns after which the device and the process saw different pages */
	uint32_t broken;
	/** @broken_at: offsets of the first of these, as text */
	char broken_at[128];
};

/** sweep_begin() - start the pinner. Return: 0 or -errno: see cause_of() */
int sweep_begin(const struct pair *pair);

/** sweep_end() - end the pinner and give all back */
void sweep_end(void);

/**
 * sweep_other() - the pinner waits at its anchor, and the other thread goes through its functions
 * @sum: all turns
 * @turns_ns: nanoseconds for all turns; loading a function is not counted. Turns are spread evenly over
 *	the places
 *
 * Prints a line for each function.
 *
 * Return: 0 or -errno: see cause_of().
 */
int sweep_other(struct tally *sum, int64_t turns_ns);

/** sweep_pinner() - the same: the other thread waits at each of its anchors, the pinner goes */
int sweep_pinner(struct tally *sum, int64_t turns_ns);

#endif
