// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCAN finds pinned and held pages, and no other page of the test. Invariant: ACCURACY. One variant
 * a kind of reference.
 */
#include "suite.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "stage.h"

#define CAPACITY	512

FIXTURE(scan)
{
	struct stage stage;
	__u64 pfn[STAGE_PAGES];
};

FIXTURE_VARIANT(scan)
{
	struct hold_row row;
	__u32 filter;		/* finds such a hold */
	__u32 other_filters;	/* do not find it */
};

FIXTURE_VARIANT_ADD(scan, pin)
{
	.row = STAGE_ROW(PIN, FAST, HOLD_RW),
	.filter = PINCHECK_SCAN_PINNED, .other_filters = PINCHECK_SCAN_EXCESS,
};

FIXTURE_VARIANT_ADD(scan, get)
{
	.row = STAGE_ROW(GET, FAST, HOLD_RW),
	.filter = PINCHECK_SCAN_EXCESS,
	.other_filters = PINCHECK_SCAN_PINNED | PINCHECK_SCAN_UNMOVABLE,
};

SUITE_FACTS(scan)
{
	facts->hold = name;
}

FIXTURE_SETUP(scan)
{
	ASSERT_STAGE_OPEN(&self->stage);
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		self->pfn[i] = stage_pfn(self->stage.memory + i * self->stage.page);
		ASSERT_NE(0, self->pfn[i]);
	}
}

STAGE_TEARDOWN(scan)

/* Does a scan of this page find this page? Return: 1, 0 or -errno. */
static int found_alone(FIXTURE_DATA(scan) *self, __u32 filter, __u64 pfn)
{
	__u64 cursor = pfn, end = pfn + 1, count = 1, got = 0;
	int error = pincheck_scan(self->stage.session, filter, &cursor, &end, &got, &count);

	if (error)
		return error;
	if (cursor != pfn + 1 || (count && got != pfn))
		return -EBADMSG;
	return count;
}

/* Return: how many of the stage's pages a scan of all memory finds, each once, or -errno. */
static int found_of_all(FIXTURE_DATA(scan) *self, __u32 filter, __u64 capacity, unsigned int *calls)
{
	__u64 pfns[CAPACITY], cursor = 0, end = 0, count, before = 0;
	int error, found = 0;

	for (*calls = 1;; ++*calls) {
		count = capacity;
		error = pincheck_scan(self->stage.session, filter, &cursor, &end, pfns, &count);
		if (error)
			return error;
		for (__u64 i = 0; i < count; i++) {
			/* Page frame numbers ascend: else SCAN could repeat one. */
			if (pfns[i] < before)
				return -EBADMSG;
			before = pfns[i] + 1;
			for (size_t page = 0; page < STAGE_PAGES; page++)
				found += pfns[i] == self->pfn[page];
		}
		if (cursor >= end)
			return found;
	}
}

CASE(scan, held_and_released, .rows = "P17")
{
	struct stage *stage = &self->stage;

	for (size_t i = 0; i < STAGE_PAGES; i++)
		EXPECT_EQ(0, found_alone(self, variant->filter, self->pfn[i]));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_EQ(1, found_alone(self, variant->filter, self->pfn[i]));
		EXPECT_EQ(0, found_alone(self, variant->other_filters, self->pfn[i]));
	}
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	for (size_t i = 0; i < STAGE_PAGES; i++)
		EXPECT_EQ(0, found_alone(self, variant->filter, self->pfn[i]));
	evidence("pages=%u note=\"found while held, by the right filter, not before and not after\"",
		 STAGE_PAGES);
}

/* Every other page is held: SCAN does not find those in between. */
CASE(scan, all_memory, .rows = "P17")
{
	struct stage *stage = &self->stage;
	unsigned int calls;

	EXPECT_EQ(0, found_of_all(self, variant->filter, CAPACITY, &calls));
	for (size_t i = 0; i < STAGE_PAGES; i += 2)
		ASSERT_EQ(0, stage_hold(stage, variant->row, stage->memory + i * stage->page,
					stage->page));
	EXPECT_EQ(STAGE_PAGES / 2, found_of_all(self, variant->filter, CAPACITY, &calls));
	evidence("found=%u pages=%u calls=%u", STAGE_PAGES / 2, STAGE_PAGES, calls);
}

/* With room for one page the cursor goes on after it, and SCAN skips and repeats no page. */
CASE(scan, room_for_one, .rows = "P17")
{
	unsigned int calls;

	ASSERT_EQ(0, stage_hold_all(&self->stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, found_of_all(self, variant->filter, 1, &calls));
	EXPECT_LE(STAGE_PAGES, calls);
	evidence("found=%u calls=%u", STAGE_PAGES, calls);
}

/* No process maps the page, but a device holds it. */
CASE(scan, unmapped_while_held, .rows = "P17")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	munmap(stage->memory, stage->length);
	for (size_t i = 0; i < STAGE_PAGES; i++)
		EXPECT_EQ(1, found_alone(self, variant->filter, self->pfn[i]));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	for (size_t i = 0; i < STAGE_PAGES; i++)
		EXPECT_EQ(0, found_alone(self, variant->filter, self->pfn[i]));
	evidence("found=%u note=\"without a mapping, and gone after release\"", STAGE_PAGES);
}

CASE(scan, names_blocking_page, .rows = "P17")
{
	struct stage *stage = &self->stage;
	struct pincheck_report report;
	bool in_the_way;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		ASSERT_EQ(0, pincheck_report(stage->session, &self->pfn[i], 1, &report));
		in_the_way = report.flags & (PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA);
		EXPECT_EQ(in_the_way && variant->row.kind == PINCHECK_KIND_PIN,
			  found_alone(self, PINCHECK_SCAN_UNMOVABLE, self->pfn[i]));
	}
	evidence("filter=UNMOVABLE note=\"found where pinned in ZONE_MOVABLE or CMA, and only there\"");
}

/* SCAN beyond memory, and at the largest numbers, finds nothing and ends. */
CASE(scan, beyond_memory, .rows = "P17")
{
	static const __u64 starts[] = { 1ULL << 40, 1ULL << 52, 1ULL << 63, ~0ULL };
	__u64 pfns[1], cursor, end, count, memory_end;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		cursor = starts[i];
		end = ~0ULL;
		count = 1;
		EXPECT_EQ(0, pincheck_scan(self->stage.session, variant->filter, &cursor, &end,
					   pfns, &count));
		EXPECT_EQ(0, count);
		EXPECT_EQ(end, cursor);
		memory_end = end;
		EXPECT_LT(self->pfn[0], memory_end);
	}
	evidence("end_pfn=%llx found_after=0", memory_end);
}

CASE(scan, bad_arguments, .rows = "P1 P3")
{
	__u64 cursor = 0, end = 0, count = 1, pfn;

	EXPECT_EQ(-EINVAL, pincheck_scan(self->stage.session, 0, &cursor, &end, &pfn, &count));
	count = 0;
	EXPECT_EQ(-EINVAL, pincheck_scan(self->stage.session, variant->filter, &cursor, &end,
					 &pfn, &count));
	ASSERT_EQ(0, stage_hold_all(&self->stage, variant->row));
	count = 1;
	cursor = self->pfn[0];
	EXPECT_EQ(-EFAULT, pincheck_scan(self->stage.session, variant->filter, &cursor, &end,
					 (void *)8, &count));
	EXPECT_EQ(self->pfn[0], cursor);
	evidence("no_filter=EINVAL no_room=EINVAL bad_pointer=EFAULT");
}

PINCHECK_TEST_MAIN
