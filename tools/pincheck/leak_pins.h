/* SPDX-License-Identifier: GPL-2.0-only */
/* The pins that were taken and not given back, and who took them. */
#ifndef PINCHECK_LEAK_PINS_H
#define PINCHECK_LEAK_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/pincheck.h>

/**
 * struct taker - those calls that came from one place: a thread, a function, a call stack
 * @next: in the list of all takers
 * @call: the first of these calls
 * @calls: number of calls
 * @taken: pins that they took
 * @left: pins that were not given back
 * @still: pages of these that look pinned at the end; filled by leak_pins_visit()
 * @pfn: page frame number of one of the pages that are left
 */
struct taker {
	struct taker *next;
	struct pincheck_traced call;
	__u64 calls;
	__u64 taken;
	__u64 left;
	__u64 still;
	__u64 pfn;
};

struct pin;

/** struct open_call - a call whose pages may come in more records; @taker: if it takes pins */
struct open_call {
	struct pincheck_traced call;
	struct taker *taker;
};

#define PIN_BUCKETS	65536

/* Between two records of a call there are records of fewer other calls: one processor has one call. */
#define OPEN_CALLS	4096

/**
 * struct leak_pins - all pins of a trace that were not given back
 * @takers: list
 * @buckets: the pins, by page frame number
 * @open: the last calls, by number
 * @acquired: pins taken by all calls
 * @released: pins given back
 * @unknown: of these, pins that no call of the trace took
 * @cut: number of calls that named only a part of their pages
 */
struct leak_pins {
	struct taker *takers;
	struct pin *buckets[PIN_BUCKETS];
	struct open_call open[OPEN_CALLS];
	__u64 acquired;
	__u64 released;
	__u64 unknown;
	__u64 cut;
};

/** leak_pins_add() - count @record, the next one of a trace. Return: 0 or -ENOMEM */
int leak_pins_add(struct leak_pins *pins, const struct pincheck_traced *record);

/** leak_pins_left() - pins that are left of calls that are INSIDE, or of the others */
__u64 leak_pins_left(const struct leak_pins *pins, bool inside);

/**
 * leak_pins_visit() - call @visit for each page that is left; it may change the taker
 *
 * Return: 0, or what @visit returned if that was not 0
 */
int leak_pins_visit(struct leak_pins *pins,
		    int (*visit)(struct taker *taker, __u64 pfn, void *data), void *data);

void leak_pins_free(struct leak_pins *pins);

#endif
