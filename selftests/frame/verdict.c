// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts on the invariants. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "../../tools/lib/pairs.h"
#include "clock.h"
#include "counts.h"
#include "known_issues.h"
#include "pin_accounting.h"
#include "subject.h"

void verdict_note(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	pairs_print(verdict->evidence, sizeof(verdict->evidence), format, arguments);
	va_end(arguments);
}

void verdict_start(struct verdict *verdict, const char *invariant)
{
	*verdict = (struct verdict) { .invariant = invariant, .kept = true };
}

/* The evidence names the first failure only: others follow from that. */
void verdict_broken(struct verdict *verdict, const char *what, size_t page)
{
	if (!verdict->kept)
		return;
	verdict->kept = false;
	verdict_note(verdict, "broken=\"%s\" broken_page=%zu", what, page);
}

void verdict_unknown(struct verdict *verdict, requirement_set needs)
{
	const char *reason = require_missing(needs);

	if (!verdict->kept || !reason)
		return;
	verdict->unknown |= needs;
	verdict_note(verdict, "why=\"%s\"", reason);
}

void verdict_failed(struct verdict *verdict, const char *what, int error)
{
	verdict->kept = false;
	verdict->error = error;
	verdict_note(verdict, "error=\"%s\" cause=\"%s\"", what, cause_of(error));
}

static void note_report(struct verdict *verdict, const struct pincheck_report *report)
{
	bool counts = report->refcount >= 0;

	if (counts)
		verdict_note(verdict, "ref=%d", report->refcount);
	if (report->present & PINCHECK_REPORT_MAPCOUNT)
		verdict_note(verdict, "map=%d", report->page_mapcount);
	if (counts)
		verdict_note(verdict, "pins=%d", report->pins);
	if (report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE)
		verdict_note(verdict, "exclusive=%d",
			     !!(report->flags & PINCHECK_PAGE_ANON_EXCLUSIVE));
}

static bool retake_witness(struct subject *subject, struct witness *now, struct verdict *verdict)
{
	int error = witness_take(subject, now);

	if (error)
		verdict_failed(verdict, "cannot look at the pages", error);
	return !error;
}

/* Notes the page of sample @i: the first broken one, or else the first held one. */
static void note_page(struct subject *subject, const struct witness *now, size_t i,
		      struct verdict *verdict)
{
	verdict_note(verdict, "page=%zu pfn=%" PRIx64, subject->memory.sample[i], now->mapped[i]);
	if (now->held[i])
		verdict_note(verdict, "held=%" PRIx64 " path=%s", now->held[i],
			     pincheck_path_name(now->path[i]));
	note_report(verdict, &now->report[i]);
}

bool verdict_lacks_pages(struct verdict *verdict)
{
	verdict_unknown(verdict, NEEDS_PFNS);
	return verdict->unknown & NEEDS_PFNS;
}

static size_t first_held(struct subject *subject)
{
	size_t i;

	for (i = 0; i < subject->memory.samples; i++) {
		if (hold_covers(&subject->hold, subject->memory.sample[i]))
			return i;
	}
	return 0;
}

void verdict_path(struct subject *subject, enum page_state state, struct verdict *verdict)
{
	const struct hold *hold = &subject->hold;
	uint32_t expected = hold_expected_path(hold->kind, state);

	verdict_start(verdict, "PATH");
	verdict_note(verdict, "pages=%zu fast=%" PRIu64 " slow=%" PRIu64, hold->pages,
		     hold->fast_pages, hold->slow_pages);
	if (expected == PINCHECK_PATH_FAST && hold->fast_pages != hold->pages)
		verdict_broken(verdict, "not all pages came by GUP-fast",
			       hold->first + hold->fast_pages);
	if (expected == PINCHECK_PATH_SLOW && hold->slow_pages != hold->pages)
		verdict_broken(verdict, "not all pages came by the slow path", hold->first);
}

static void note_view(struct verdict *verdict, enum generation seen, enum generation expected)
{
	verdict_note(verdict, "seen=%s expected=%s", generation_name(seen),
		     generation_name(expected));
}

static void device_agrees(struct subject *subject, enum generation generation, const char *what,
			  struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	size_t i;
	int error = hold_look(&subject->hold, &view);

	if (error)
		return verdict_failed(verdict, "the device cannot read", error);
	for (i = 0; i < memory->samples; i++) {
		if (!hold_covers(&subject->hold, memory->sample[i]))
			continue;
		if (view.seen[CPU_AREA][i] == generation)
			continue;
		verdict_broken(verdict, what, memory->sample[i]);
		return note_view(verdict, view.seen[CPU_AREA][i], generation);
	}
}

static void cpu_agrees(struct subject *subject, enum area area, enum generation generation,
		       bool only_held, const char *what, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	size_t i;

	memory_look(memory, &view);
	for (i = 0; i < memory->samples; i++) {
		if (only_held && !hold_covers(&subject->hold, memory->sample[i]))
			continue;
		if (view.seen[area][i] == generation)
			continue;
		verdict_broken(verdict, what, memory->sample[i]);
		return note_view(verdict, view.seen[area][i], generation);
	}
}

void verdict_sync(struct subject *subject, enum generation generation, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct witness now;
	size_t i, telling = first_held(subject);
	int error;

	verdict_start(verdict, "SYNC");
	if (!subject->hold.taken)
		return verdict_failed(verdict, "nothing is held",
				      cause_say(-ENOENT, "take the hold first"));
	if (!retake_witness(subject, &now, verdict))
		return;
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		if (!now.held[i] || now.held[i] == now.mapped[i])
			continue;
		verdict_broken(verdict, "the held page is not the mapped one", memory->sample[i]);
		telling = i;
	}
	if (require_missing(NEEDS_PFNS))
		verdict_note(verdict, "judged_by=bytes");
	device_agrees(subject, generation, "the device does not see what the CPU wrote", verdict);
	if (subject_holds(subject, HOLD_WRITE)) {
		error = hold_fill(&subject->hold, BY_DEVICE);
		if (error)
			return verdict_failed(verdict, "the device cannot write", error);
		cpu_agrees(subject, DEVICE_AREA, BY_DEVICE, true,
			   "the CPU does not see what the device wrote", verdict);
	}
	note_page(subject, &now, telling, verdict);
}

void verdict_same_page(struct subject *subject, const struct witness *before,
		       struct verdict *verdict)
{
	struct witness now;
	size_t i, telling = 0;

	verdict_start(verdict, "REUSE");
	if (verdict_lacks_pages(verdict) || !retake_witness(subject, &now, verdict))
		return;
	for (i = 0; i < subject->memory.samples && verdict->kept; i++) {
		if (before->mapped[i] && before->mapped[i] == now.mapped[i])
			continue;
		verdict_broken(verdict, "the page was copied needlessly", subject->memory.sample[i]);
		telling = i;
	}
	verdict_note(verdict, "before_pfn=%" PRIx64, before->mapped[telling]);
	note_page(subject, &now, telling, verdict);
}

void verdict_follows_page(struct subject *subject, enum generation older, enum generation newer,
			  struct verdict *verdict)
{
	struct witness now;
	struct view view;
	size_t i, same = 0;
	int error;

	verdict_start(verdict, "ISOLATION");
	if (verdict_lacks_pages(verdict) || !retake_witness(subject, &now, verdict))
		return;
	error = hold_look(&subject->hold, &view);
	if (error)
		return verdict_failed(verdict, "the device cannot read", error);
	for (i = 0; i < subject->memory.samples; i++) {
		bool mapped = now.held[i] == now.mapped[i];
		enum generation expected = mapped ? newer : older;

		if (!hold_covers(&subject->hold, subject->memory.sample[i]))
			continue;
		same += mapped;
		if (!verdict->kept || view.seen[CPU_AREA][i] == expected)
			continue;
		verdict_broken(verdict, mapped ? "the device does not see what the CPU wrote" :
		       "the device sees bytes that are not on its page", subject->memory.sample[i]);
		note_view(verdict, view.seen[CPU_AREA][i], expected);
	}
	verdict_note(verdict, "held_and_mapped=%zu samples=%zu", same, subject->memory.samples);
	note_page(subject, &now, 0, verdict);
}

void verdict_promise(struct subject *subject, enum event_class event, enum generation older,
		     enum generation newer, struct verdict *verdict)
{
	if (subject_holds(subject, HOLD_NONE))
		verdict_cpu_sees(subject, newer, verdict);
	else if (subject->product->hold->keeps_sync & event)
		verdict_sync(subject, newer, verdict);
	else
		verdict_follows_page(subject, older, newer, verdict);
}

void verdict_cpu_sees(struct subject *subject, enum generation generation,
		      struct verdict *verdict)
{
	struct witness now;

	verdict_start(verdict, "ISOLATION");
	cpu_agrees(subject, CPU_AREA, generation, false, "the parent sees others' writes", verdict);
	if (!retake_witness(subject, &now, verdict))
		return;
	if (verdict->kept)
		verdict_note(verdict, "parent_sees=%s", generation_name(generation));
	note_page(subject, &now, first_held(subject), verdict);
}

void verdict_device_sees(struct subject *subject, enum generation generation,
			 struct verdict *verdict)
{
	struct witness now;

	verdict_start(verdict, "ISOLATION");
	device_agrees(subject, generation, "the device sees others' writes", verdict);
	if (!retake_witness(subject, &now, verdict))
		return;
	if (verdict->kept)
		verdict_note(verdict, "device_sees=%s", generation_name(generation));
	note_page(subject, &now, first_held(subject), verdict);
}

void verdict_child_sees(struct subject *subject, int level, enum generation generation,
			struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;
	enum area area;
	size_t i;
	int error = child_look(&subject->child, level, &view);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "the child does not answer", error);
	for (area = CPU_AREA; area < AREAS && verdict->kept; area++) {
		for (i = 0; i < memory->samples && verdict->kept; i++) {
			/* The child writes as a CPU does, never as the device. */
			enum generation expected = area == DEVICE_AREA ? BEFORE : generation;

			if (view.seen[area][i] == expected)
				continue;
			verdict_broken(verdict, area == CPU_AREA ? "the child sees a CPU's write" :
			       "the child sees the device's write", memory->sample[i]);
			note_view(verdict, view.seen[area][i], expected);
		}
	}
	if (verdict->kept)
		verdict_note(verdict, "child_sees=%s", generation_name(generation));
	verdict_note(verdict, "level=%d child_pfn=%" PRIx64 " parent_pfn=%" PRIx64, level,
		     child_pfn(&subject->child, level, memory->sample[0]),
		     memory_pfn(memory, memory->sample[0]));
}

void verdict_child_has_own_page(struct subject *subject, int level, bool own,
				struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	uint64_t theirs[SAMPLES], ours[SAMPLES];
	size_t i;

	verdict_start(verdict, own ? "SYNC" : "REUSE");
	if (verdict_lacks_pages(verdict))
		return;
	child_pfns(&subject->child, level, theirs);
	memory_pfns(memory, memory->pagemap, ours);
	for (i = 0; i < memory->samples; i++) {
		if (!theirs[i] || !ours[i])
			return verdict_failed(verdict, "a page is not present",
					      cause_say(-ENODATA, "page %zu of the memory",
							memory->sample[i]));
		if (!i)
			verdict_note(verdict, "child_pfn=%" PRIx64 " parent_pfn=%" PRIx64, theirs[i],
				     ours[i]);
		if ((theirs[i] != ours[i]) != own)
			verdict_broken(verdict, own ? "the child shares a pinned page" :
			       "the child got a copy of a page that nobody pins",
			       memory->sample[i]);
	}
}

void verdict_child_may_not_write(struct subject *subject, int level, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t refused;
	int error = child_write_refused(&subject->child, level, &refused);

	verdict_start(verdict, "ISOLATION");
	if (error)
		return verdict_failed(verdict, "the child does not answer", error);
	if (refused != memory->samples)
		verdict_broken(verdict, "the child writes to memory it has read-only",
			       memory->sample[0]);
	verdict_note(verdict, "refused=%zu samples=%zu child_pfn=%" PRIx64 " parent_pfn=%" PRIx64,
		     refused, memory->samples, child_pfn(&subject->child, level, memory->sample[0]),
		     memory_pfn(memory, memory->sample[0]));
}

void verdict_soft_dirty(struct subject *subject, enum which_pages pages, bool set,
			struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	size_t i, looked = 0;

	verdict_start(verdict, "TRACKING");
	for (i = 0; i < memory->samples; i++) {
		char *page = memory_address(memory, memory->sample[i]);
		bool held = hold_covers(&subject->hold, memory->sample[i]);
		uint64_t entry = pagemap_entry(memory->pagemap, page);

		if (pages != ALL_PAGES && held != (pages == HELD_PAGES))
			continue;
		looked++;
		if (!!(entry & PAGEMAP_SOFT_DIRTY) != set)
			verdict_broken(verdict, set ? "soft-dirty is clear" : "soft-dirty is set",
			       memory->sample[i]);
		if (looked == 1)
			verdict_note(verdict, "page=%zu pfn=%" PRIx64, memory->sample[i],
				     pagemap_pfn(entry));
	}
	if (!looked)
		return verdict_failed(verdict, "no such page",
				      cause_say(-ENOENT, "%s sample is held",
						pages == HELD_PAGES ? "no" : "each"));
	verdict_note(verdict, "pages=%zu soft_dirty=%d", looked, set);
}

/* Of the page cache. Since 6.7 a hugetlb folio counts as any other there (a08c7193e4f1). */
static int cache_references(const struct pincheck_report *report)
{
	char kernel[64];

	if (!(report->flags & (PINCHECK_PAGE_SWAPCACHE | PINCHECK_PAGE_FILE)))
		return 0;
	if (!(report->flags & PINCHECK_PAGE_HUGETLB))
		return 1 << report->order;
	kernel_version(kernel, sizeof(kernel));
	return kernel_in_range(kernel, ">=6.7", NULL) > 0 ? 1 << report->order : 1;
}

/* Return: the refcount that the folio must have once the LRU batches are drained. */
static int explained_references(struct subject *subject, size_t sample,
				const struct pincheck_report *report)
{
	bool large = report->order;
	int references;
	int pins = hold_expected_pins(&subject->hold, sample, large);

	if (report->flags & PINCHECK_PAGE_HUGETLB)
		references = report->page_mapcount;
	else if (report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT)
		references = report->folio_mapcount;
	else
		references = report->page_mapcount;
	references += cache_references(report);
	if (report->flags & PINCHECK_PAGE_PRIVATE && report->flags & PINCHECK_PAGE_FILE)
		references++;
	if (subject_is(subject, MEMORY_DRIVER))
		references++;
	if (subject->hold.taken && subject->hold.kind->traits & HOLD_GET)
		references += hold_expected_units(&subject->hold, sample, large);
	return references + pins * (large ? 1 : pin_bias());
}

/*
 * The page cache has one reference to a hugetlb page, or since Linux 6.7 one for each of its base pages.
 */
static bool is_hugetlb_cache(const struct pincheck_report *report, int surplus)
{
	__u64 flags = PINCHECK_PAGE_HUGETLB | PINCHECK_PAGE_FILE;

	return (report->flags & flags) == flags && (surplus == 1 || surplus == 1 << report->order);
}

static void check_counts(struct subject *subject, size_t sample,
			 const struct pincheck_report *report, struct verdict *verdict)
{
	size_t page = subject->memory.sample[sample];
	bool large = report->order, countable = !large ||
		     (report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT);
	int surplus = report->refcount - explained_references(subject, sample, report);
	int pins = hold_expected_pins(&subject->hold, sample, large);

	if (countable && surplus && !is_hugetlb_cache(report, surplus)) {
		verdict_broken(verdict, "the refcount is not explained", page);
		verdict_note(verdict, "surplus=%d", surplus);
	}
	if ((!large || (report->present & PINCHECK_REPORT_PIN_COUNT)) && report->pins != pins) {
		verdict_broken(verdict, "the pin count is not that of the holds", page);
		verdict_note(verdict, "pins_expected=%d", pins);
	}
	if (!!(report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED) != (pins > 0))
		verdict_broken(verdict, "maybe-dma-pinned is wrong", page);
}

static void check_mark(struct subject *subject, size_t sample, const struct pincheck_report *report,
		       struct verdict *verdict)
{
	if (hold_expected_pins(&subject->hold, sample, report->order) && (report->flags & PINCHECK_PAGE_ANON) &&
	    (report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE) &&
	    !(report->flags & PINCHECK_PAGE_ANON_EXCLUSIVE))
		verdict_broken(verdict, "a pinned page is not exclusive",
			       subject->memory.sample[sample]);
}

static void check_accuracy(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	bool counts = page_reports_count(memory->session);
	struct witness now;
	size_t i, telling = first_held(subject);
	int error = usermem_drain_lru();

	verdict_start(verdict, "ACCURACY");
	if (error)
		return verdict_failed(verdict, "cannot drain the LRU batches", error);
	if (!retake_witness(subject, &now, verdict))
		return;
	for (i = 0; i < memory->samples && verdict->kept; i++) {
		if (subject->hold.taken && !now.held[i])
			continue;
		/* All processes share the zero page; kernels differ in what they count of it. */
		if (now.report[i].flags & PINCHECK_PAGE_ZERO)
			continue;
		if (counts)
			check_counts(subject, i, &now.report[i], verdict);
		check_mark(subject, i, &now.report[i], verdict);
		if (!verdict->kept)
			telling = i;
	}
	if (!counts)
		verdict_unknown(verdict, NEEDS_MODULE);
	note_page(subject, &now, telling, verdict);
}

/*
 * Compaction and reclaim take references for a moment, perhaps on another CPU; a lost reference
 * stays lost. So only a surplus that lasts for the whole moment breaks the promise.
 */
void verdict_accurate(struct subject *subject, struct verdict *verdict)
{
	int64_t end = moment_end();

	do {
		check_accuracy(subject, verdict);
	} while (!verdict->kept && !verdict->error && moment_goes_on(end));
}

void verdict_given_back(struct subject *subject, bool whole_machine, struct verdict *verdict)
{
	bool machine = whole_machine && (pins_readable() || !pincheck_is_forbidden());
	struct pincheck_info info = { 0 };
	int64_t surplus = 0;
	int error = 0;

	verdict_start(verdict, "CLEAN");
	if (page_reports_count(subject->memory.session))
		error = pincheck_info(subject->memory.session, &info);
	else
		verdict_unknown(verdict, machine ? 0 : NEEDS_MODULE);
	if (!error && machine)
		error = pins_surplus(&surplus);
	if (error)
		return verdict_failed(verdict, "cannot count", error);
	if (info.session_holds || info.session_pages)
		verdict_broken(verdict, "the session still has holds", info.session_pages);
	if (surplus)
		verdict_broken(verdict, "pins were not given back", surplus);
	verdict_note(verdict, "session_pages=%" PRIu64 " pins_surplus=%" PRId64,
		     (uint64_t)info.session_pages, surplus);
}
