// SPDX-License-Identifier: GPL-2.0-only
/* The events of a mirror. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/cause.h"
#include "events.h"

#define BATCH	32

static int add_event(const struct pincheck_event *event, struct told *told)
{
	if (event->reason >= EVENT_REASONS || event->start >= event->end)
		return cause_say(-EBADMSG, "the device reports an event of reason %u from %#llx to "
				 "%#llx", event->reason, event->start, event->end);
	told->count[event->reason]++;
	told->pages += event->pages;
	told->dirtied += event->dirtied;
	told->late += event->late;
	return 0;
}

int events_take(struct hold *hold, struct told *told)
{
	struct pincheck_event events[BATCH];
	__u64 count, lost, i;
	int error;

	memset(told, 0, sizeof(*told));
	do {
		count = BATCH;
		error = pincheck_events(hold->memory->session, hold->id, events, &count, &lost);
		if (error)
			return error;
		told->lost += lost;
		for (i = 0; i < count && !error; i++)
			error = add_event(&events[i], told);
	} while (count == BATCH && !error);
	return error;
}

int events_forget(struct hold *hold)
{
	struct told told;

	return events_take(hold, &told);
}

size_t events_written(const struct subject *subject)
{
	return subject_holds(subject, HOLD_WRITE) ? subject->memory.samples : 0;
}

void verdict_told(struct subject *subject, enum pincheck_event_reason reason,
		  enum told_pages pages, size_t dirtied, struct verdict *verdict)
{
	struct told told;
	unsigned int i;
	int error = events_take(&subject->hold, &told);

	verdict_start(verdict, "TRACKING");
	if (error)
		return verdict_failed(verdict, "no events", error);
	if (!told.count[reason])
		verdict_broken(verdict, "the mirror got no such event", 0);
	if (told.pages != subject->hold.pages && (pages == ALL_TOLD || !told.pages))
		verdict_broken(verdict, "the mirror kept some of its pages", 0);
	if (told.dirtied != dirtied || told.late)
		verdict_broken(verdict, "other pages than those written were marked dirty", 0);
	if (told.lost)
		verdict_broken(verdict, "events were lost", 0);
	for (i = 0; i < EVENT_REASONS; i++) {
		if (told.count[i])
			verdict_note(verdict, "event=\"%s\" times=%u", pincheck_event_name(i),
				     told.count[i]);
	}
	verdict_note(verdict, "pages_gone=%zu dirtied=%zu", told.pages, told.dirtied);
}
