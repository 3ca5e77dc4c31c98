/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations and copies that fail because they are told to: CONFIG_FAILSLAB, FAIL_PAGE_ALLOC and
 * FAULT_INJECTION_USERCOPY, as far as the kernel has them. See NEEDS_FAULTS.
 */
#ifndef SELFTESTS_LIB_FAULTS_H
#define SELFTESTS_LIB_FAULTS_H

#include <stdbool.h>

/** faults_possible() - has the kernel the first of these, and may we use it? */
bool faults_possible(void);

/**
 * faults_begin() - from now on @percent of them fail in tasks that faults_mine() is on for
 *
 * Those that may sleep as well, which the kernel by itself would spare.
 */
void faults_begin(unsigned int percent);

/** faults_end() - none does */
void faults_end(void);

/** faults_mine() - for this task and whom it forks. Return: 0 or -errno */
int faults_mine(void);

/** faults_arm() - the @nth one of this task fails, and no other. Return: 0 or -errno */
int faults_arm(unsigned int nth);

/** faults_struck() - did it, since faults_arm()? It does not any more, either way */
bool faults_struck(void);

#endif
