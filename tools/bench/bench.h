/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The measurements behind `make bench`: what the module costs, against what the kernel itself
 * costs in the same guest at the same time. Documentation/bench.md says how to read them.
 */
#ifndef PINCHECK_BENCH_H
#define PINCHECK_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/array.h"
#include "tools/lib/pincheck.h"
#include "tools/lib/usermem.h"

#define MIB	(1UL << 20)

/**
 * struct bench - a run
 * @session: on the device
 * @rounds: how often each thing is done; the median counts
 * @tell: what takes the results, one number at a time
 */
struct bench {
	int session;
	unsigned int rounds;
	void (*tell)(const char *name, double value);
};

/**
 * struct bench_part - a row of the table of measurements
 * @name: of the part
 * @needs: processors
 * @run: tells its numbers. Return: 0 or a negative errno
 */
struct bench_part {
	const char *name;
	long needs;
	int (*run)(const struct bench *bench);
};

#define BENCH_PARTS	5
#define BENCH_ROUNDS	15

extern const struct bench_part bench_parts[BENCH_PARTS];

int bench_pin(const struct bench *bench);
int bench_memory(const struct bench *bench);
int bench_report(const struct bench *bench);
int bench_scan(const struct bench *bench);
int bench_sessions(const struct bench *bench);

/** bench_now() - nanoseconds of a clock that only goes forward */
uint64_t bench_now(void);

/** bench_median() - of @count numbers, which end up in order */
double bench_median(double *numbers, size_t count);

/** enum frame_order - how the frames of base pages follow each other */
enum frame_order {
	/** @ORDER_FRESH: as a machine gives them that has just started: one after the other */
	ORDER_FRESH,
	/** @ORDER_AGED: as one gives them whose free memory lies in pieces */
	ORDER_AGED,
	/** @ORDER_SCATTERED: none is beside its neighbour */
	ORDER_SCATTERED,
};

/**
 * struct bench_memory - written to once, so that every page is there
 * @user: the memory; its session is open
 * @order: of base pages
 * @others: what keeps free memory in pieces while @order is ORDER_AGED
 * @others_bytes: size of it
 */
struct bench_memory {
	struct usermem user;
	enum frame_order order;
	char *others;
	size_t others_bytes;
};

/** bench_memory_name() - of its kind and order, for the name of a number */
const char *bench_memory_name(const struct bench_memory *memory);

/** bench_memory_open() - @bytes of kind @row. Return: 0 or a negative errno, see cause_of() */
int bench_memory_open(struct bench_memory *memory, enum usermem_row row, size_t bytes);

/** bench_memory_close() - unmap it; the session stays open */
void bench_memory_close(struct bench_memory *memory);

/** bench_hold() - a fast pin for writing on @length bytes. Return: 0 or a negative errno */
int bench_hold(int session, const void *at, size_t length, __u32 *id);

#endif
