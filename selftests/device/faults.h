/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations and copies that fail on demand: CONFIG_FAILSLAB, FAIL_PAGE_ALLOC and
 * FAULT_INJECTION_USERCOPY, as far as the kernel has them. See NEEDS_FAULTS.
 */
#ifndef PINCHECK_SELFTESTS_FAULTS_H
#define PINCHECK_SELFTESTS_FAULTS_H

#include <stdbool.h>

/** faults_possible() - has the kernel CONFIG_FAILSLAB, and may this process use it? */
bool faults_possible(void);

/**
 * faults_begin() - from now on @percent of the calls fail in tasks that called faults_mine()
 *
 * Calls that may sleep fail, too: by default the kernel spares them.
 */
void faults_begin(unsigned int percent);

/** faults_end() - no call fails any more */
void faults_end(void);

/** faults_mine() - faults_begin() applies to this task and its children. Return: 0 or -errno */
int faults_mine(void);

/** faults_arm() - only the @nth call of this task fails. Return: 0 or -errno */
int faults_arm(unsigned int nth);

/** faults_struck() - has a call failed since faults_arm()? Disarms */
bool faults_struck(void);

#endif
