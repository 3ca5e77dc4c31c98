// SPDX-License-Identifier: GPL-2.0-only
/* ACCURACY to the last reference. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "../../tools/lib/cause.h"
#include "clock.h"
#include "counts.h"
#include "pin_accounting.h"

static int report_again(struct subject *subject, struct counts *counts)
{
	int error = usermem_drain_lru();

	if (error)
		return error;
	return page_reports(subject->memory.session, counts->pfn, subject->memory.samples,
			       counts->report);
}

static int find_pages(struct subject *subject, struct counts *counts)
{
	const struct memory *memory = &subject->memory;
	uint64_t pfn[SAMPLES];
	size_t i;

	memset(counts, 0, sizeof(*counts));
	memory_pfns(memory, memory->pagemap, pfn);
	for (i = 0; i < memory->samples; i++) {
		counts->pfn[i] = pfn[i];
		if (!counts->pfn[i])
			return cause_say(-ENODATA, "page %zu of the memory is not mapped, or its number "
					 "needs CAP_SYS_ADMIN", memory->sample[i]);
	}
	return 0;
}

int counts_take(struct subject *subject, struct counts *counts)
{
	int error = find_pages(subject, counts);

	return error ? error : report_again(subject, counts);
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
	units *= hold_pins_of_page(kind);
	if (kind->traits & HOLD_PIN) {
		change.pins = holds * units;
		change.references = holds * units * (report->order ? 1 : pin_bias());
	} else if (kind->traits & HOLD_GET) {
		change.references = holds * units;
		if (!report->order)
			change.pins = (report->refcount + holds) / pin_bias() -
				      report->refcount / pin_bias();
	}
	return change;
}

int references_of_hold(const struct hold *hold, size_t sample, const struct pincheck_report *report)
{
	bool biased = !report->order && hold->kind->traits & HOLD_PIN;

	if (!(hold->kind->traits & (HOLD_PIN | HOLD_GET)))
		return 0;
	return hold_expected_units(hold, sample, report->order) * (biased ? pin_bias() : 1);
}

static void judge_change(struct subject *subject, const struct counts *before, size_t pages,
			 int holds, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct counts now;
	int error = counts_again(subject, before, &now);
	size_t i;

	verdict_start(verdict, "ACCURACY");
	if (!page_reports_count(memory->session))
		return verdict_unknown(verdict, NEEDS_MODULE);
	if (error)
		return verdict_failed(verdict, "cannot read the counters", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		const struct pincheck_report *old = &before->report[i], *new = &now.report[i];
		struct change expected = change_by_hold(subject->product->hold, pages, holds, old);
		bool kept = new->refcount - old->refcount == expected.references;

		/* Kernels that do not count the pins of a large folio give nothing to compare. */
		if (!old->order || (old->present & PINCHECK_REPORT_PIN_COUNT))
			kept = kept && new->pins - old->pins == expected.pins;
		if (!kept)
			verdict_broken(verdict, "the counters changed otherwise", memory->sample[i]);
		if (i && kept)
			continue;
		verdict_note(verdict, "page=%zu pfn=%" PRIx64 " ref_before=%d ref=%d ref_expected=%d "
			     "pins_before=%d pins=%d pins_expected=%d", memory->sample[i],
			     (uint64_t)now.pfn[i], old->refcount, new->refcount,
			     old->refcount + expected.references, old->pins, new->pins,
			     old->pins + expected.pins);
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

void verdict_left(struct subject *subject, const struct counts *before, int references,
		  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct counts now;
	int error = counts_again(subject, before, &now);

	verdict_start(verdict, "ACCURACY");
	if (!page_reports_count(memory->session))
		return verdict_unknown(verdict, NEEDS_MODULE);
	if (error)
		return verdict_failed(verdict, "cannot read the counters", error);
	if (now.report[0].refcount != references)
		verdict_broken(verdict, "the page has other references", 0);
	verdict_note(verdict, "pfn=%" PRIx64 " pfn_now=%" PRIx64 " ref=%d ref_expected=%d",
		     (uint64_t)now.pfn[0], memory_pfn(memory, memory->sample[0]),
		     now.report[0].refcount, references);
}

#define UNKNOWN	(-1)

static int mapcount_of(const struct pincheck_report *report)
{
	return report->present & PINCHECK_REPORT_MAPCOUNT ? report->page_mapcount : UNKNOWN;
}

static int exclusive_of(const struct pincheck_report *report)
{
	if (!(report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE))
		return UNKNOWN;
	return !!(report->flags & PINCHECK_PAGE_ANON_EXCLUSIVE);
}

/* Every sample must have @expected. The evidence shows the first sample, or the first bad one. */
static void judge_samples(struct subject *subject, const char *name,
			  int (*value_of)(const struct pincheck_report *report), int expected,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct counts now;
	int error = find_pages(subject, &now);
	size_t i;

	verdict_start(verdict, "ACCURACY");
	if (verdict_lacks_pages(verdict))
		return;
	if (!error)
		error = report_again(subject, &now);
	if (error)
		return verdict_failed(verdict, "cannot read the counters", error);
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		int seen = value_of(&now.report[i]);

		if (seen == UNKNOWN && !page_reports_count(memory->session))
			verdict_unknown(verdict, NEEDS_MODULE);
		else if (seen == UNKNOWN || seen != expected)
			verdict_broken(verdict, "the page report has another value",
				       memory->sample[i]);
		if (!i || !verdict->kept)
			verdict_note(verdict, "page=%zu pfn=%" PRIx64 " counter=%s seen=%d expected=%d",
				     memory->sample[i], (uint64_t)now.pfn[i], name, seen, expected);
	}
}

void verdict_mapcount(struct subject *subject, int mappings, struct verdict *verdict)
{
	judge_samples(subject, "map", mapcount_of, mappings, verdict);
}

void verdict_exclusive(struct subject *subject, bool exclusive, struct verdict *verdict)
{
	judge_samples(subject, "exclusive", exclusive_of, exclusive, verdict);
}
