/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to memory while a driver of the kernel's own holds it, as scenarios that topics holders and
 * vfio share. Each is right for a driver that pins, for one with plain references (HOLD_GET), for one that
 * only reads, and for one that follows the mapping (HOLD_MIRROR).
 */
#ifndef PINCHECK_SELFTESTS_HOLDER_SUITE_H
#define PINCHECK_SELFTESTS_HOLDER_SUITE_H

#include "suite.h"
#include <inttypes.h>
#include <sys/mman.h>
#include "counts.h"
#include "page_pipe.h"
#include "tracker.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK		18
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

static inline int holder_advises(const struct memory *memory, int advice)
{
	return madvise(memory->start, memory->bytes, advice) ? -errno : 0;
}

/*
 * SYNC, REUSE. The child gets nothing of the memory (MADV_DONTFORK), as libibverbs asks for registered
 * memory. Nobody shares the pages: a plain reference is enough to keep them.
 */
static inline void holder_meets_dontfork(struct __test_metadata *_metadata, struct subject *subject)
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(holder_advises(&subject->memory, MADV_DONTFORK));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_MAY_NOT_WRITE(subject, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* What a process sees in memory that it gave up, or that its parent kept for itself. */
static inline void verdict_zeros(struct subject *subject, const struct view *view, const char *broken,
				 struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	for (size_t i = 0; i < subject->memory.samples; i++)
		if (view->seen[CPU_AREA][i] != GEN_UNKNOWN || view->seen[DEVICE_AREA][i] != GEN_UNKNOWN)
			verdict_broken(verdict, broken, subject->memory.sample[i]);
	verdict_note(verdict, "samples=%zu", subject->memory.samples);
}

/* SYNC, REUSE, ISOLATION. The child gets empty memory (MADV_WIPEONFORK): again nobody shares the pages. */
static inline void holder_meets_wipeonfork(struct __test_metadata *_metadata, struct subject *subject)
{
	struct witness before;
	struct view view;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(holder_advises(&subject->memory, MADV_WIPEONFORK));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(child_look(&subject->child, 0, &view));
	EXPECT_VERDICT(verdict_zeros, subject, &view, "the child sees its parent's bytes");
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* TRACKING: what the process wrote to each sample after tracking_forget() is reported. */
static inline void verdict_own_writes_noticed(struct subject *subject, const struct tracking *tracking,
					      struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	static bool written[PMD_PAGES_MAX];
	int error = tracking_read(tracking, memory->start, memory_pages(memory), written);
	size_t noticed = 0;

	verdict_start(verdict, "TRACKING");
	if (error)
		return verdict_failed(verdict, "cannot ask the tracker", error);
	for (size_t i = 0; i < memory->samples; i++) {
		noticed += written[memory->sample[i]];
		if (!written[memory->sample[i]])
			verdict_broken(verdict, "the process wrote, and the page reads as not written",
				       memory->sample[i]);
	}
	verdict_note(verdict, "tracker=%s samples=%zu noticed=%zu", tracking->tracker->name,
		     memory->samples, noticed);
}

/*
 * SYNC, REUSE, TRACKING. What clear_refs does, by PAGEMAP_SCAN: the pages are write-protected, and the next
 * write of the process takes the protection off. It is the process's own page: no copy.
 */
static inline void holder_meets_scan(struct __test_metadata *_metadata, struct subject *subject)
{
	static struct tracking tracking;
	struct witness before;

	SUITE_NEEDS(tracker_needs(&tracker_uffd_async, subject->memory.kind));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(tracking_begin(&tracking, &tracker_uffd_async, &subject->memory, 0));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(tracking_forget(&tracking));
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_own_writes_noticed, subject, &tracking);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
	tracking_end(&tracking);
	EXPECT_ACCURATE(subject);
}

/*
 * SYNC, ISOLATION. A pipe holds the pages beside the driver, and the process forks. Where the driver's hold
 * keeps the page with the parent, the pipe shows what the parent writes; where not, the parent's write must
 * not change what is in the pipe.
 */
static inline void holder_meets_vmsplice(struct __test_metadata *_metadata, struct subject *subject)
{
	bool stays = subject_is_shared(subject) || subject->product->hold->keeps_sync & ACROSS_FORK;
	struct page_pipe pipe;

	ASSERT_DONE(page_pipe_open(&pipe));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(page_pipe_fill(&pipe, &subject->memory));
	ASSERT_DONE(subject_fork(subject, 1));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_SEES(subject, 0, subject_is_shared(subject) ? AFTER : BEFORE);
	EXPECT_VERDICT(verdict_pipe_shows, subject, &pipe, stays ? AFTER : BEFORE);
	if (stays)
		EXPECT_SYNC(subject, AFTER);
	else
		EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
}

/*
 * SYNC, PLACEMENT. The kernel wants the contents in another page: the pages are taken offline. A held page
 * cannot leave; what only follows the mapping goes with the contents.
 */
static inline void holder_meets_migration(struct __test_metadata *_metadata, struct subject *subject)
{
	int expected = subject_holds(subject, HOLD_MIRROR) ? 0 : -EBUSY;
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	for (size_t i = 0; i < memory->samples; i++) {
		int answer = madvise(memory_address(memory, memory->sample[i]), PAGE_BYTES,
				     MADV_SOFT_OFFLINE) ? -errno : 0;

		evidence("page=%zu outcome=\"%s\"", memory->sample[i], strerror(-answer));
		EXPECT_EQ(expected, answer);
	}
	memory_read_samples(memory);
	if (expected)
		EXPECT_SAME_PAGE(subject, &before);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_ACCURATE(subject);
}

/* References that the driver's hold alone has to each page of @held, which was read while the driver held it. */
static inline int holder_references(const struct subject *subject, const struct counts *held)
{
	return references_of_hold(&subject->hold, 0, &held->report[0]);
}

/*
 * ISOLATION, ACCURACY, SYNC. The process has lost its pages, and other pages are in their place. The driver
 * keeps the old ones, and neither sees from now on what the other writes; what follows the mapping has the
 * new ones.
 * @held: counts of the old pages while they were mapped and held
 * @references: that are left to each of them; fewer, if what the driver writes here ends some of them
 */
static inline void holder_is_left_alone(struct __test_metadata *_metadata, struct subject *subject,
					const struct counts *held, int references)
{
	struct memory *memory = &subject->memory;
	struct view view;

	if (subject_holds(subject, HOLD_MIRROR)) {
		memory_fill(memory, AFTER);
		EXPECT_SYNC(subject, AFTER);
		return;
	}
	references -= holder_references(subject, held);
	if (subject_holds(subject, HOLD_WRITE))
		ASSERT_DONE(hold_fill(&subject->hold, BY_DEVICE));
	references += holder_references(subject, held);
	memory_look(memory, &view);
	EXPECT_VERDICT(verdict_zeros, subject, &view, "the process sees a page that it gave up");
	memory_fill(memory, AFTER);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_VERDICT(verdict_left, subject, held, references);
}

static inline int holder_replaces(const struct memory *memory)
{
	void *other;

	if (munmap(memory->start, memory->bytes))
		return -errno;
	other = mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return other == MAP_FAILED ? -errno : 0;
}

/* The process unmaps the memory and maps other memory there: the driver has pages, and no addresses. */
static inline void holder_meets_munmap(struct __test_metadata *_metadata, struct subject *subject)
{
	struct memory *memory = &subject->memory;
	struct counts held;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(counts_take(subject, &held));
	ASSERT_DONE(holder_replaces(memory));
	/* A file still has its page: all references but that of the mapping. */
	holder_is_left_alone(_metadata, subject, &held, memory->kind->file ?
			     held.report[0].refcount - 1 : holder_references(subject, &held));
}

/*
 * The device writes between two passes of a dump: is the page of the first sample among those that the tracker
 * reports as written? Return: 0 or a negative errno.
 */
static inline int write_between_passes(struct subject *subject, const struct tracker *tracker,
				       bool *written)
{
	const struct memory *memory = &subject->memory;
	static bool pages[PMD_PAGES_MAX];
	static struct tracking tracking;
	int error = tracking_begin(&tracking, tracker, memory, 0);

	if (!error)
		error = tracking_forget(&tracking);
	if (!error)
		error = hold_fill(&subject->hold, BY_DEVICE);
	if (!error)
		error = tracking_read(&tracking, memory->start, memory_pages(memory), pages);
	*written = pages[memory->sample[0]];
	tracking_end(&tracking);
	return error;
}

/* TRACKING: the device wrote, and @tracker says so (@written). */
static inline void verdict_noticed(struct subject *subject, const char *tracker, bool written,
				   struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct view view;

	verdict_start(verdict, "TRACKING");
	memory_look(memory, &view);
	if (view.seen[DEVICE_AREA][0] != BY_DEVICE)
		return verdict_failed(verdict, "the device wrote something else",
				      cause_say(-EIO, "%s", generation_name(view.seen[DEVICE_AREA][0])));
	if (!written)
		verdict_broken(verdict, "the device wrote, and the page reads as not written",
			       memory->sample[0]);
	verdict_note(verdict, "tracker=%s written=%d page=%zu pfn=%" PRIx64, tracker, written,
		     memory->sample[0], memory_pfn(memory, memory->sample[0]));
}

/* TRACKING. An incremental dump, as a migration makes it, while the driver's device writes. */
static inline void holder_meets_tracker(struct __test_metadata *_metadata, struct subject *subject,
					const struct tracker *tracker)
{
	bool written;

	SUITE_NEEDS(tracker_needs(tracker, subject->memory.kind));
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(write_between_passes(subject, tracker, &written));
	EXPECT_VERDICT(verdict_noticed, subject, tracker->name, written);
}

/*
 * ISOLATION. The process forks, and unmaps the memory. What is left of its page is the driver's: the child,
 * which alone maps a page now, must not write to that one (CVE-2020-29374).
 */
static inline void holder_leaves_page_to_child(struct __test_metadata *_metadata, struct subject *subject)
{
	enum generation seen = subject_is_shared(subject) ? BY_CHILD : BEFORE;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(subject_fork(subject, 1));
	ASSERT_DONE(holder_replaces(&subject->memory));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_DEVICE_SEES(subject, seen);
	EXPECT_CHILD_SEES(subject, 0, BY_CHILD);
	/* The checks after the case look there. */
	memory_fill(&subject->memory, LATER);
}

#endif
