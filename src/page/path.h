/* SPDX-License-Identifier: GPL-2.0-only */
/* Fast/slow attribution of GUP calls. */
#ifndef PINCHECK_PATH_H
#define PINCHECK_PATH_H

#include <linux/types.h>

struct path_slot;

/**
 * struct path_call - observation of one GUP call after the other; lives on the caller's stack
 * @armed: the probe was seen to work before the call
 * @slot: for the probe; NULL if no slot was free
 * @start: first address of the call
 * @missed: number of hits that the probe had missed when the call began
 */
struct path_call {
	bool armed;
	struct path_slot *slot;
	unsigned long start;
	unsigned long missed;
};

void path_begin(struct path_call *call, unsigned long start, unsigned long nr);
u32 path_end(struct path_call *call, unsigned long got);
bool path_available(void);
void path_control(void);
void path_init(void);
void path_exit(void);

#endif
