// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm: pages of equal content are merged, read-only, behind the back of whoever maps them. What is
 * pinned must not be merged (B36), and what is merged must be unshared before a reader pins it
 * (R26, with R22 in Linux 5.19): a KSM page is nobody's own.
 */
#include "other_suite.h"
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../tools/lib/pagemap.h"
#include "events.h"
#include "knob_journal.h"
#include "ksm_scan.h"
#include "other_write.h"
#include "trap.h"
#include "waiter.h"

#define KSM_HOLDS(X, topic, memory)								\
	X(topic, memory, none)									\
	X(topic, memory, pin_ro_fast)		X(topic, memory, pin_ro_slow)			\
	X(topic, memory, pin_ro_lt_fast)	X(topic, memory, pin_ro_lt_slow)		\
	X(topic, memory, pin_rw_fast)		X(topic, memory, pin_rw_lt_slow)		\
	X(topic, memory, get_ro_fast)		X(topic, memory, get_rw_slow)			\
	X(topic, memory, mirror_ro)		X(topic, memory, mirror_rw)			\
	X(topic, memory, uring)

static char *twin;

/* The same bytes a second time, both to be merged. */
static int make_twin(const struct memory *memory)
{
	twin = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (twin == MAP_FAILED)
		return -errno;
	memcpy(twin, memory->start, memory->bytes);
	if (madvise(memory->start, memory->bytes, MADV_MERGEABLE) ||
	    madvise(twin, memory->bytes, MADV_MERGEABLE))
		return -errno;
	return 0;
}

static int populate_merged(struct memory *memory)
{
	int error = memory_populate(memory);

	if (!error)
		error = usermem_drain_lru();
	if (!error)
		error = make_twin(memory);
	return error ? error : ksm_scan(suite_has_time);
}

/* How many samples are KSM pages now, or a negative errno. */
static int count_merged(const struct memory *memory)
{
	struct pincheck_report report;
	int merged = 0, error = 0;
	size_t i;

	for (i = 0; i < memory->samples && !error; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		error = pfn ? page_reports(memory->session, &pfn, 1, &report) :
			cause_say(-ENODATA, "no page is mapped at sample %zu", i);
		if (!error && !(report.flags_known & PINCHECK_PAGE_KSM))
			error = pincheck_report(memory->session, &pfn, 1, &report);
		merged += !error && (report.flags & PINCHECK_PAGE_KSM);
	}
	return error ? error : merged;
}

static const char *check_merged(struct memory *memory)
{
	return count_merged(memory) == (int)memory->samples ? NULL : "is not merged by KSM";
}

static const struct memory_kind memory_merged = {
	.name = "merged", .shape = &usermem_kinds[USERMEM_BASE], .needs = NEEDS_KSM,
	.traits = MEMORY_MERGED, .populate = populate_merged, .check = check_merged,
};

/* Written, and full of zeroes: with use_zero_pages KSM maps the zero page instead. */
static int populate_zeroed(struct memory *memory)
{
	unsigned int mark = knob_mark();
	int error, back;

	memset(memory->start, 0, memory->bytes);
	error = usermem_drain_lru();
	if (!error && madvise(memory->start, memory->bytes, MADV_MERGEABLE))
		error = -errno;
	if (!error)
		error = knob_change_number(KSM_DIR "use_zero_pages", 1);
	if (!error)
		error = ksm_scan(suite_has_time);
	back = knob_restore(mark);
	return error ? error : back;
}

static const char *check_zeroed(struct memory *memory)
{
	struct pincheck_report report;

	for (size_t i = 0; i < memory->samples; i++) {
		__u64 pfn = memory_pfn(memory, memory->sample[i]);

		if (!pfn || page_reports(memory->session, &pfn, 1, &report))
			return "is not present";
		if (!(report.flags & PINCHECK_PAGE_ZERO))
			return "is not the zero page: KSM did not map it";
	}
	return NULL;
}

static const struct memory_kind memory_zeroed = {
	.name = "zeroed", .shape = &usermem_kinds[USERMEM_BASE], .needs = NEEDS_KSM,
	.traits = MEMORY_ORIGINAL | MEMORY_ZERO, .populate = populate_zeroed, .check = check_zeroed,
};

SUITE_EVENT("ksm")
TOPIC(ksm)
KSM_HOLDS(TOPIC_VARIANT, ksm, merged)
KSM_HOLDS(TOPIC_VARIANT, ksm, base)
KSM_HOLDS(TOPIC_VARIANT, ksm, zeroed)

/* ISOLATION: who shared the page by content still has that content. */
static void verdict_twin(struct subject *subject, struct verdict *verdict)
{
	struct memory other = subject->memory;

	other.start = twin;
	verdict_start(verdict, "ISOLATION");
	for (size_t i = 0; i < other.samples; i++) {
		struct view view;

		memory_look(&other, &view);
		if (view.seen[CPU_AREA][i] != BEFORE || view.seen[DEVICE_AREA][i] != BEFORE)
			verdict_broken(verdict, "the twin has changed", other.sample[i]);
	}
	verdict_note(verdict, "twin_sees=%s twin_pfn=%" PRIx64, generation_name(BEFORE),
		     pagemap_pfn(pagemap_entry(other.pagemap, twin)));
}

#define EXPECT_TWIN_UNTOUCHED(subject)	EXPECT_VERDICT(verdict_twin, subject)

/* PLACEMENT: a pinned page is not merged; what nobody holds is, or nothing was tried. */
static void verdict_merged(struct subject *subject, int expected, struct verdict *verdict)
{
	int merged = count_merged(&subject->memory);

	verdict_start(verdict, "PLACEMENT");
	if (merged < 0)
		return verdict_failed(verdict, "cannot look at the pages", merged);
	if (merged != expected)
		verdict_broken(verdict, expected ? "nobody holds it, but it was not merged" :
			       "a held page was merged", subject->memory.sample[0]);
	verdict_note(verdict, "merged=%d pages=%zu", merged, subject->memory.samples);
}

#define EXPECT_MERGED(subject, count)	EXPECT_VERDICT(verdict_merged, subject, count)

/*
 * PLACEMENT, SYNC. KSM comes to a page that is held: any reference keeps KSM away. A mirror has no
 * reference, but records an event.
 */
SCENARIO(ksm, held_first, .rows = "B10 B36 R26", .needs = NEEDS_KSM,
	 .not_memory = MEMORY_MERGED | MEMORY_ZERO)
{
	bool mirrored = subject_holds(subject, HOLD_MIRROR);
	bool held = !mirrored && !subject_holds(subject, HOLD_NONE);
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(make_twin(&subject->memory));
	ASSERT_DONE(ksm_scan(suite_has_time));
	EXPECT_MERGED(subject, held ? 0 : SAMPLES);
	if (mirrored)
		EXPECT_EVENT(subject, PINCHECK_EVENT_CLEAR, ALL_LOST, 0);
	if (held)
		EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_PROMISE(subject, ACROSS_PROTECTION, BEFORE, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

/*
 * SYNC, ISOLATION. Merged first, then held: a pin must get a page of the process' own, which the
 * next write does not take away; a plain reference for reading takes the page as it is.
 */
SCENARIO(ksm, merged_first, .rows = "B3 B10 R22 R26", .memory = MEMORY_MERGED)
{
	ASSERT_DONE(subject_hold(subject));
	if (!subject_holds(subject, HOLD_NONE))
		EXPECT_PATH(subject, STATE_SHARED);
	memory_fill(&subject->memory, AFTER);
	if (subject_holds(subject, HOLD_PIN) || subject_holds(subject, HOLD_WRITE) ||
	    subject_holds(subject, HOLD_MIRROR))
		EXPECT_SYNC(subject, AFTER);
	else if (subject_holds(subject, HOLD_GET))
		EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

/* ISOLATION: who reads the zero page reads zeroes. */
static void verdict_zero_page(struct subject *subject, struct verdict *verdict)
{
	const uint64_t *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t written = 0;

	verdict_start(verdict, "ISOLATION");
	if (page == MAP_FAILED)
		return verdict_failed(verdict, "cannot map the zero page", -errno);
	for (size_t i = 0; i < PAGE_BYTES / sizeof(*page); i++)
		written += page[i] != 0;
	if (written)
		verdict_broken(verdict, "the zero page was written to", 0);
	verdict_note(verdict, "written_words=%zu zero_pfn=%" PRIx64 " pfn=%" PRIx64, written,
		     pagemap_pfn(pagemap_entry(subject->memory.pagemap, page)),
		     memory_pfn(&subject->memory, 0));
	munmap((void *)page, PAGE_BYTES);
}

/*
 * SYNC, ISOLATION. KSM maps the zero page in place of pages full of zeroes. A device that writes, and one
 * that reads for long, gets pages of the process's own; the zero page stays zero, and takes no reference.
 */
SCENARIO(ksm, zeroed_first, .rows = "B3 B4 B5 R23 R54 R55", .memory = MEMORY_ZERO)
{
	bool own = subject_holds(subject, HOLD_WRITE) || subject_holds(subject, HOLD_MIRROR) ||
		   subject_holds(subject, HOLD_LONGTERM);

	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	if (own)
		EXPECT_SYNC(subject, AFTER);
	else if (subject->hold.taken)
		EXPECT_FOLLOWS_PAGE(subject, GEN_UNKNOWN, AFTER);
	EXPECT_VERDICT(verdict_zero_page, subject);
}

static int forbid_access(const struct memory *memory, bool forbid)
{
	return mprotect(memory->start, memory->bytes, forbid ? PROT_NONE : PROT_READ | PROT_WRITE) ?
	       -errno : 0;
}

/*
 * ISOLATION. A debugger writes to merged pages to which the process itself has no access: the process
 * gets pages of its own, and the twin sees nothing of the write.
 */
SCENARIO(ksm, written_without_access, .rows = "B4 B17 R23", .event = "write_by_force",
	 .memory = MEMORY_MERGED, .hold = HOLD_NONE)
{
	const struct memory *memory = &subject->memory;

	ASSERT_DONE(forbid_access(memory, true));
	ASSERT_DONE(other_event_by_process(subject, write_proc_mem_as_tracer));
	EXPECT_MERGED(subject, 0);
	EXPECT_VERDICT(verdict_write_protected, subject);
	ASSERT_DONE(forbid_access(memory, false));
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

static int unmerge_everything(void *unused)
{
	(void)unused;
	return knob_change_number(KSM_DIR "run", 2);
}

/* PLACEMENT: every page is a page of the process's own, and no handler was called for that. */
static void verdict_unmerged(struct subject *subject, int trap, int error, struct verdict *verdict)
{
	int merged = count_merged(&subject->memory);
	bool sprung = trap >= 0 && trap_was_sprung(trap);

	verdict_start(verdict, "PLACEMENT");
	if (error)
		verdict_broken(verdict, "KSM does not take the pages apart", 0);
	else if (merged < 0)
		return verdict_failed(verdict, "cannot look at the pages", merged);
	else if (merged)
		verdict_broken(verdict, "is merged still", subject->memory.sample[0]);
	if (sprung)
		verdict_broken(verdict, "KSM calls the handler of write faults", 0);
	verdict_note(verdict, "protected=%d merged=%d handler_called=%d outcome=\"%s\"", trap >= 0,
		     merged, sprung, error ? strerror(-error) : "returned");
}

#define EXPECT_UNMERGED(subject, trap, error)	EXPECT_VERDICT(verdict_unmerged, subject, trap, error)

/* Another process writes to KSM's switch, for in case that the kernel never comes back. */
static int unmerge_by_waiter(void)
{
	unsigned int mark = knob_mark();
	pid_t waiter = waiter_start(unmerge_everything, NULL);
	int answer = -ETIME, back;
	int64_t cpu_ms = 0;

	if (waiter < 0)
		return waiter;
	if (!waiter_returns(&waiter, &answer, &cpu_ms))
		waiter_dies(&waiter);
	back = knob_restore(mark);
	return answer ? answer : back;
}

/* PLACEMENT, ISOLATION. The control: KSM takes apart what it merged. */
SCENARIO(ksm, unmerged, .rows = "R27", .memory = MEMORY_MERGED, .hold = HOLD_NONE)
{
	EXPECT_UNMERGED(subject, -1, unmerge_by_waiter());
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(&subject->memory, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

/* PLACEMENT, ISOLATION. The process takes its pages apart, and has no access to them meanwhile. */
SCENARIO(ksm, unmergeable_without_access, .rows = "R27 R42", .event = "mprotect",
	 .memory = MEMORY_MERGED, .hold = HOLD_NONE)
{
	const struct memory *memory = &subject->memory;

	ASSERT_DONE(forbid_access(memory, true));
	EXPECT_UNMERGED(subject, -1, madvise(memory->start, memory->bytes, MADV_UNMERGEABLE) ?
			-errno : 0);
	ASSERT_DONE(forbid_access(memory, false));
	EXPECT_CPU_SEES(subject, BEFORE);
	memory_fill(memory, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

/*
 * PLACEMENT, TRACKING. A userfaultfd protects the merged pages from writes. To take them apart is no
 * write: up to 6.1 KSM made a write fault for that, which failed, and the pages stayed merged where
 * KSM knew of them no longer (6cce3314b928).
 */
SCENARIO(ksm, unmerged_while_protected, .rows = "R27", .event = "uffd_wp", .memory = MEMORY_MERGED,
	 .hold = HOLD_NONE, .needs = NEEDS_UFFD_WP)
{
	const struct memory *memory = &subject->memory;
	int trap = trap_set(memory->start, memory->bytes, UFFDIO_REGISTER_MODE_WP);

	ASSERT_DONE(trap);
	ASSERT_DONE(trap_protect(trap, memory->start, memory->bytes, true));
	EXPECT_UNMERGED(subject, trap, unmerge_by_waiter());
	EXPECT_CPU_SEES(subject, BEFORE);
	close(trap);
	memory_fill(memory, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

/* PLACEMENT, TRACKING. The same by the process itself, with MADV_UNMERGEABLE. */
SCENARIO(ksm, unmergeable_while_protected, .rows = "R27", .event = "uffd_wp",
	 .memory = MEMORY_MERGED, .hold = HOLD_NONE, .needs = NEEDS_UFFD_WP)
{
	const struct memory *memory = &subject->memory;
	int trap = trap_set(memory->start, memory->bytes, UFFDIO_REGISTER_MODE_WP);

	ASSERT_DONE(trap);
	ASSERT_DONE(trap_protect(trap, memory->start, memory->bytes, true));
	EXPECT_UNMERGED(subject, trap, madvise(memory->start, memory->bytes, MADV_UNMERGEABLE) ?
			-errno : 0);
	EXPECT_CPU_SEES(subject, BEFORE);
	close(trap);
	memory_fill(memory, AFTER);
	EXPECT_TWIN_UNTOUCHED(subject);
}

PINCHECK_TEST_MAIN
