/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page that waits in an LRU batch of a CPU has a reference of the batch, and may not be on the LRU
 * list, so that it can be migrated only once the batch is drained (row R46).
 */
#ifndef PINCHECK_SELFTESTS_LRU_BATCH_H
#define PINCHECK_SELFTESTS_LRU_BATCH_H

#include "subject.h"

/**
 * verdict_waiting_leaves() - PLACEMENT: the long-term pin is given for pages that wait in a batch,
 * and the pages leave first
 * @place: PINCHECK_PAGE_MOVABLE_ZONE or PINCHECK_PAGE_CMA: where the pages are
 *
 * Of base pages. Takes and releases the hold once for each way into a batch.
 */
void verdict_waiting_leaves(struct subject *subject, uint64_t place, struct verdict *verdict);

#define EXPECT_WAITING_LEAVES(subject, place)							\
	EXPECT_VERDICT(verdict_waiting_leaves, subject, place)

#endif
