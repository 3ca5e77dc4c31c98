// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must not be done to a page of a file, done: to see what the running kernel makes of it. Each
 * of these may end in a warning, lost data or a crash of the kernel, so they are no part of the
 * suite: tools/run-hazards boots a guest for each, and judges by the guest's console.
 *
 * The story (V19, R51, R52). A file system that tracks dirtying prepares a page when it becomes
 * writable, page_mkwrite: ext4 gives it buffers. Writeback cleans the page and takes the write
 * permission away; from then on the buffers may be freed, and reclaim frees them, before it finds
 * that somebody still has a reference and keeps the page. A driver that then marks the page
 * dirty, because it wrote to it, leaves ext4 with a dirty page without buffers.
 */
#include "suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "events.h"
#include "stage.h"

static const struct hold_kind hold_mirror_late = {
	.name = "mirror_late", .ops = &hold_ops_pincheck, .needs = NEEDS_MIRROR,
	.kind = PINCHECK_KIND_MIRROR, .flags = PINCHECK_HOLD_WRITE | PINCHECK_HOLD_DIRTY_LATE,
	.traits = HOLD_MIRROR | HOLD_WRITE,
};

TOPIC(hazard)
TOPIC_VARIANT(hazard, ext4_shared, mirror_rw)
TOPIC_VARIANT(hazard, ext4_shared, mirror_late)
TOPIC_VARIANT(hazard, ext4_shared, get_rw_fast)
TOPIC_VARIANT(hazard, ext4_shared, pin_rw_fast)

static int write_back(struct subject *subject)
{
	return fsync(subject->memory.file) ? -errno : 0;
}

static int page_out(struct subject *subject)
{
	return madvise(subject->memory.start, subject->memory.bytes, MADV_PAGEOUT) ? -errno : 0;
}

/* What is judged after every case looks at what is mapped. */
static void map_again(struct subject *subject)
{
	struct view view;

	memory_look(&subject->memory, &view);
	usermem_drain_lru();
}

/* Prints the state of the page @pfn, which may be mapped nowhere. */
static void print_page_state(struct subject *subject, uint64_t pfn, const char *when)
{
	struct pincheck_report report;

	if (pincheck_report(subject->memory.session, (__u64 *)&pfn, 1, &report))
		return;
	evidence("when=\"%s\" pfn=%" PRIx64 " ref=%d map=%d pins=%d file=%d dirty=%d buffers=%d",
		 when, pfn, report.refcount, report.page_mapcount, report.pins,
		 !!(report.flags & PINCHECK_PAGE_FILE), !!(report.flags & PINCHECK_PAGE_DIRTY),
		 !!(report.flags & PINCHECK_PAGE_PRIVATE));
}

#define EXPECT_ON_DISK(subject, device)	EXPECT_VERDICT(verdict_on_disk, subject, device)

/*
 * FILE. The device writes, writeback cleans the page, reclaim wants it, and then the page is marked
 * dirty: by who has a reference, when he gives it back; by a mirror, before all that or after it.
 */
SCENARIO(hazard, reclaimed, .rows = "B28 B32 B33 B34 R51 R52")
{
	uint64_t pfn = memory_pfn(&subject->memory, 0);

	ASSERT_DONE(write_back(subject));
	ASSERT_DONE(usermem_drain_lru());
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(hold_fill(&subject->hold, BY_DEVICE));
	print_page_state(subject, pfn, "written by the device");
	ASSERT_DONE(write_back(subject));
	print_page_state(subject, pfn, "written back");
	ASSERT_DONE(page_out(subject));
	print_page_state(subject, pfn, "reclaimed");
	if (!subject_holds(subject, HOLD_MIRROR)) {
		ASSERT_DONE(hold_fill(&subject->hold, LATER));
		print_page_state(subject, pfn, "written by the device again");
	}
	ASSERT_DONE(subject_release(subject));
	print_page_state(subject, pfn, "released");
	ASSERT_DONE(write_back(subject));
	print_page_state(subject, pfn, "written back again");
	EXPECT_ON_DISK(subject, subject_holds(subject, HOLD_MIRROR) ? BY_DEVICE : LATER);
	map_again(subject);
}

/* The device writes after writeback; no reclaim. Then the page is given back with @flags. */
static int write_and_release(struct subject *subject, __u32 flags)
{
	uint64_t pfn = memory_pfn(&subject->memory, 0);

	long given = subject_hold(subject);

	if (!given)
		given = hold_fill(&subject->hold, BY_DEVICE);
	if (!given)
		given = write_back(subject);
	if (!given)
		given = hold_fill(&subject->hold, LATER);
	if (given)
		return given;
	print_page_state(subject, pfn, "written by the device after writeback");
	subject->hold.taken = false;
	given = pincheck_release_flags(subject->memory.session, subject->hold.id, flags);
	print_page_state(subject, pfn, "released");
	return given < 0 ? given : write_back(subject);
}

/* FILE. The control: under the page lock, with the buffers still there. */
SCENARIO(hazard, locked, .rows = "B30 B35", .not_hold = HOLD_MIRROR)
{
	ASSERT_DONE(write_and_release(subject, PINCHECK_RELEASE_DIRTY));
	EXPECT_ON_DISK(subject, LATER);
}

/* FILE. Without it, which kernels want to be held where a clean page gets dirty. */
SCENARIO(hazard, unlocked, .rows = "B28 B30 B35", .not_hold = HOLD_MIRROR)
{
	ASSERT_DONE(write_and_release(subject, PINCHECK_RELEASE_DIRTY_UNLOCKED));
	EXPECT_ON_DISK(subject, LATER);
}

PINCHECK_TEST_MAIN
