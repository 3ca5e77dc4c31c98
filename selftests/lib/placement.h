/* SPDX-License-Identifier: GPL-2.0-only */
/* PLACEMENT: where pages are, whether they moved, and whether they could. */
#ifndef PINCHECK_SELFTESTS_PLACEMENT_H
#define PINCHECK_SELFTESTS_PLACEMENT_H

#include "subject.h"

/**
 * starts_in_movable() - look, and see that all of the memory is in ZONE_MOVABLE
 * @before: what was seen
 *
 * Memory that is touched comes from there as long as it has room (NEEDS_MOVABLE). Of hugetlb
 * another page may be mapped, populated again.
 *
 * Return: 0, -EADDRNOTAVAIL if it is not there, or a negative errno.
 */
int starts_in_movable(struct subject *subject, struct witness *before);

/**
 * verdict_placed() - PLACEMENT: what is held, or else mapped, is where it may be for long
 * @before: and is another page than then; or NULL
 */
void verdict_placed(struct subject *subject, const struct witness *before,
		    struct verdict *verdict);

/** verdict_stayed() - PLACEMENT: it is where it was @before, in ZONE_MOVABLE, and says so */
void verdict_stayed(struct subject *subject, const struct witness *before,
		    struct verdict *verdict);

/** verdict_parted() - PLACEMENT: what is held left ZONE_MOVABLE, and the rest of the memory did not */
void verdict_parted(struct subject *subject, struct verdict *verdict);

/**
 * verdict_scanned() - ACCURACY: SCAN for what is in the way finds @all of the folios of @pages, or
 * none
 */
void verdict_scanned(struct subject *subject, const struct witness *pages, bool all,
		     struct verdict *verdict);

/**
 * verdict_block() - PLACEMENT: the memory block goes offline, or its pages could not be migrated
 * @goes: which of both
 * @while_away: see memory_block_empty()
 * @argument: of @while_away
 */
void verdict_block(bool goes, int (*while_away)(void *argument), void *argument,
		   struct verdict *verdict);

#define EXPECT_PLACED(subject, before)	EXPECT_VERDICT(verdict_placed, subject, before)
#define EXPECT_STAYED(subject, before)	EXPECT_VERDICT(verdict_stayed, subject, before)
#define EXPECT_SCAN_FINDS(subject, pages, all)							\
	EXPECT_VERDICT(verdict_scanned, subject, pages, all)
#define EXPECT_BLOCK_GOES()	EXPECT_VERDICT(verdict_block, true, NULL, NULL)
#define EXPECT_BLOCK_STAYS()	EXPECT_VERDICT(verdict_block, false, NULL, NULL)

#endif
