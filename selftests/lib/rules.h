/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules by which kernels differ and none of which breaks a promise: what a test expects follows
 * them, and so do the conditions of known-issues. Found by probes on the running kernel, for a
 * backport makes version numbers lie.
 */
#ifndef PINCHECK_SELFTESTS_RULES_H
#define PINCHECK_SELFTESTS_RULES_H

#include <stdbool.h>

/** enum rule - each has a name in rules.c, for known-issues */
enum rule {
	/**
	 * @RULE_EXCLUSIVE: anonymous pages are marked exclusive (6c287605fd56), reuse goes by that
	 * mark, and who pins for reading unshares first (a7f226604170, c89357e27f20): Linux 5.19
	 */
	RULE_EXCLUSIVE,
	/** @RULE_SWAPIN_WRITABLE: what a read swaps in is mapped writable where it is nobody else's */
	RULE_SWAPIN_WRITABLE,
	/**
	 * @RULE_URING_FOLDS: io_uring folds a fixed buffer within one folio into a single pin
	 * (57bebf807e2a, 6.3; hugetlb and THP alike)
	 */
	RULE_URING_FOLDS,
	RULES
};

/**
 * rules_probe() - find out about all of them, once, before tests are forked
 *
 * Return: 0 or a negative errno.
 */
int rules_probe(void);

/** kernel_has_rule() - does the running kernel follow @rule? false before rules_probe() */
bool kernel_has_rule(enum rule rule);

/** rule_by_name() - Return: enum rule, or -ENOENT */
int rule_by_name(const char *name);

#endif
