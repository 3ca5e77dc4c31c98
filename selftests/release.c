// SPDX-License-Identifier: GPL-2.0-only
/*
 * RELEASE with flags: what the device wrote is dirty afterwards, what it did not write is as it
 * was, and who may not write may not say that he did. Invariants: ACCURACY, CLEAN.
 */
#include "suite.h"
#include "capability.h"
#include "stage.h"

FIXTURE(release)
{
	struct stage stage;
};

FIXTURE_VARIANT(release)
{
	struct hold_row row;
};

#define RELEASE_VARIANT(name_, kind_, path_, flags_)				\
	FIXTURE_VARIANT_ADD(release, name_)					\
	{									\
		.row = { PINCHECK_KIND_##kind_, PINCHECK_PATH_##path_, flags_ },	\
	};
FOR_EACH_FAST_HOLD_ROW(RELEASE_VARIANT)

FIXTURE_SETUP(release)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
}

FIXTURE_TEARDOWN(release)
{
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* How many pages of the stage are marked dirty; anonymous ones are not, only because of writes. */
static unsigned int dirty_pages(const struct stage *stage)
{
	struct pincheck_report report;
	unsigned int dirty = 0;

	for (size_t i = 0; i < STAGE_PAGES; i++) {
		if (stage_report(stage, stage->memory + i * stage->page, &report))
			return STAGE_PAGES + 1;
		dirty += !!(report.flags & PINCHECK_PAGE_DIRTY);
	}
	return dirty;
}

/* A control: without flags and without device I/O nothing becomes dirty. */
TEST_F(release, nothing_written)
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, dirty_pages(stage));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(0, dirty_pages(stage));
	evidence("held and released: no page dirty");
}

/* One page is written: drivers do not keep book of which, so all are dirty. */
TEST_F(release, device_wrote)
{
	struct stage *stage = &self->stage;
	bool write = variant->row.flags & PINCHECK_HOLD_WRITE;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(write ? 1 : -EPERM,
		  pincheck_write(stage->session, stage->hold.hold, 0, "x", 1));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(write ? STAGE_PAGES : 0, dirty_pages(stage));
	evidence("device write %s: %u pages dirty", write ? "done" : "refused",
		 dirty_pages(stage));
}

/* The hold of somebody who may not write stays whole when he says that he did. */
static void release_as_dirty(struct __test_metadata *_metadata, struct stage *stage,
			     struct hold_row row, __u32 flag)
{
	bool write = row.flags & PINCHECK_HOLD_WRITE;

	ASSERT_EQ(0, dirty_pages(stage));
	ASSERT_EQ(0, stage_hold_all(stage, row));
	EXPECT_EQ(write ? STAGE_PAGES : -EPERM,
		  pincheck_release_flags(stage->session, stage->hold.hold, flag));
	EXPECT_EQ(write ? STAGE_PAGES : 0, dirty_pages(stage));
	EXPECT_EQ(write ? -ENOENT : STAGE_PAGES,
		  pincheck_release(stage->session, stage->hold.hold));
	evidence("%s hold: %s", write ? "write" : "read", write ? "all dirty" : "EPERM");
}

TEST_F(release, dirty)
{
	release_as_dirty(_metadata, &self->stage, variant->row, PINCHECK_RELEASE_DIRTY);
}

TEST_F(release, dirty_unlocked)
{
	release_as_dirty(_metadata, &self->stage, variant->row, PINCHECK_RELEASE_DIRTY_UNLOCKED);
}

TEST_F(release, dirty_both_ways)
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(-EINVAL, pincheck_release_flags(stage->session, stage->hold.hold,
						  PINCHECK_RELEASE_FLAGS));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("both flags: EINVAL, the hold stays");
}

/* What may crash a kernel is for those who may crash it anyway. */
TEST_F(release, dirty_unlocked_needs_sys_admin)
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, pincheck_release_flags(stage->session, stage->hold.hold,
						 PINCHECK_RELEASE_DIRTY_UNLOCKED));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("without CAP_SYS_ADMIN: EPERM, the hold stays");
}

PINCHECK_TEST_MAIN
