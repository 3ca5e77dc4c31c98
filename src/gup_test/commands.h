/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of gup_test, as main.c calls them. */
#ifndef GUP_TEST_COMMANDS_H
#define GUP_TEST_COMMANDS_H

#include <linux/mutex.h>
#include <linux/types.h>
#include "taking.h"

/**
 * struct longterm - the long-term pins of an open file
 * @lock: protects @taking
 * @taking: @pages is NULL if there are none
 */
struct longterm {
	struct mutex lock;
	struct taking taking;
};

bool bench_has(unsigned int cmd);
int bench_command(unsigned int cmd, void __user *argument);

int longterm_command(struct longterm *longterm, unsigned int cmd, void __user *argument);
void longterm_stop(struct longterm *longterm);

#endif
