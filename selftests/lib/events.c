// SPDX-License-Identifier: GPL-2.0-only
/* The events of a mirror. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/cause.h"
#include "events.h"

#define BATCH	32

static int add_event(const struct pincheck_event *event, struct event_sums *sums)
{
	if (event->reason >= EVENT_REASONS || event->start >= event->end)
		return cause_say(-EBADMSG, "the device reports an event of reason %u from %#llx to "
				 "%#llx", event->reason, event->start, event->end);
	sums->count[event->reason]++;
	sums->pages += event->pages;
	sums->dirtied += event->dirtied;
	sums->late += event->late;
	return 0;
}

int events_take(struct hold *hold, struct event_sums *sums)
{
	struct pincheck_event events[BATCH];
	__u64 count, lost, i;
	int error;

	memset(sums, 0, sizeof(*sums));
	do {
		count = BATCH;
		error = pincheck_events(hold->memory->session, hold->id, events, &count, &lost);
		if (error)
			return error;
		sums->lost += lost;
		for (i = 0; i < count && !error; i++)
			error = add_event(&events[i], sums);
	} while (count == BATCH && !error);
	return error;
}

int events_forget(struct hold *hold)
{
	struct event_sums sums;

	return events_take(hold, &sums);
}

size_t events_written(const struct subject *subject)
{
	return subject_holds(subject, HOLD_WRITE) ? subject->memory.samples : 0;
}

void verdict_event(struct subject *subject, enum pincheck_event_reason reason,
		   enum lost_pages pages, size_t dirtied, struct verdict *verdict)
{
	struct event_sums sums;
	unsigned int i;
	int error = events_take(&subject->hold, &sums);

	verdict_start(verdict, "TRACKING");
	if (error)
		return verdict_failed(verdict, "no events", error);
	if (!sums.count[reason])
		verdict_broken(verdict, "the mirror got no such event", 0);
	if (sums.pages != subject->hold.pages && (pages == ALL_LOST || !sums.pages))
		verdict_broken(verdict, "the mirror kept some of its pages", 0);
	if (sums.dirtied != dirtied || sums.late)
		verdict_broken(verdict, "other pages than those written were marked dirty", 0);
	if (sums.lost)
		verdict_broken(verdict, "events were lost", 0);
	for (i = 0; i < EVENT_REASONS; i++) {
		if (sums.count[i])
			verdict_note(verdict, "event=\"%s\" times=%u", pincheck_event_name(i),
				     sums.count[i]);
	}
	verdict_note(verdict, "pages_gone=%zu dirtied=%zu", sums.pages, sums.dirtied);
}
