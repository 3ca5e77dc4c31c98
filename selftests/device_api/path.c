// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path is "unknown", never "fast", where the device's probe could not see the slow path:
 * kprobes and ftrace can be switched off at any time. Untouched memory always comes by the slow
 * path. Invariant: ACCURACY.
 *
 * The case holds nothing during a switch: the kernel then patches its text, and an emulated CPU
 * that runs into that crashes (6.12.117: a call of address 0 from the probed function).
 */
#include "suite.h"
#include <sys/mman.h>
#include "knob_journal.h"
#include "stage.h"

static const struct hold_row fast_row = STAGE_ROW(PIN, FAST, HOLD_RW);

FIXTURE(path)
{
	struct stage stage;
	unsigned char *untouched;
};

FIXTURE_VARIANT(path)
{
	const char *knob;
	requirement_set needs;
};

FIXTURE_VARIANT_ADD(path, kprobes) { KNOB_KPROBES, NEEDS_KPROBES_SWITCH };
FIXTURE_VARIANT_ADD(path, ftrace) { KNOB_FTRACE, NEEDS_FTRACE_SWITCH };

FIXTURE_SETUP(path)
{

	SUITE_NEEDS(NEEDS_PATH | variant->needs);
	ASSERT_STAGE_OPEN(&self->stage);
	self->untouched = mmap(NULL, self->stage.length, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->untouched);
	ASSERT_EQ(0, madvise(self->untouched, self->stage.length, MADV_NOHUGEPAGE));
}

FIXTURE_TEARDOWN(path)
{
	EXPECT_EQ(0, knob_restore(0));
	munmap(self->untouched, self->stage.length);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Return: of how many pages of the hold PAGES says @path. */
static unsigned int count_by_path(const struct stage *stage, __u32 path)
{
	struct pincheck_page pages[STAGE_PAGES];
	unsigned int count = 0;

	if (pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages))
		return -1;
	for (size_t i = 0; i < STAGE_PAGES; i++)
		count += pages[i].path == path;
	return count;
}

static void show_paths(const struct stage *stage, const char *what)
{
	evidence("what=\"%s\" fast=%llu slow=%llu pages_fast=%u pages_slow=%u pages_unknown=%u",
		 what, stage->hold.fast_pages, stage->hold.slow_pages,
		 count_by_path(stage, PINCHECK_PATH_FAST), count_by_path(stage, PINCHECK_PATH_SLOW),
		 count_by_path(stage, PINCHECK_PATH_UNKNOWN));
}

/* The switch is off before HOLD, in an open session: HOLD and PAGES both know. */
CASE(path, switched_off, .rows = "D6")
{
	struct stage *stage = &self->stage;
	struct pincheck_info info;

	ASSERT_EQ(0, knob_change(variant->knob, "0"));
	ASSERT_EQ(0, stage_hold(stage, fast_row, self->untouched, stage->length));
	show_paths(stage, "never touched, switched off");
	EXPECT_EQ(0, stage->hold.fast_pages);
	EXPECT_EQ(0, count_by_path(stage, PINCHECK_PATH_FAST));
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	if (!(info.features & PINCHECK_FEAT_PATH)) {
		EXPECT_EQ(0, stage->hold.slow_pages);
		EXPECT_EQ(STAGE_PAGES, count_by_path(stage, PINCHECK_PATH_UNKNOWN));
	}
}

/* A path that was not seen stays unknown, and the next hold has a path again without INFO. */
CASE(path, switched_on_again, .rows = "D6")
{
	struct stage *stage = &self->stage;
	__u32 unseen;

	ASSERT_EQ(0, knob_change(variant->knob, "0"));
	ASSERT_EQ(0, stage_hold(stage, fast_row, self->untouched, stage->length));
	unseen = stage->hold.hold;
	ASSERT_EQ(0, knob_set(variant->knob, "1"));
	EXPECT_EQ(0, count_by_path(stage, PINCHECK_PATH_FAST));
	ASSERT_EQ(0, stage_hold_all(stage, fast_row));
	show_paths(stage, "touched, switched on again");
	EXPECT_EQ(STAGE_PAGES, stage->hold.fast_pages);
	EXPECT_EQ(STAGE_PAGES, count_by_path(stage, PINCHECK_PATH_FAST));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	madvise(self->untouched, stage->length, MADV_DONTNEED);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, unseen));
	ASSERT_EQ(0, stage_hold(stage, fast_row, self->untouched, stage->length));
	show_paths(stage, "never touched, switched on again");
	EXPECT_EQ(STAGE_PAGES, stage->hold.slow_pages);
}

PINCHECK_TEST_MAIN
