/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that changes its cgroup with the process: memory.move_charge_at_immigrate of cgroup v1. The
 * controller is in one hierarchy only. A page that stays charged keeps it here when all is over, and
 * cgroup2 has it no more: so a topic that uses this has a guest of its own.
 *
 *	SUITE_NEEDS(NEEDS_CHARGE_MOVING);
 *	ASSERT_DONE(charge_move_begin());
 *	... memory that is touched from now on is charged to one cgroup ...
 *	ASSERT_DONE(charge_move());
 *	... and from now on to another one, if the kernel could move the charge ...
 *	charge_move_end();
 */
#ifndef PINCHECK_SELFTESTS_CHARGE_MOVE_H
#define PINCHECK_SELFTESTS_CHARGE_MOVE_H

#include <stdbool.h>
#include <stdint.h>

/** charge_move_offered() - does this kernel move charges? For NEEDS_CHARGE_MOVING */
bool charge_move_offered(void);

/** charge_move_begin() - enter the first cgroup. Return: 0 or a negative errno */
int charge_move_begin(void);

/** charge_move() - enter the second one: the kernel moves the charges. Return: 0 or a negative errno */
int charge_move(void);

/**
 * charge_moved() - to which cgroup is the page with number @pfn charged?
 *
 * Return: 1: to the second one; 0: to another one; or a negative errno.
 */
int charge_moved(uint64_t pfn);

/** charge_move_end() - leave the cgroups, and remove them */
void charge_move_end(void);

#endif
