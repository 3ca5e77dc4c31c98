/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Topics of events that somebody else makes. An event is a row, crossed with memory kinds and holds,
 * and one verdict judges all of them: a held page stays the mapped page, bytes agree both ways, and
 * the marks of its page table entry stay. The row without a hold proves that the event happened.
 *
 *	OTHER_EVENT(others, cold, .rows = "B10") { .happen = advise_cold };
 */
#ifndef PINCHECK_SELFTESTS_OTHER_SUITE_H
#define PINCHECK_SELFTESTS_OTHER_SUITE_H

#include "suite.h"
#include "other_event.h"

static inline void other_event_judge(struct __test_metadata *_metadata, struct subject *subject,
				     const struct other_event *event,
				     const struct before_event *before)
{
	EXPECT_VERDICT(verdict_unheld_pages, subject, event, before);
	/* What was only unmapped comes back by a fault. */
	memory_read_samples(&subject->memory);
	if (before->marked)
		EXPECT_VERDICT(verdict_marks_stay, subject, event, before);
	if (subject->hold.taken) {
		EXPECT_VERDICT(verdict_held_pages, subject, before);
		EXPECT_SYNC(subject, event->then ?: BEFORE);
	} else if (!event->loses) {
		EXPECT_CPU_SEES(subject, event->then ?: BEFORE);
	}
	memory_fill(&subject->memory, LATER);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, LATER);
}

/* Takes the hold, lets the event happen, and judges. */
static inline void other_event_meets(struct __test_metadata *_metadata, struct subject *subject,
				     const struct other_event *event)
{
	struct before_event before;
	int answer;

	ASSERT_DONE(other_event_prepare(subject, event, &before));
	answer = event->happen(subject);
	SUITE_WINDOW(answer != -ECANCELED);
	if (!subject->hold.taken)
		ASSERT_DONE(answer);
	if (answer != -event->refused && suite_lacks_root(_metadata, answer))
		return;
	EXPECT_VERDICT(verdict_event_answer, subject, event, answer);
	other_event_judge(_metadata, subject, event, &before);
}

/** OTHER_EVENT() - a SCENARIO() whose body is a row, in parentheses */
#define OTHER_EVENT(topic_name, event_name, ...)						\
	static const struct other_event topic_name##_##event_name##_event;			\
	SCENARIO(topic_name, event_name, .event = #event_name, __VA_ARGS__)			\
	{											\
		other_event_meets(_metadata, subject, &topic_name##_##event_name##_event);	\
	}											\
	static const struct other_event topic_name##_##event_name##_event =

#endif
