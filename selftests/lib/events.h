/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of a hold of kind mirror, and the verdict on them. */
#ifndef PINCHECK_SELFTESTS_EVENTS_H
#define PINCHECK_SELFTESTS_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include "subject.h"

#define EVENT_REASONS	(PINCHECK_EVENT_OTHER + 1)

/**
 * struct event_sums - sums over events
 * @count: by enum pincheck_event_reason
 * @pages: pages that the mirror lost
 * @dirtied: lost pages that were marked dirty in time
 * @late: lost pages that the mirror keeps, to mark them too late
 * @lost: events that the module had no room for
 */
struct event_sums {
	unsigned int count[EVENT_REASONS];
	size_t pages;
	size_t dirtied;
	size_t late;
	uint64_t lost;
};

/** enum lost_pages - how many pages an event must take from a mirror */
enum lost_pages { SOME_LOST, ALL_LOST };

/** events_take() - read all events until now, and sum them up. Return: 0 or a negative errno */
int events_take(struct hold *hold, struct event_sums *sums);

/** events_forget() - drop all events until now. Return: 0 or a negative errno */
int events_forget(struct hold *hold);

/** events_written() - number of pages that hold_fill() wrote, and that must be marked dirty */
size_t events_written(const struct subject *subject);

/**
 * verdict_event() - TRACKING: the mirror got an event of @reason before it lost its pages (B31)
 * @pages: must the mirror have lost all pages, each once?
 * @dirtied: pages that the device had written: each was marked dirty in time
 */
void verdict_event(struct subject *subject, enum pincheck_event_reason reason,
		   enum lost_pages pages, size_t dirtied, struct verdict *verdict);

#define EXPECT_EVENT(subject, reason, pages, dirtied)						\
	EXPECT_VERDICT(verdict_event, subject, reason, pages, dirtied)

#endif
