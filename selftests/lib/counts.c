// SPDX-License-Identifier: GPL-2.0-only
/* ACCURACY to the last reference. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "../../tools/lib/cause.h"
#include "accounting.h"
#include "clock.h"
#include "counts.h"

static int report_again(struct subject *subject, struct counts *counts)
{
	int error = usermem_drain_lru();

	if (error)
		return error;
	return pincheck_report(subject->memory.session, counts->pfn, subject->memory.samples,
			       counts->report);
}

int counts_take(struct subject *subject, struct counts *counts)
{
	const struct memory *memory = &subject->memory;
	size_t i;

	memset(counts, 0, sizeof(*counts));
	for (i = 0; i < memory->samples; i++) {
		counts->pfn[i] = memory_pfn(memory, memory->sample[i]);
		if (!counts->pfn[i])
			return cause_say(-ENODATA, "no page is mapped at page %zu of the memory, or its "
					 "number is not told (CAP_SYS_ADMIN)", memory->sample[i]);
	}
	return report_again(subject, counts);
}

int counts_again(struct subject *subject, const struct counts *before, struct counts *now)
{
	*now = *before;
	return report_again(subject, now);
}

struct change change_by_hold(const struct hold_kind *kind, size_t pages, int holds,
			     const struct pincheck_report *report)
{
	int units = report->order ? pages : 1;
	struct change change = { 0 };

	if (hold_folds(kind))
		units = 1;
	if (kind->traits & HOLD_PIN) {
		change.pins = holds * units;
		change.references = holds * units * (report->order ? 1 : accounting_pin_bias());
	} else if (kind->traits & HOLD_GET) {
		change.references = holds * units;
		if (!report->order)
			change.pins = (report->refcount + holds) / accounting_pin_bias() -
				      report->refcount / accounting_pin_bias();
	}
	return change;
}

static void tell(struct verdict *verdict, const char *invariant, bool kept, const char *text)
{
	*verdict = (struct verdict) { .invariant = invariant, .kept = kept };
	snprintf(verdict->evidence, sizeof(verdict->evidence), " %s%s", kept ? "" : "BROKEN: ",
		 text);
}

static void cannot_look(struct verdict *verdict, int error)
{
	tell(verdict, "ACCURACY", false, cause_of(error));
	verdict->error = error;
}

static void judge_change(struct subject *subject, const struct counts *before, size_t pages,
			 int holds, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct counts now;
	int error = counts_again(subject, before, &now);
	size_t i;

	if (error)
		return cannot_look(verdict, error);
	for (i = 0; i < memory->samples; i++) {
		const struct pincheck_report *old = &before->report[i], *new = &now.report[i];
		struct change expected = change_by_hold(subject->product->hold, pages, holds, old);
		bool kept = new->refcount - old->refcount == expected.references;
		char text[160];

		/* Nothing to compare where a large folio does not count its pins apart. */
		if (!old->order || (old->present & PINCHECK_REPORT_PIN_COUNT))
			kept = kept && new->pins - old->pins == expected.pins;
		snprintf(text, sizeof(text), "pfn %" PRIx64 " page %zu ref %d -> %d (%+d) "
			 "pins %d -> %d (%+d)", (uint64_t)now.pfn[i], memory->sample[i],
			 old->refcount, new->refcount, expected.references, old->pins, new->pins,
			 expected.pins);
		if (!i || !kept)
			tell(verdict, "ACCURACY", kept, text);
		if (!kept)
			return;
	}
}

/* Compaction and reclaim refer to a page for a moment: see verdict_accurate(). */
void verdict_change(struct subject *subject, const struct counts *before, size_t pages, int holds,
		    struct verdict *verdict)
{
	int64_t end = moment_end();

	do {
		judge_change(subject, before, pages, holds, verdict);
	} while (!verdict->kept && !verdict->error && moment_goes_on(end));
}

/* Each sample must be as @kept has it, which says in @text what there is and should be. */
static void judge_samples(struct subject *subject, int expected,
			  bool (*kept)(const struct pincheck_report *report, int expected,
				       char *text, size_t size),
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct counts now;
	int error = counts_take(subject, &now);
	char seen[80], text[160];
	bool good = true;
	size_t i;

	if (error)
		return cannot_look(verdict, error);
	for (i = 0; i < memory->samples && good; i++) {
		good = kept(&now.report[i], expected, seen, sizeof(seen));
		snprintf(text, sizeof(text), "pfn %" PRIx64 " page %zu %s", (uint64_t)now.pfn[i],
			 memory->sample[i], seen);
		if (!i || !good)
			tell(verdict, "ACCURACY", good, text);
	}
}

static bool mapcount_kept(const struct pincheck_report *report, int expected, char *text,
			  size_t size)
{
	int seen = report->page_mapcount;

	snprintf(text, size, "mapped %d times, expected %d", seen, expected);
	return (report->present & PINCHECK_REPORT_MAPCOUNT) && seen == expected;
}

void verdict_mapcount(struct subject *subject, int mappings, struct verdict *verdict)
{
	judge_samples(subject, mappings, mapcount_kept, verdict);
}

static bool exclusive_kept(const struct pincheck_report *report, int expected, char *text,
			   size_t size)
{
	bool known = report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE;
	bool seen = report->flags & PINCHECK_PAGE_ANON_EXCLUSIVE;

	snprintf(text, size, "%s, expected %s",
		 !known ? "unknown" : seen ? "exclusive" : "not exclusive",
		 expected ? "exclusive" : "not exclusive");
	return known && seen == expected;
}

void verdict_exclusive(struct subject *subject, bool exclusive, struct verdict *verdict)
{
	judge_samples(subject, exclusive, exclusive_kept, verdict);
}
