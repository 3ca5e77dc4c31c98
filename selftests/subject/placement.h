/* SPDX-License-Identifier: GPL-2.0-only */
/* PLACEMENT: the zone of pages, whether it may hold them for long, and whether they can move. */
#ifndef PINCHECK_SELFTESTS_PLACEMENT_H
#define PINCHECK_SELFTESTS_PLACEMENT_H

#include "subject.h"

/**
 * starts_in_movable() - require that all of the memory is in ZONE_MOVABLE
 * @before: receives what was seen
 *
 * Touched memory comes from that zone as long as the zone has room (NEEDS_MOVABLE). For hugetlb
 * this may map another page and fill it again.
 *
 * Return: 0, -EADDRNOTAVAIL if a page is elsewhere, or a negative errno.
 */
int starts_in_movable(struct subject *subject, struct witness *before);

/**
 * verdict_zone_allowed() - PLACEMENT: pages held, or else mapped, are where they may be for long
 * @before: each page must be another one than then; or NULL
 */
void verdict_zone_allowed(struct subject *subject, const struct witness *before,
			  struct verdict *verdict);

/** verdict_page_unchanged() - PLACEMENT: each page is where it was @before, in ZONE_MOVABLE */
void verdict_page_unchanged(struct subject *subject, const struct witness *before,
			    struct verdict *verdict);

/** verdict_only_held_left() - PLACEMENT: the held pages left ZONE_MOVABLE, and no others */
void verdict_only_held_left(struct subject *subject, struct verdict *verdict);

/** verdict_scanned() - ACCURACY: SCAN UNMOVABLE finds @all of the folios of @pages, or none */
void verdict_scanned(struct subject *subject, const struct witness *pages, bool all,
		     struct verdict *verdict);

/**
 * verdict_block() - PLACEMENT: the memory block goes offline, or stays because of its pages
 * @goes: must it go offline?
 * @while_away: see memory_block_empty()
 * @argument: of @while_away
 */
void verdict_block(bool goes, int (*while_away)(void *argument), void *argument,
		   struct verdict *verdict);

#define EXPECT_PLACED(subject, before)	EXPECT_VERDICT(verdict_zone_allowed, subject, before)
#define EXPECT_STAYED(subject, before)	EXPECT_VERDICT(verdict_page_unchanged, subject, before)
#define EXPECT_SCAN_FINDS(subject, pages, all)							\
	EXPECT_VERDICT(verdict_scanned, subject, pages, all)
#define EXPECT_BLOCK_GOES()	EXPECT_VERDICT(verdict_block, true, NULL, NULL)
#define EXPECT_BLOCK_STAYS()	EXPECT_VERDICT(verdict_block, false, NULL, NULL)

#endif
