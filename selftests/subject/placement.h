/* SPDX-License-Identifier: GPL-2.0-only */
/* PLACEMENT: the zone of pages, whether it may hold them for long, and whether they can move. */
#ifndef PINCHECK_SELFTESTS_PLACEMENT_H
#define PINCHECK_SELFTESTS_PLACEMENT_H

#include "subject.h"

/**
 * starts_in() - require that all of the memory is in a place that pinned memory blocks
 * @place: PINCHECK_PAGE_MOVABLE_ZONE or PINCHECK_PAGE_CMA
 * @before: receives what was seen
 *
 * Touched memory comes from ZONE_MOVABLE as long as the zone has room (NEEDS_MOVABLE), and from CMA
 * as long as more than half of the free memory is there (NEEDS_CMA). This may map other memory of
 * the kind in place of the first.
 *
 * Return: 0, -EADDRNOTAVAIL if a page is elsewhere, or a negative errno.
 */
int starts_in(struct subject *subject, uint64_t place, struct witness *before);

/** starts_in_movable() - starts_in() for ZONE_MOVABLE */
static inline int starts_in_movable(struct subject *subject, struct witness *before)
{
	return starts_in(subject, PINCHECK_PAGE_MOVABLE_ZONE, before);
}

/**
 * verdict_zone_allowed() - PLACEMENT: pages held, or else mapped, are where they may be for long
 * @before: each page must be another one than then; or NULL
 */
void verdict_zone_allowed(struct subject *subject, const struct witness *before,
			  struct verdict *verdict);

/** verdict_page_unchanged() - PLACEMENT: each page is where it was @before, in the same place */
void verdict_page_unchanged(struct subject *subject, const struct witness *before,
			    struct verdict *verdict);

/** verdict_only_held_left() - PLACEMENT: the held pages left ZONE_MOVABLE or CMA, and no others */
void verdict_only_held_left(struct subject *subject, struct verdict *verdict);

/**
 * verdict_all_slow() - PATH: GUP-fast leaves pages that may not be pinned for long to the slow path
 */
void verdict_all_slow(struct subject *subject, struct verdict *verdict);

/**
 * verdict_longterm_refused() - PLACEMENT: a long-term pin is refused where the page cannot leave
 *
 * Gives the pin back if it is given.
 */
void verdict_longterm_refused(struct subject *subject, struct verdict *verdict);

/** pipe_takes_pages() - splice base pages into a pipe. Return: the reading end, or -errno */
int pipe_takes_pages(const struct memory *memory);

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
