/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events that somebody else makes beside held memory, or on it: another process, a tracer, threads of
 * the kernel. A row says what happens, and what may become of the pages. See other_suite.h.
 */
#ifndef PINCHECK_SELFTESTS_OTHER_EVENT_H
#define PINCHECK_SELFTESTS_OTHER_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "subject.h"

/** enum unheld_page - what the event does to a page that nobody holds */
enum unheld_page {
	/** @UNHELD_STAYS: the same page is mapped after the event */
	UNHELD_STAYS,
	/** @UNHELD_LEAVES: another page, or none, is mapped: the event did happen */
	UNHELD_LEAVES,
	/** @UNHELD_ANY: either of both; the row proves in another way that the event happened */
	UNHELD_ANY,
};

/**
 * struct other_event - a row
 * @begin: called before the hold is taken; NULL: nothing
 * @happen: makes the event happen. Return: 0 or a negative errno; -ECANCELED: the kernel did nothing to
 *	any page, so that the case shows nothing and is skipped
 * @then: what is in the CPU's area afterwards; GEN_UNKNOWN: BEFORE, the event wrote nothing
 * @unheld: what the event does to pages that nobody holds
 * @refused: errno with which the kernel refuses while a reference is held; 0: the event succeeds
 * @part: hold the first base page only; the event is for the others
 * @loses: the unheld pages lose their bytes
 * @unmarked: do not write to the memory before, so that it stays as its kind has it
 */
struct other_event {
	int (*begin)(struct subject *subject);
	int (*happen)(struct subject *subject);
	enum generation then;
	enum unheld_page unheld;
	int refused;
	bool part;
	bool loses;
	bool unmarked;
};

/**
 * struct before_event - the samples before the event
 * @pages: what was mapped and held
 * @entry: of pagemap
 * @marked: the entries have marks that must stay
 */
struct before_event {
	struct witness pages;
	uint64_t entry[SAMPLES];
	bool marked;
};

/**
 * other_event_prepare() - mark the pages soft-dirty, let the event begin, take the hold
 *
 * Return: 0 or a negative errno.
 */
int other_event_prepare(struct subject *subject, const struct other_event *event,
			struct before_event *before);

/**
 * other_event_by_process() - another process, which does not map the memory, calls @act
 *
 * @act gets the memory of the caller, whose process is @owner, and returns 0 or a negative errno.
 *
 * Return: what @act returned.
 */
int other_event_by_process(struct subject *subject,
			   int (*act)(const struct memory *memory, pid_t owner));

/** other_event_advise() - give @advice by process_madvise() to process @owner. Return: 0 or -errno */
int other_event_advise(const struct memory *memory, pid_t owner, int advice);

/** verdict_event_answer() - PLACEMENT: @answer is that of the row */
void verdict_event_answer(struct subject *subject, const struct other_event *event, int answer,
			  struct verdict *verdict);

/** verdict_unheld_pages() - PLACEMENT: the event happened to the pages that nobody holds */
void verdict_unheld_pages(struct subject *subject, const struct other_event *event,
			  const struct before_event *before, struct verdict *verdict);

/** verdict_held_pages() - PLACEMENT: each held page is the one mapped @before */
void verdict_held_pages(struct subject *subject, const struct before_event *before,
			struct verdict *verdict);

/** verdict_marks_stay() - TRACKING: the held pages' entries have the marks of @before */
void verdict_marks_stay(struct subject *subject, const struct other_event *event,
			const struct before_event *before, struct verdict *verdict);

/** verdict_write_protected() - ISOLATION: the process cannot write to its samples */
void verdict_write_protected(struct subject *subject, struct verdict *verdict);

#endif
