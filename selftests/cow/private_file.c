// SPDX-License-Identifier: GPL-2.0-only
/*
 * private_file: a page of a file in a private mapping, beside a pinned page of the same mapping. It has
 * as many plain references as make it look pinned. Linux 5.9 to 5.18 copied such a page at fork as if it
 * were anonymous, and crashed (R32, mended in stable kernels only: 5.10.153). Invariant: ISOLATION.
 */
#include "suite.h"
#include <inttypes.h>

SUITE_EVENT("fork")
TOPIC(private_file)
TOPIC_VARIANT(private_file, shmem_private, pin_rw_fast)
TOPIC_VARIANT(private_file, shmem_private, pin_rw_lt_slow)
TOPIC_VARIANT(private_file, ext4_private, pin_rw_fast)

/* Takes plain references on the page of the first sample until it looks pinned. */
static int refer_until_pinned(struct subject *subject, struct pincheck_report *report)
{
	struct memory *memory = &subject->memory;
	__u64 pfn = memory_pfn(memory, 0);
	int bias = pincheck_report(memory->session, &pfn, 1, report) ? -1 : pin_bias();

	for (int count = report->refcount; count < bias; count++) {
		struct pincheck_hold hold = {
			.kind = PINCHECK_KIND_GET, .path = PINCHECK_PATH_FAST,
			.addr = (uintptr_t)memory->start, .len = PAGE_BYTES,
		};
		int error = pincheck_hold(memory->session, &hold);

		if (error)
			return error;
	}
	return bias < 0 ? -EIO : pincheck_report(memory->session, &pfn, 1, report);
}

/* ISOLATION: the child has the page of the file, not a copy. */
static void verdict_child_maps_file(struct subject *subject, uint64_t pfn, struct verdict *verdict)
{
	uint64_t of_child = child_pfn(&subject->child, 0, 0);

	verdict_start(verdict, "ISOLATION");
	if (of_child != pfn)
		verdict_broken(verdict, "fork copied a page of a file", 0);
	verdict_note(verdict, "page=0 pfn=%" PRIx64 " child_pfn=%" PRIx64, pfn, of_child);
}

/*
 * ISOLATION, SYNC. A pin of the last page makes that page anonymous, so that fork looks at the page
 * table of the mapping, and tells fork that the process pins pages.
 */
SCENARIO(private_file, forked_with_many_references, .rows = "B15 R32", .not_hold = HOLD_NONE)
{
	struct memory *memory = &subject->memory;
	struct pincheck_report report;
	struct view view;

	ASSERT_DONE(subject_hold_part(subject, memory_pages(memory) - 1, 1));
	ASSERT_DONE(refer_until_pinned(subject, &report));
	evidence("pfn=%llx ref=%d file=%d maybe_dma_pinned=%d", report.pfn, report.refcount,
		 !!(report.flags & (PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM)),
		 !!(report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED));
	ASSERT_TRUE(report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
	ASSERT_FALSE(report.flags & PINCHECK_PAGE_ANON);
	ASSERT_DONE(subject_fork(subject, 1));
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	EXPECT_VERDICT(verdict_child_maps_file, subject, memory_pfn(memory, 0));
	memory_fill(memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	EXPECT_CHILD_SEES(subject, 0, BEFORE);
	ASSERT_DONE(hold_look(&subject->hold, &view));
	EXPECT_EQ(AFTER, view.seen[CPU_AREA][SAMPLES - 1]);
	close(memory->session);
	memory->session = pincheck_open();
	subject->hold.taken = false;
	ASSERT_DONE(memory->session);
}

PINCHECK_TEST_MAIN
