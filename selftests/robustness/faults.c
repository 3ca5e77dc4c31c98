// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN: each allocation of a call fails in turn, and each copy from or to the caller: the call
 * fails as a whole and leaves no trace, or succeeds. The first, the second, and so on, until the
 * call meets no fault. One variant a way to hold.
 */
#include "suite.h"
#include <sys/mman.h>
#include "faults.h"
#include "stage.h"

#define FAULTS_MOST	400	/* more than any call has */
#define ENOUGH		2	/* with fewer the case tried nothing */

FIXTURE(faults)
{
	struct stage stage;
	int file;
};

STAGE_ROWS(faults)

FOR_EACH_HOLD_ROW(STAGE_VARIANT, faults)
FOR_EACH_OTHER_HOLD_ROW(STAGE_VARIANT, faults)
STAGE_VARIANT(faults, memfd, MEMFD, UNKNOWN, HOLD_RW)

FIXTURE_SETUP(faults)
{
	SUITE_NEEDS(NEEDS_FAULTS);
	ASSERT_STAGE_OPEN(&self->stage);
	self->file = memfd_create("faults", MFD_CLOEXEC);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, self->stage.length));
	/* No call fails by chance; an armed one fails even where it may sleep. */
	faults_begin(0);
}

FIXTURE_TEARDOWN(faults)
{
	if (!self->stage.memory)
		return;
	faults_end();
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_anew(FIXTURE_DATA(faults) *self, const struct hold_row row)
{
	struct stage *stage = &self->stage;

	if (row.kind != PINCHECK_KIND_MEMFD)
		return stage_hold_all(stage, row);
	stage->hold = (struct pincheck_hold) {
		.flags = row.flags, .kind = row.kind, .fd = self->file, .len = stage->length,
	};
	return pincheck_hold(stage->session, &stage->hold);
}

/* Has the session neither holds nor pages after a call that failed? */
static bool session_is_empty(FIXTURE_DATA(faults) *self)
{
	struct pincheck_info info = { .session_holds = 1 };

	return !pincheck_info(self->stage.session, &info) && !info.session_holds &&
	       !info.session_pages;
}

CASE(faults, each_allocation_of_hold_fails, .rows = "P25")
{
	unsigned int nth, failed = 0;
	long pinned = vm_pin_kib();
	bool struck = true;

	for (nth = 1; struck && nth < FAULTS_MOST; nth++) {
		int error;

		/* Drop the pages, so that HOLD faults them in again. */
		madvise(self->stage.memory, self->stage.length, MADV_DONTNEED);
		ASSERT_EQ(0, faults_arm(nth));
		error = hold_anew(self, variant->row);
		struck = faults_struck();
		if (!error) {
			EXPECT_LT(0, pincheck_release(self->stage.session,
						      self->stage.hold.hold));
		} else {
			EXPECT_TRUE(struck) TH_LOG("error %d without a fault", error);
			EXPECT_TRUE(error == -ENOMEM || error == -EFAULT || error == -EAGAIN)
				TH_LOG("error %d", error);
			failed++;
		}
		EXPECT_TRUE(session_is_empty(self)) TH_LOG("after fault %u", nth);
		EXPECT_EQ(pinned, vm_pin_kib()) TH_LOG("after fault %u", nth);
	}
	EXPECT_FALSE(struck);
	EXPECT_LE(ENOUGH, failed);
	evidence("faults=%u failed=%u holds_left=0", nth - 2, failed);
}

/* RELEASE allocates nothing: whatever fails, the hold is released or still there. */
CASE(faults, each_of_release, .rows = "P25")
{
	unsigned int nth, failed = 0;
	bool struck = true;

	for (nth = 1; struck && nth < FAULTS_MOST; nth++) {
		long released;

		ASSERT_EQ(0, hold_anew(self, variant->row));
		ASSERT_EQ(0, faults_arm(nth));
		released = pincheck_release(self->stage.session, self->stage.hold.hold);
		struck = faults_struck();
		if (released < 0) {
			failed++;
			EXPECT_EQ(-EFAULT, released);
			/*
			 * The copy of the argument failed, or that of the answer after the release.
			 */
			released = pincheck_release(self->stage.session, self->stage.hold.hold);
			EXPECT_TRUE(released > 0 || released == -ENOENT);
		}
		EXPECT_TRUE(session_is_empty(self)) TH_LOG("after fault %u", nth);
	}
	EXPECT_FALSE(struck);
	EXPECT_LE(1, failed);
	evidence("faults=%u failed=%u holds_left=0", nth - 2, failed);
}

PINCHECK_TEST_MAIN
