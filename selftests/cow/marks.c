// SPDX-License-Identifier: GPL-2.0-only
/*
 * marks: a page table entry says that its page was written (soft-dirty, bit 55 of pagemap), or that it
 * is write-protected by userfaultfd (uffd-wp, bit 57). The marks must survive whatever replaces or
 * copies the entry: a pin, or an event beside one.
 *
 * Where PTEs map the memory every third page is written and the others are not, because the kernel
 * works on pages of a large folio in batches. A PMD has one mark, so the memory is in the state whose
 * loss does harm: written, or protected.
 */
#include "tracked.h"
#include <inttypes.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "collapse.h"
#include "collapse.h"
#include "ksm_scan.h"
#include "pagemap_scan.h"
#include "placement.h"
#include "trap.h"

#define MARKED_EVERY		3

#define MARKS_VARIANT(memory, hold, tracker)	TRACKED_VARIANT(marks, memory, hold, tracker)

#define MARKS_HOLDS(memory, tracker)								\
	MARKS_VARIANT(memory, none, tracker)							\
	MARKS_VARIANT(memory, pin_ro_fast, tracker)						\
	MARKS_VARIANT(memory, pin_ro_lt_slow, tracker)

TRACKED_TOPIC(marks)
MARKS_HOLDS(many, soft_dirty)		MARKS_HOLDS(many, uffd_sync)
MARKS_HOLDS(thp_pmd, soft_dirty)	MARKS_HOLDS(thp_pmd, uffd_sync)
MARKS_HOLDS(thp_pte, soft_dirty)	MARKS_HOLDS(thp_pte, uffd_sync)
MARKS_HOLDS(mthp, soft_dirty)		MARKS_HOLDS(mthp, uffd_sync)
/* Soft-dirty does not track hugetlb (R67). */
MARKS_HOLDS(hugetlb, uffd_sync)

static bool by_userfaultfd(const void *variant)
{
	const struct tracked *tracked = variant;

	return tracked->tracker->features;
}

/* UFFDIO_MOVE moves base pages, and what a PMD maps. */
static bool can_be_moved(const void *variant)
{
	const struct tracked *tracked = variant;

	return by_userfaultfd(variant) && (tracked->product.memory == &memory_many ||
					   tracked->product.memory == &memory_thp_pmd);
}

/* What PTEs map and a PMD could. */
static bool can_be_collapsed(const void *variant)
{
	const struct tracked *tracked = variant;

	return tracked->product.memory == &memory_thp_pte;
}

/**
 * struct marked - memory whose marks are looked at
 * @subject: of the case
 * @tracking: its memory
 * @at: where the memory is now
 * @before: entries of pagemap, when the event begins
 * @room: where the memory may move to, or NULL
 */
struct marked {
	struct subject *subject;
	struct tracking tracking;
	char *at;
	uint64_t before[PMD_PAGES_MAX];
	char *room;
};

/**
 * struct mark_event - what happens to marked memory
 * @held: the hold of the variant is taken before
 * @uffd_events: UFFD_FEATURE_EVENT_*
 * @apply: 0, or a negative errno if nothing happened
 * @marks_written: the kernel promises to mark all pages that it moved as written
 * @drops_protection: no userfaultfd is there any more
 * @shares: the pages are mapped twice afterwards, or for the first time once
 */
struct mark_event {
	bool held;
	uint64_t uffd_events;
	int (*apply)(struct marked *marked);
	bool marks_written;
	bool drops_protection;
	bool shares;
};

/* clear_refs passes over pinned pages, which stay dirty (9348b73c2e1b). */
static bool all_stay_dirty(struct subject *subject)
{
	return case_tracker() == &tracker_soft_dirty && subject->hold.taken &&
	       !subject_is(subject, MEMORY_PMD);
}

static bool page_is_to_be_written(struct subject *subject, size_t page)
{
	if (subject_is(subject, MEMORY_PMD))
		return case_tracker() == &tracker_soft_dirty;
	return !(page % MARKED_EVERY) || all_stay_dirty(subject);
}

static int read_entries(struct marked *marked, uint64_t *entries)
{
	return pagemap_read(marked->subject->memory.pagemap, marked->at, entries,
			    memory_pages(&marked->subject->memory));
}

/*
 * Writes to what is to be written, and checks that the marks are as they are to be. No page may be full
 * of zeroes: a split maps the zero page there.
 */
static int arrange_marks(struct marked *marked)
{
	struct subject *subject = marked->subject;
	const struct memory *memory = &subject->memory;
	size_t page, pages = memory_pages(memory);
	int error;

	for (page = 0; page < pages; page++)
		memory_address(memory, page)[11] = 1;
	error = tracking_forget(&marked->tracking);
	for (page = 0; page < pages && !error; page++)
		if (page_is_to_be_written(subject, page))
			memory_address(memory, page)[7] ^= 0x55;
	if (!error)
		error = read_entries(marked, marked->before);
	for (page = 0; page < pages && !error; page++)
		if (tracker_marks(case_tracker(), marked->before[page]) !=
		    page_is_to_be_written(subject, page))
			error = cause_say(-EBADMSG, "page %zu is marked %s before anything happens", page,
					  page_is_to_be_written(subject, page) ? "unwritten" : "written");
	return error;
}

/** struct mark_outcome - numbers of pages */
struct mark_outcome {
	size_t written, kept, lost, gained, replaced;
};

static void judge_mark(const struct mark_event *event, uint64_t before, uint64_t after, size_t page,
		       struct mark_outcome *outcome, struct verdict *verdict)
{
	const struct tracker *tracker = case_tracker();
	bool was = tracker_marks(tracker, before), is = tracker_marks(tracker, after);
	bool all_written = tracker->features ? event->drops_protection : event->marks_written;
	bool expected = was || all_written;

	outcome->written += was;
	outcome->kept += is == expected;
	outcome->lost += expected && !is;
	outcome->gained += !expected && is;
	outcome->replaced += pagemap_pfn(before) != pagemap_pfn(after);
	if (is == expected)
		return;
	if (tracker->features)
		verdict_broken(verdict, is ? "the write protection was lost" : event->drops_protection ?
			       "the page stays protected without a userfaultfd" :
			       "the page became protected", page);
	else
		verdict_broken(verdict, is ? "the page reads as written, and was not" :
			       "the page was written, and reads as not written", page);
}

/* TRACKING: the marks in pagemap of a process are those from before the event. */
static void verdict_marks(struct marked *marked, int pagemap, const struct mark_event *event,
			  struct verdict *verdict)
{
	const struct memory *memory = &marked->subject->memory;
	static uint64_t after[PMD_PAGES_MAX];
	size_t page, pages = memory_pages(memory);
	int error = pagemap_read(pagemap, marked->at, after, pages);
	struct mark_outcome outcome = { 0 };

	verdict_start(verdict, "TRACKING");
	if (error)
		return verdict_failed(verdict, "cannot read the marks", error);
	for (page = 0; page < pages; page++) {
		judge_mark(event, marked->before[page], after[page], page, &outcome, verdict);
		if (after[page] & PAGEMAP_PRESENT && !event->shares &&
		    (marked->before[page] ^ after[page]) & PAGEMAP_EXCLUSIVE)
			verdict_broken(verdict, "bit 56 (mapped once) changed", page);
	}
	verdict_note(verdict, "tracker=%s pages=%zu written=%zu kept=%zu lost=%zu gained=%zu",
		     case_tracker()->name, pages, outcome.written, outcome.kept, outcome.lost,
		     outcome.gained);
	verdict_note(verdict, "replaced=%zu before_pfn=%" PRIx64 " pfn=%" PRIx64, outcome.replaced,
		     pagemap_pfn(marked->before[0]), pagemap_pfn(after[0]));
}

/* What PAGEMAP_SCAN and pagemap both tell of a page: first what needs a userfaultfd. */
static const struct {
	uint64_t category;
	uint64_t bit;
	bool inverted;
	const char *wrong;
} scan_rows[] = {
	{ SCAN_WRITTEN, PAGEMAP_UFFD_WP, true, "PAGE_IS_WRITTEN disagrees with bit 57" },
	{ SCAN_SOFT_DIRTY, PAGEMAP_SOFT_DIRTY, false, "PAGE_IS_SOFT_DIRTY disagrees with bit 55" },
	{ SCAN_FILE, PAGEMAP_FILE, false, "PAGE_IS_FILE disagrees with bit 61" },
	{ SCAN_SWAPPED, PAGEMAP_SWAPPED, false, "PAGE_IS_SWAPPED disagrees with bit 62" },
	{ SCAN_PRESENT, PAGEMAP_PRESENT, false, "PAGE_IS_PRESENT disagrees with bit 63" },
};

#define SCAN_TOLD	(SCAN_WRITTEN | SCAN_SOFT_DIRTY | SCAN_FILE | SCAN_SWAPPED | SCAN_PRESENT)

/*
 * TRACKING: both interfaces say the same of each page. Without a userfaultfd nothing is SCAN_WRITTEN on
 * newer kernels.
 */
static void verdict_scan_agrees(struct marked *marked, bool protects, struct verdict *verdict)
{
	const struct memory *memory = &marked->subject->memory;
	static uint64_t categories[PMD_PAGES_MAX], entries[PMD_PAGES_MAX];
	size_t page, row, pages = memory_pages(memory);
	int error = pagemap_scan(memory->pagemap, marked->at, pages, 0, SCAN_TOLD, categories);

	verdict_start(verdict, "TRACKING");
	if (!error)
		error = read_entries(marked, entries);
	if (error)
		return verdict_failed(verdict, "cannot scan", error);
	for (page = 0; page < pages; page++)
		for (row = protects ? 0 : 1; row < sizeof(scan_rows) / sizeof(*scan_rows); row++)
			if (!(categories[page] & scan_rows[row].category) ==
			    (!(entries[page] & scan_rows[row].bit) == scan_rows[row].inverted))
				verdict_broken(verdict, scan_rows[row].wrong, page);
	verdict_note(verdict, "pages=%zu entry=%" PRIx64 " categories=%" PRIx64, pages,
		     entries[0] & ~(uint64_t)PAGEMAP_PFN_MASK, categories[0]);
}

static void expect_marks(struct __test_metadata *_metadata, struct marked *marked,
			 const struct mark_event *event)
{
	bool protects = case_tracker()->features && !event->drops_protection;

	EXPECT_VERDICT(verdict_marks, marked, marked->subject->memory.pagemap, event);
	if (!require_missing(NEEDS_SCAN))
		EXPECT_VERDICT(verdict_scan_agrees, marked, protects);
}

static int begin_marks(struct marked *marked, struct subject *subject, uint64_t events)
{
	int error;

	*marked = (struct marked) { .subject = subject, .at = subject->memory.start };
	error = tracking_begin(&marked->tracking, case_tracker(), &subject->memory, events);
	return error ? error : arrange_marks(marked);
}

/* Where the memory can move to. The subject goes with it: the verdicts after the case look there. */
static int make_room(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;
	const struct usermem_kind *shape = memory->kind->shape;

	marked->room = usermem_map(memory->bytes, MAP_PRIVATE | MAP_ANONYMOUS | shape->flags, -1);
	return marked->room == MAP_FAILED ? -errno : 0;
}

static void memory_is_at(struct marked *marked, char *start)
{
	marked->at = start;
	marked->subject->memory.start = start;
}

/* The memory is marked, something happens, the marks are the same. */
static void run_event(struct __test_metadata *_metadata, struct subject *subject,
		      const struct mark_event *event)
{
	static struct marked marked;

	NEEDS_TRACKER(subject);
	if (event->held)
		ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(begin_marks(&marked, subject, case_tracker()->features ? event->uffd_events : 0));
	ASSERT_DONE(event->apply(&marked));
	expect_marks(_metadata, &marked, event);
	tracking_end(&marked.tracking);
}

#define EXPECT_MARKS_STAY(subject, ...)								\
	run_event(_metadata, subject, &(const struct mark_event) { __VA_ARGS__ })

static int order_of(struct marked *marked, size_t page, unsigned int *order)
{
	__u64 pfn = pagemap_pfn(pagemap_entry(marked->subject->memory.pagemap,
					      marked->at + page * PAGE_BYTES));
	struct pincheck_report report = { 0 };
	int error = pfn ? page_reports(marked->subject->memory.session, &pfn, 1, &report) : -ENODATA;

	*order = report.order;
	return error;
}

static int fork_child(struct marked *marked)
{
	return subject_fork(marked->subject, 1);
}

/* In the parent, and in the child: without UFFD_FEATURE_EVENT_FORK it has no userfaultfd. */
static void expect_fork_keeps_marks(struct __test_metadata *_metadata, struct subject *subject,
				    uint64_t uffd_events)
{
	bool copied = subject_holds(subject, HOLD_PIN);
	struct mark_event event = { .shares = !copied };
	static struct marked marked;

	NEEDS_TRACKER(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(begin_marks(&marked, subject, uffd_events));
	ASSERT_DONE(fork_child(&marked));
	expect_marks(_metadata, &marked, &event);
	event.drops_protection = !uffd_events;
	EXPECT_VERDICT(verdict_marks, &marked, child_pagemap(&subject->child, 0), &event);
	tracking_end(&marked.tracking);
}

/* Pages that nobody pins are shared, and pinned pages are copied early (70e806e4e645). */
SCENARIO(marks, forked, .rows = "R28 R80", .not_hold = HOLD_LONGTERM, .event = "fork")
{
	expect_fork_keeps_marks(_metadata, subject, 0);
}

/* The child is tracked by a userfaultfd of its own. */
SCENARIO(marks, forked_with_event, .rows = "R28 R80", .not_hold = HOLD_LONGTERM, .event = "fork",
	 .exists = by_userfaultfd)
{
	expect_fork_keeps_marks(_metadata, subject, UFFD_FEATURE_EVENT_FORK);
}

static int pin_shared(struct marked *marked)
{
	struct subject *subject = marked->subject;
	int error = subject_fork(subject, 1);

	return error ? error : subject_hold(subject);
}

/* A pin for reading of a shared page copies it first (a7f226604170). */
SCENARIO(marks, unshared, .rows = "R22 R80", .hold = HOLD_PIN, .not_hold = HOLD_LONGTERM,
	 .event = "fork", .needs = NEEDS_ANON_EXCLUSIVE)
{
	EXPECT_MARKS_STAY(subject, .apply = pin_shared);
}

static int pin_in_movable(struct marked *marked)
{
	struct witness before;
	int error = starts_in_movable(marked->subject, &before);

	return error ? error : subject_hold(marked->subject);
}

/*
 * A long-term pin migrates the page out of ZONE_MOVABLE first. 5.10 leaves the page there (R45), and
 * lacks the mark for exclusive pages, too.
 */
SCENARIO(marks, migrated, .rows = "R45 R76", .hold = HOLD_LONGTERM, .event = "migrate",
	 .needs = NEEDS_MOVABLE | NEEDS_ANON_EXCLUSIVE)
{
	if (subject_is(subject, MEMORY_HUGETLB))
		SUITE_NEEDS(NEEDS_HUGETLB_LEAVES);
	EXPECT_MARKS_STAY(subject, .apply = pin_in_movable);
}

/* Advice about one page of a large folio splits the folio; a busy one is passed over. */
static int split_folio(struct marked *marked)
{
	size_t middle = memory_pages(&marked->subject->memory) / 2;
	unsigned int order = 1;
	int error = 0;

	do {
		error = usermem_drain_lru();
		if (!error && madvise(marked->at + middle * PAGE_BYTES, PAGE_BYTES, MADV_COLD))
			error = -errno;
		if (!error)
			error = order_of(marked, middle, &order);
	} while (!error && order && moment_goes_on(suite_has_time() ? moment_end() : 0));
	if (!error && order)
		error = cause_say(-EBUSY, "the folio still has 2^%u pages", order);
	return error;
}

SCENARIO(marks, folio_split, .rows = "R24 R76", .memory = MEMORY_LARGE, .not_memory = MEMORY_HUGETLB,
	 .hold = HOLD_NONE, .event = "split")
{
	EXPECT_MARKS_STAY(subject, .apply = split_folio);
}

static int split_mapping(struct marked *marked)
{
	return usermem_split(marked->at);
}

/* PTEs map the huge page from now on. */
SCENARIO(marks, mapping_split, .rows = "B22 B26 R24", .memory = MEMORY_PMD,
	 .not_memory = MEMORY_HUGETLB, .hold = HOLD_NONE, .event = "split")
{
	EXPECT_MARKS_STAY(subject, .apply = split_mapping);
}

/* The kernel refuses to collapse what userfaultfd protects. */
static int collapse_pages(struct marked *marked)
{
	int error = collapse_now(marked->at, marked->subject->memory.bytes);

	return error && case_tracker()->features ? 0 : error;
}

/* PTEs that map all of a huge page give way to a PMD, and another huge page. */
SCENARIO(marks, collapsed, .rows = "R76", .hold = HOLD_NONE, .event = "collapse",
	 .exists = can_be_collapsed, .needs = NEEDS_COLLAPSE)
{
	EXPECT_MARKS_STAY(subject, .apply = collapse_pages);
}

static int page_memory_out(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;

	return usermem_page_out(marked->at, memory->bytes, memory->pagemap);
}

/* A swap entry has the marks of the page, and so has the entry after it. */
SCENARIO(marks, swapped, .rows = "R18 R19", .not_memory = MEMORY_HUGETLB, .hold = HOLD_NONE,
	 .event = "swap", .needs = NEEDS_SWAP)
{
	const struct mark_event event = { 0 };
	static struct marked marked;

	NEEDS_TRACKER(subject);
	ASSERT_DONE(begin_marks(&marked, subject, 0));
	ASSERT_DONE(page_memory_out(&marked));
	expect_marks(_metadata, &marked, &event);
	usermem_read_all(marked.at, subject->memory.bytes);
	expect_marks(_metadata, &marked, &event);
	tracking_end(&marked.tracking);
}

static int swap_out_and_off(struct marked *marked)
{
	int error = swap_async_on();

	if (!error)
		error = swap_async_evict(marked->at, marked->subject->memory.bytes);
	return error ? error : swap_async_off();
}

/* swapoff maps the pages again by itself. */
SCENARIO(marks, swapped_off, .rows = "R79", .memory = MEMORY_MANY, .hold = HOLD_NONE,
	 .event = "swapoff", .needs = NEEDS_SWAP_ASYNC)
{
	EXPECT_MARKS_STAY(subject, .apply = swap_out_and_off);
}

static int reprotect_memory(struct marked *marked)
{
	return memory_reprotect(&marked->subject->memory);
}

SCENARIO(marks, reprotected, .rows = "R20 R76", .not_hold = HOLD_LONGTERM, .event = "mprotect")
{
	EXPECT_MARKS_STAY(subject, .held = true, .apply = reprotect_memory);
}

static int reprotect_half(struct marked *marked)
{
	size_t half = memory_pages(&marked->subject->memory) / 2 * PAGE_BYTES;

	return usermem_reprotect(marked->at + half, half);
}

SCENARIO(marks, half_reprotected, .rows = "R20 R76", .not_memory = MEMORY_HUGETLB,
	 .hold = HOLD_NONE, .event = "mprotect")
{
	EXPECT_MARKS_STAY(subject, .apply = reprotect_half);
}

static int move_memory(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;
	int error = make_room(marked);

	if (!error && mremap(marked->at, memory->bytes, memory->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			     marked->room) == MAP_FAILED)
		error = -errno;
	if (!error)
		memory_is_at(marked, marked->room);
	return error;
}

/* mremap() marks what it moves as written. The userfaultfd stays behind, and with it the protection. */
SCENARIO(marks, moved, .rows = "R77", .hold = HOLD_NONE, .event = "mremap")
{
	EXPECT_MARKS_STAY(subject, .apply = move_memory, .marks_written = true,
			  .drops_protection = true);
}

/* The userfaultfd moves with the memory. */
SCENARIO(marks, moved_with_event, .rows = "R16", .hold = HOLD_NONE, .event = "mremap",
	 .exists = by_userfaultfd)
{
	EXPECT_MARKS_STAY(subject, .uffd_events = UFFD_FEATURE_EVENT_REMAP, .apply = move_memory);
}

static int move_by_userfaultfd(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;
	int error = make_room(marked);
	struct uffdio_register area = {
		.range = { (uintptr_t)marked->room, memory->bytes }, .mode = UFFDIO_REGISTER_MODE_WP,
	};

	if (!error && madvise(marked->room, memory->bytes, MADV_HUGEPAGE))
		error = -errno;
	if (!error && ioctl(marked->tracking.uffd, UFFDIO_REGISTER, &area))
		error = -errno;
	if (!error)
		error = trap_move(marked->tracking.uffd, marked->room, marked->at, memory->bytes);
	if (!error)
		memory_is_at(marked, marked->room);
	return error;
}

/* R10. The protection moves with the page, or the next write to it is not reported. */
SCENARIO(marks, moved_by_userfaultfd, .rows = "R10", .hold = HOLD_NONE, .event = "uffdio_move",
	 .exists = can_be_moved, .needs = NEEDS_UFFD_MOVE)
{
	EXPECT_MARKS_STAY(subject, .apply = move_by_userfaultfd);
}

static int merge_pages(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;
	int error = madvise(marked->at, memory->bytes, MADV_MERGEABLE) ? -errno : ksm_scan(suite_has_time);

	if (!error && memory_pfn(memory, 1) != memory_pfn(memory, 2))
		error = cause_say(-EBUSY, "KSM did not merge pages of equal bytes");
	return error;
}

/* KSM maps another page of the same bytes. Pages that are mapped once are shared afterwards. */
SCENARIO(marks, merged, .rows = "R75", .memory = MEMORY_MANY, .hold = HOLD_NONE, .event = "ksm",
	 .needs = NEEDS_KSM)
{
	EXPECT_MARKS_STAY(subject, .apply = merge_pages, .shares = true);
}

static int use_other_tracker(struct marked *marked)
{
	const struct memory *memory = &marked->subject->memory;
	int trap, error;

	if (case_tracker()->features)
		return memory_clear_refs();
	trap = trap_set(memory->start, memory->bytes, UFFDIO_REGISTER_MODE_WP);
	if (trap < 0)
		return trap;
	error = trap_protect(trap, memory->start, memory->bytes, true);
	if (!error)
		error = trap_protect(trap, memory->start, memory->bytes, false);
	close(trap);
	return error;
}

/* The trackers do not disturb each other. */
SCENARIO(marks, other_tracker, .rows = "R14 R16 R67 R76", .hold = HOLD_NONE, .event = "track",
	 .needs = NEEDS_UFFD_WP)
{
	EXPECT_MARKS_STAY(subject, .apply = use_other_tracker);
}

TOPIC_NEEDS("movable");
PINCHECK_TEST_MAIN
