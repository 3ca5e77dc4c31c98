/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incremental dump of a live migration or a checkpoint: the first pass copies all pages, each later
 * pass those that the tracker reports as written since the last. CPU and device write meanwhile.
 */
#ifndef PINCHECK_SELFTESTS_DUMP_H
#define PINCHECK_SELFTESTS_DUMP_H

#include "subject.h"
#include "tracker.h"

/** enum writer - each writes a word of its own in a page, beside the areas of memory.h */
enum writer { BY_CPU_WORD, BY_DEVICE_WORD, WRITERS };

/**
 * struct dump - a copy of the words of all pages
 * @word: the copies
 * @copied: pages that the last pass copied
 */
struct dump {
	uint64_t word[WRITERS][PMD_PAGES_MAX];
	size_t copied;
};

/**
 * dump_in_passes() - copy the subject's memory while its CPU and its hold write to it
 *
 * Return: 0 or a negative errno
 */
int dump_in_passes(struct subject *subject, const struct tracking *tracking, struct dump *dump);

/** verdict_dump() - TRACKING: in the end the copy equals the memory */
void verdict_dump(struct subject *subject, const struct dump *dump, struct verdict *verdict);

#define EXPECT_DUMP_COMPLETE(subject, dump)	EXPECT_VERDICT(verdict_dump, subject, dump)

#endif
