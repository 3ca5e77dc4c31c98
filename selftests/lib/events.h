/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mirror was told: the events of a hold, and the verdict on them. */
#ifndef PINCHECK_SELFTESTS_EVENTS_H
#define PINCHECK_SELFTESTS_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include "subject.h"

#define EVENT_REASONS	(PINCHECK_EVENT_OTHER + 1)

/**
 * struct told - sums over events
 * @count: by enum pincheck_event_reason
 * @pages: that the mirror had and has no more
 * @dirtied: of these, marked dirty in time
 * @late: kept to be marked too late
 * @lost: events that were forgotten
 */
struct told {
	unsigned int count[EVENT_REASONS];
	size_t pages;
	size_t dirtied;
	size_t late;
	uint64_t lost;
};

/** enum told_pages - how many pages an event must have taken from a mirror */
enum told_pages { SOME_TOLD, ALL_TOLD };

/** events_take() - all events until now, summed up. Return: 0 or a negative errno */
int events_take(struct hold *hold, struct told *told);

/** events_forget() - those until now are not looked at */
int events_forget(struct hold *hold);

/** events_written() - pages that hold_fill() has written, and that must be marked dirty */
size_t events_written(const struct subject *subject);

/**
 * verdict_told() - TRACKING: the mirror was told @reason before its pages went (B31)
 * @pages: were it all of them, each once?
 * @dirtied: how many the device had written: each was marked dirty in time
 */
void verdict_told(struct subject *subject, enum pincheck_event_reason reason,
		  enum told_pages pages, size_t dirtied, struct verdict *verdict);

#define EXPECT_TOLD(subject, reason, pages, dirtied)						\
	EXPECT_VERDICT(verdict_told, subject, reason, pages, dirtied)

#endif
