/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May a page be pinned? The rules for long-term write pins, in the kernel's order, applied to
 * facts. Host unit tests include this file unchanged.
 */
#ifndef PINCHECK_WHITELIST_RULE_H
#define PINCHECK_WHITELIST_RULE_H

#include <linux/types.h>
#include <linux/pincheck.h>
#include "compat/magic.h"
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/** enum mapping_kind - what a single read of the mapping field of a folio showed */
enum mapping_kind {
	/** @MAPPING_NONE: no mapping: the page never had one, or it was truncated */
	MAPPING_NONE,
	/** @MAPPING_ANON: anonymous memory, KSM pages included */
	MAPPING_ANON,
	/** @MAPPING_FILE: the mapping of a file */
	MAPPING_FILE,
};

/**
 * struct whitelist_facts - everything that the rules ask
 * @longterm_write: the pin is long-term and for writing
 * @kernel: the page is slab, or another page of the kernel, whose mapping field has another meaning
 * @hugetlb: the page is part of a hugetlb folio
 * @mapping: kind of the folio's mapping
 * @magic: s_magic of the file's filesystem, for MAPPING_FILE
 */
struct whitelist_facts {
	bool longterm_write;
	bool kernel;
	bool hugetlb;
	enum mapping_kind mapping;
	__u64 magic;
};

/** struct whitelist_answer - enum pincheck_whitelist and enum pincheck_whitelist_reason */
struct whitelist_answer {
	__u32 verdict;
	__u32 reason;
};

static inline struct whitelist_answer whitelist_answer(__u32 verdict, __u32 reason)
{
	return (struct whitelist_answer) { .verdict = verdict, .reason = reason };
}

static inline struct whitelist_answer whitelist_judge_file(const struct whitelist_facts *facts)
{
	if (facts->magic == TMPFS_MAGIC)
		return whitelist_answer(PINCHECK_WHITELIST_ALLOW, PINCHECK_WHITELIST_SHMEM);
	if (facts->magic == SECRETMEM_MAGIC)
		return whitelist_answer(PINCHECK_WHITELIST_DENY, PINCHECK_WHITELIST_SECRETMEM);
	return whitelist_answer(facts->longterm_write ? PINCHECK_WHITELIST_DENY :
				PINCHECK_WHITELIST_ALLOW, PINCHECK_WHITELIST_FILE);
}

/**
 * whitelist_judge() - may the page be pinned, and why?
 * @facts: of the page and of the pin
 *
 * The order is the kernel's (gup_fast_folio_allowed(), 6.12): the mapping of a hugetlb folio is not
 * read, and a page without a mapping goes to the slow path, never taken for anonymous.
 *
 * Return: the verdict with its reason.
 */
static inline struct whitelist_answer whitelist_judge(const struct whitelist_facts *facts)
{
	if (facts->kernel)
		return whitelist_answer(PINCHECK_WHITELIST_SLOW, PINCHECK_WHITELIST_KERNEL);
	if (facts->hugetlb)
		return whitelist_answer(PINCHECK_WHITELIST_ALLOW, PINCHECK_WHITELIST_HUGETLB);
	if (facts->mapping == MAPPING_ANON)
		return whitelist_answer(PINCHECK_WHITELIST_ALLOW, PINCHECK_WHITELIST_ANON);
	if (facts->mapping == MAPPING_FILE)
		return whitelist_judge_file(facts);
	return whitelist_answer(PINCHECK_WHITELIST_SLOW, PINCHECK_WHITELIST_NO_MAPPING);
}

#endif
