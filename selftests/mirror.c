// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mirror has no reference: the kernel notifies it before a mapping changes, and the device then
 * finds the page again. So the kernel copies, keeps and refuses nothing for a mirror, and yet the
 * mirror is in sync across every event, even where pins are not. Its notifications are the subject
 * of the founding mail of this project (V19): losing write permission always notifies first, and
 * during the notification the page may be marked dirty without its lock.
 */
#include "suite.h"
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>
#include "events.h"

#define MIRRORS(X, topic, memory)								\
	X(topic, memory, mirror_ro)		X(topic, memory, mirror_rw)

TOPIC(mirror)
MIRRORS(TOPIC_VARIANT, mirror, base)
MIRRORS(TOPIC_VARIANT, mirror, thp_pmd)
MIRRORS(TOPIC_VARIANT, mirror, hugetlb)
MIRRORS(TOPIC_VARIANT, mirror, shmem_shared)
MIRRORS(TOPIC_VARIANT, mirror, ext4_shared)

/* Shared memory belongs to a file: writes show in the file, and fork changes nothing. */
static bool is_shared(struct subject *subject)
{
	return subject->product->memory->flags & MAP_SHARED;
}

/* Take the mirror and let the device write, so that there are pages to mark dirty. */
static int hold_and_write(struct subject *subject)
{
	int error = subject_hold(subject);

	if (!error && subject_holds(subject, HOLD_WRITE))
		error = hold_fill(&subject->hold, BY_DEVICE);
	return error ? error : events_forget(&subject->hold);
}

static int protect_mirrored(struct subject *subject, int protection)
{
	return mprotect(subject->memory.start, subject->memory.bytes, protection) ? -errno : 0;
}

/* A write of the device fails with @expected (0: succeeds). */
static void verdict_write_fails(struct subject *subject, int expected, struct verdict *verdict)
{
	int error = hold_fill(&subject->hold, LATER);

	verdict_start(verdict, "SYNC");
	if (error != expected)
		verdict_broken(verdict, "the device's write ends otherwise", 0);
	verdict_note(verdict, "device_write=\"%s\"", strerror(-error));
}

/* ACCURACY: one mirror, no reference, and the page has the counts of @before. */
static void verdict_weightless(struct subject *subject, const struct witness *before,
			       struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report report;
	__u64 pfn = memory_pfn(memory, memory->sample[0]);
	int error = pincheck_report_ledger(memory->session, &pfn, 1, &report);

	verdict_start(verdict, "ACCURACY");
	if (error)
		return verdict_failed(verdict, "cannot report", error);
	if (!(report.present & PINCHECK_REPORT_MIRRORS) || report.mirrors != 1)
		verdict_broken(verdict, "the ledger does not list one mirror", 0);
	if (report.folio_gets || report.folio_pins)
		verdict_broken(verdict, "the ledger has references", 0);
	if (report.refcount != before->report[0].refcount || report.pins)
		verdict_broken(verdict, "the page has other counts than before", 0);
	verdict_note(verdict, "mirrors=%u ref_before=%d ref=%d pins=%d", report.mirrors,
		     before->report[0].refcount, report.refcount, report.pins);
}

/*
 * SYNC, ACCURACY. The control: nothing happens. The same flow on four kinds of memory: anonymous,
 * hugetlb and shmem do not care how a page is marked dirty, ext4 does.
 */
SCENARIO(mirror, nothing_happens, .rows = "B35 B37")
{
	struct witness before;

	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_weightless, subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_ACCURATE(subject);
}

/*
 * SYNC, ISOLATION. Fork write-protects private memory and notifies first (by another event for
 * hugetlb). The parent's write copies the page, because a mirror does not prevent that; the mirror
 * follows the parent.
 */
SCENARIO(mirror, forked, .rows = "B10 B11 B31", .event = "fork")
{
	enum pincheck_event_reason reason = subject_is(subject, MEMORY_HUGETLB) ?
					    PINCHECK_EVENT_CLEAR : PINCHECK_EVENT_PROTECTION_PAGE;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(events_forget(&subject->hold));
	ASSERT_DONE(subject_fork(subject, 1));
	if (!is_shared(subject))
		EXPECT_EVENT(subject, reason, ALL_LOST, 0);
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	if (!is_shared(subject))
		EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_SYNC(subject, AFTER);
}

/* REUSE, SYNC. clear_refs write-protects, notifies first, and a mirror costs no copy. */
SCENARIO(mirror, cleared_refs, .rows = "B10 B11 B12 B31", .event = "clear_refs")
{
	struct witness before;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_EVENT(subject, PINCHECK_EVENT_SOFT_DIRTY, ALL_LOST, events_written(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * TRACKING. The device must fault, as a CPU would, before it writes to a page that clear_refs
 * write-protected: so its write is tracked. A pin's write is not.
 */
SCENARIO(mirror, tracked, .rows = "B24 B29", .event = "clear_refs",
	 .hold = HOLD_WRITE, .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_SOFT_DIRTY)
{
	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(memory_clear_refs());
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, false);
	EXPECT_SYNC(subject, BEFORE);
	EXPECT_SOFT_DIRTY(subject, ALL_PAGES, true);
}

/*
 * SYNC. A page that is read-only to the process is read-only to the device (B17 asks what that
 * means under DMA: a mirror answers). When the process may write again, so may the device.
 */
SCENARIO(mirror, protected, .rows = "B10 B17 B29 B31 B37", .event = "mprotect")
{
	struct witness before;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(protect_mirrored(subject, PROT_READ));
	EXPECT_EVENT(subject, PINCHECK_EVENT_PROTECTION_VMA, ALL_LOST, events_written(subject));
	EXPECT_DEVICE_SEES(subject, BEFORE);
	EXPECT_VERDICT(verdict_write_fails, subject, -EPERM);
	ASSERT_DONE(protect_mirrored(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
	EXPECT_SAME_PAGE(subject, &before);
}

/* SYNC. The device may not read either when the process may not, and gets EFAULT. */
SCENARIO(mirror, no_access, .rows = "B31 B37", .event = "mprotect")
{
	struct view view;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(protect_mirrored(subject, PROT_NONE));
	EXPECT_EVENT(subject, PINCHECK_EVENT_PROTECTION_VMA, ALL_LOST, events_written(subject));
	EXPECT_EQ(-EFAULT, hold_look(&subject->hold, &view));
	ASSERT_DONE(protect_mirrored(subject, PROT_READ | PROT_WRITE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * The page is dropped and another one comes: the kernel keeps nothing for the mirror. The device's
 * writes to private memory are gone with the page; a file has them.
 */
SCENARIO(mirror, dontneed, .rows = "B10 B31", .event = "madvise", .not_memory = MEMORY_HUGETLB)
{
	struct memory *memory = &subject->memory;
	struct view view;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_DONTNEED) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_CLEAR, ALL_LOST, events_written(subject));
	ASSERT_DONE(hold_look(&subject->hold, &view));
	EXPECT_EQ(is_shared(subject) ? BEFORE : GEN_UNKNOWN, view.seen[CPU_AREA][0]);
	if (subject_holds(subject, HOLD_WRITE))
		EXPECT_EQ(is_shared(subject) ? BY_DEVICE : GEN_UNKNOWN, view.seen[DEVICE_AREA][0]);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/* SYNC. The memory is unmapped and the device is refused. Then the device sees the new mapping. */
SCENARIO(mirror, unmapped, .rows = "B10 B31", .event = "munmap")
{
	struct memory *memory = &subject->memory;
	struct view view;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(munmap(memory->start, memory->bytes) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_UNMAP, ALL_LOST, events_written(subject));
	EXPECT_EQ(-EFAULT, hold_look(&subject->hold, &view));
	EXPECT_VERDICT(verdict_write_fails, subject,
		       subject_holds(subject, HOLD_WRITE) ? -EFAULT : -EPERM);
	ASSERT_NE(MAP_FAILED, mmap(memory->start, memory->bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC. The mapping moves; the mirror, which is of addresses, does not. The pages and the device's
 * writes go with the mapping.
 */
SCENARIO(mirror, moved, .rows = "B10 B31", .event = "mremap", .not_memory = MEMORY_HUGETLB)
{
	struct memory *memory = &subject->memory, there = *memory;
	struct view view;

	ASSERT_DONE(hold_and_write(subject));
	there.start = mmap(NULL, 2 * memory->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)there.start);
	there.start += -(uintptr_t)there.start & (memory->bytes - 1) & ~(PAGE_BYTES - 1);
	ASSERT_NE(MAP_FAILED, mremap(memory->start, memory->bytes, memory->bytes,
				     MREMAP_MAYMOVE | MREMAP_FIXED, there.start));
	EXPECT_EVENT(subject, PINCHECK_EVENT_UNMAP, ALL_LOST, events_written(subject));
	EXPECT_EQ(-EFAULT, hold_look(&subject->hold, &view));
	memory_look(&there, &view);
	EXPECT_EQ(BEFORE, view.seen[CPU_AREA][0]);
	if (subject_holds(subject, HOLD_WRITE))
		EXPECT_EQ(BY_DEVICE, view.seen[DEVICE_AREA][0]);
	ASSERT_EQ((void *)memory->start, mremap(there.start, memory->bytes, memory->bytes,
					       MREMAP_MAYMOVE | MREMAP_FIXED, memory->start));
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC, FILE. The mirror does not prevent reclaim. The device's writes are written out with the
 * pages, because those were marked dirty in time.
 */
SCENARIO(mirror, paged_out, .rows = "B10 B29 B31 B34", .event = "reclaim",
	 .not_memory = MEMORY_HUGETLB,
	 .needs = NEEDS_SWAP)
{
	struct memory *memory = &subject->memory;
	struct view view;

	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(hold_and_write(subject));
	if (subject_is(subject, MEMORY_TRACKED))
		ASSERT_DONE(fsync(memory->file) ? -errno : 0);
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_PAGEOUT) ? -errno : 0);
	EXPECT_EQ(0, memory_pfn(memory, memory->sample[0]));
	EXPECT_EVENT(subject, PINCHECK_EVENT_CLEAR, SOME_LOST, events_written(subject));
	ASSERT_DONE(hold_look(&subject->hold, &view));
	EXPECT_EQ(BEFORE, view.seen[CPU_AREA][0]);
	if (subject_holds(subject, HOLD_WRITE))
		EXPECT_EQ(BY_DEVICE, view.seen[DEVICE_AREA][0]);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * SYNC. The kernel may drop MADV_FREE memory as long as nobody writes to it. Its entries are clean
 * and writable, so the device writes without a fault, and only the mirror can say that it did.
 */
SCENARIO(mirror, written_after_free, .rows = "B28 B29", .event = "reclaim",
	 .hold = HOLD_WRITE, .needs = NEEDS_SWAP,
	 .not_memory = MEMORY_SHMEM | MEMORY_TRACKED | MEMORY_PMD)
{
	struct memory *memory = &subject->memory;
	struct view view;

	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_FREE) ? -errno : 0);
	ASSERT_DONE(hold_fill(&subject->hold, LATER));
	ASSERT_DONE(events_forget(&subject->hold));
	ASSERT_DONE(madvise(memory->start, memory->bytes, MADV_PAGEOUT) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_CLEAR, SOME_LOST, events_written(subject));
	ASSERT_DONE(hold_look(&subject->hold, &view));
	EXPECT_EQ(LATER, view.seen[DEVICE_AREA][0]);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * FILE. Writeback cleans the pages and takes their write permission: the mirror is notified first
 * and marks them dirty, so the device's write is on disk. Its next write asks the file system
 * again, and is on disk after the next writeback.
 */
SCENARIO(mirror, written_back, .rows = "B28 B29 B30 B31", .event = "writeback",
	 .memory = MEMORY_TRACKED,
	 .hold = HOLD_WRITE)
{
	struct memory *memory = &subject->memory;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(fsync(memory->file) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_PROTECTION_PAGE, ALL_LOST, events_written(subject));
	EXPECT_VERDICT(verdict_on_disk, subject, BY_DEVICE);
	ASSERT_DONE(hold_fill(&subject->hold, LATER));
	ASSERT_DONE(fsync(memory->file) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_PROTECTION_PAGE, SOME_LOST, events_written(subject));
	EXPECT_VERDICT(verdict_on_disk, subject, LATER);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

/*
 * FILE. The mirror ends while its pages are valid: it marks the device's writes dirty, and the next
 * writeback writes them.
 */
SCENARIO(mirror, released_dirty, .rows = "B28 B29", .memory = MEMORY_TRACKED, .hold = HOLD_WRITE)
{
	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(subject_release(subject));
	ASSERT_DONE(fsync(subject->memory.file) ? -errno : 0);
	EXPECT_VERDICT(verdict_on_disk, subject, BY_DEVICE);
}

/* The file ends before the mapping does: the pages go, and the device is refused there. */
SCENARIO(mirror, truncated, .rows = "B31 B42", .event = "truncate", .memory = MEMORY_TRACKED)
{
	struct memory *memory = &subject->memory;
	struct view view;

	ASSERT_DONE(hold_and_write(subject));
	ASSERT_DONE(ftruncate(memory->file, 0) ? -errno : 0);
	EXPECT_EVENT(subject, PINCHECK_EVENT_CLEAR, ALL_LOST, events_written(subject));
	EXPECT_EQ(-EFAULT, hold_look(&subject->hold, &view));
	ASSERT_DONE(ftruncate(memory->file, memory->bytes) ? -errno : 0);
	memory_fill(memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

PINCHECK_TEST_MAIN
