/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules by which kernels differ without breaking a promise. The expectations of tests and the
 * conditions of known-issues depend on them. Probes find them on the running kernel, because
 * backports make version numbers lie.
 */
#ifndef PINCHECK_SELFTESTS_RULES_H
#define PINCHECK_SELFTESTS_RULES_H

#include <stdbool.h>

/** enum rule - each has a name in rules.c, used by known-issues */
enum rule {
	/**
	 * @RULE_EXCLUSIVE: anonymous pages are marked exclusive (6c287605fd56), write faults reuse
	 *	by the mark, a pin for reading unshares first (a7f226604170, c89357e27f20): Linux
	 *	5.19
	 */
	RULE_EXCLUSIVE,
	/** @RULE_SWAPIN_WRITABLE: a read maps an unshared page from swap writable */
	RULE_SWAPIN_WRITABLE,
	/**
	 * @RULE_URING_FOLDS: io_uring folds a fixed buffer within one folio into a single pin
	 * (57bebf807e2a, 6.3; hugetlb and THP alike)
	 */
	RULE_URING_FOLDS,
	RULES
};

/** rules_probe() - probe all rules, once, before tests are forked */
int rules_probe(void);

/** rules_anon_exclusive() - asks the kernel for RULE_EXCLUSIVE, without the module */
bool rules_anon_exclusive(void);

/** kernel_has_rule() - does the running kernel follow @rule? false before rules_probe() */
bool kernel_has_rule(enum rule rule);

/** rule_by_name() - Return: enum rule, or -ENOENT */
int rule_by_name(const char *name);

#endif
