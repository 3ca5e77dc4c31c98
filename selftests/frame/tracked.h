/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Topics whose variants are a product and a tracker: TRACKED_TOPIC(dirty), then
 * TRACKED_VARIANT(dirty, base, none, soft_dirty), the rows of memory.h, hold.h and tracker.h.
 */
#ifndef PINCHECK_SELFTESTS_TRACKED_H
#define PINCHECK_SELFTESTS_TRACKED_H

#include "suite.h"
#include "tracker.h"

/**
 * struct tracked - a variant
 * @product: first, because the frame takes the variant for one
 * @tracker: what tracks the writes
 */
struct tracked {
	struct product product;
	const struct tracker *tracker;
};

#define TRACKED_TOPIC(topic)									\
	FIXTURE(topic) { };									\
	FIXTURE_VARIANT(topic) { struct tracked tracked; };

#define TRACKED_VARIANT(topic, memory_row, hold_row, tracker_row)				\
	FIXTURE_VARIANT_ADD(topic, memory_row##_##hold_row##_##tracker_row) {			\
		.tracked = {									\
			.product = { .memory = &memory_##memory_row, .hold = &hold_##hold_row },	\
			.tracker = &tracker_##tracker_row,					\
		},										\
	};

/** case_tracker() - the tracker of the case that runs */
static inline const struct tracker *case_tracker(void)
{
	const struct tracked *tracked = suite_current->variant->data;

	return tracked->tracker;
}

/** NEEDS_TRACKER() - leave the case if the tracker cannot track the memory of its variant */
#define NEEDS_TRACKER(subject)									\
	SUITE_NEEDS(tracker_needs(case_tracker(), (subject)->memory.kind))

#endif
