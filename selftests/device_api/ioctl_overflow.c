// SPDX-License-Identifier: GPL-2.0-only
/*
 * One page is pinned until its reference count comes near its limit: the device must refuse before
 * the kernel's counter wraps, which would free a page in use.
 */
#include "suite.h"
#include <sys/mman.h>
#include "stage.h"

#define MAPPINGS	300	/* of the one page, each of which a hold pins */
#define HOLDS_MAX	4095	/* of a session, and one more is free */
#define TRIES_MAX	64	/* one page of two is looked at, by chance */

FIXTURE(ioctl_overflow)
{
	struct stage stage;
	int file;
	unsigned char *mappings;
};

STAGE_ROWS(ioctl_overflow)

FIXTURE_VARIANT_ADD(ioctl_overflow, pin_ro_fast)
{
	.row = STAGE_ROW(PIN, FAST, 0),
};

/* Many adjacent mappings of the same page of a memfd. */
static unsigned char *map_one_page_often(size_t page, int *opened)
{
	int file = memfd_create("ioctl_overflow", MFD_CLOEXEC);
	unsigned char *start = mmap(NULL, MAPPINGS * page, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*opened = file;
	if (file < 0 || ftruncate(file, page) || start == MAP_FAILED)
		return MAP_FAILED;
	for (size_t i = 0; i < MAPPINGS; i++) {
		if (mmap(start + i * page, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 file, 0) == MAP_FAILED)
			return MAP_FAILED;
		start[i * page] = 1;
	}
	return start;
}

FIXTURE_SETUP(ioctl_overflow)
{
	ASSERT_STAGE_OPEN(&self->stage);
	self->mappings = map_one_page_often(self->stage.page, &self->file);
	ASSERT_NE(MAP_FAILED, (void *)self->mappings);
}

FIXTURE_TEARDOWN(ioctl_overflow)
{
	munmap(self->mappings, MAPPINGS * self->stage.page);
	close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* CLEAN, ACCURACY. EOVERFLOW comes before the counter wraps, and the refused hold left nothing. */
CASE(ioctl_overflow, references_would_wrap, .rows = "P8")
{
	struct stage *stage = &self->stage;
	size_t length = MAPPINGS * stage->page;
	struct pincheck_report before, after;
	struct pincheck_info info;
	__u64 holds = 0;
	int error = 0;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	/* Otherwise the limit on holds stops this test first. */
	ASSERT_LT(INT32_MAX / 2, (__s64)(info.max_session_holds - 1) * MAPPINGS * info.pin_bias);
	ASSERT_EQ(0, stage_report(stage, self->mappings, &before));
	while (!error && holds < info.max_session_holds) {
		error = stage_hold(stage, variant->row, self->mappings, length);
		holds += !error;
	}
	ASSERT_EQ(0, stage_report(stage, self->mappings, &after));
	evidence("ref_before=%d holds=%llu ref=%d error=\"%s\" reason=%s", before.refcount, holds,
		 after.refcount, strerror(-error), pincheck_reason_name(stage->hold.reason));
	EXPECT_EQ(-EOVERFLOW, error);
	EXPECT_EQ(PINCHECK_REASON_LIMIT, stage->hold.reason);
	EXPECT_EQ(before.refcount + (__s64)holds * MAPPINGS * info.pin_bias, after.refcount);
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(holds, info.session_holds);
	EXPECT_EQ(holds * MAPPINGS, info.session_pages);
}

/*
 * Pins the page until the device refuses: first through all mappings at once, then through one,
 * because fewer references than a refused hold wants may still be possible. Return: the last
 * answer.
 */
static int pin_until_refused(FIXTURE_DATA(ioctl_overflow) *self, struct hold_row row)
{
	const size_t lengths[] = { MAPPINGS * self->stage.page, self->stage.page };
	size_t holds = 0;
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		do {
			error = stage_hold(&self->stage, row, self->mappings, lengths[i]);
		} while (!error && ++holds < HOLDS_MAX);
	return error;
}

/*
 * CLEAN. Every kind that keeps references refuses a page that may have no more of them, not only
 * the kind that took them.
 */
CASE(ioctl_overflow, memfd_is_refused, .rows = "D5")
{
	struct pincheck_hold *hold = &self->stage.hold;
	struct pincheck_info info, after;
	int error;

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_EQ(-EOVERFLOW, pin_until_refused(self, variant->row));
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	*hold = (struct pincheck_hold) {
		.kind = PINCHECK_KIND_MEMFD, .fd = self->file, .len = self->stage.page,
	};
	error = pincheck_hold(self->stage.session, hold);
	evidence("pins=%llu kind=memfd error=\"%s\" reason=%s", info.session_pages,
		 strerror(-error), pincheck_reason_name(hold->reason));
	EXPECT_EQ(-EOVERFLOW, error);
	EXPECT_EQ(PINCHECK_REASON_LIMIT, hold->reason);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &after));
	EXPECT_EQ(info.session_pages, after.session_pages);
}

/* CLEAN. The module finds such a page anywhere in a range. */
CASE(ioctl_overflow, first_of_two_is_found, .rows = "D5")
{
	struct stage *stage = &self->stage;
	unsigned int tries;
	int error = 0;

	ASSERT_EQ(-EOVERFLOW, pin_until_refused(self, variant->row));
	/* The second page of the range is a fresh page. */
	ASSERT_EQ(self->mappings + stage->page,
		  mmap(self->mappings + stage->page, stage->page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	for (tries = 0; tries < TRIES_MAX && !error; tries++) {
		error = stage_hold(stage, variant->row, self->mappings, 2 * stage->page);
		if (!error)
			pincheck_release(stage->session, stage->hold.hold);
	}
	evidence("tries=%u error=\"%s\" reason=%s", tries, strerror(-error),
		 pincheck_reason_name(stage->hold.reason));
	EXPECT_EQ(-EOVERFLOW, error);
	EXPECT_EQ(PINCHECK_REASON_LIMIT, stage->hold.reason);
}

PINCHECK_TEST_MAIN
