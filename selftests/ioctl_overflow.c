// SPDX-License-Identifier: GPL-2.0-only
/*
 * One page, pinned so often that its reference count comes near its end: the device must refuse
 * before the kernel's counter wraps, which would free a page in use.
 */
#include "suite.h"
#include <sys/mman.h>
#include "stage.h"

#define MAPPINGS	300	/* of the one page: so many pins a hold */

FIXTURE(ioctl_overflow)
{
	struct stage stage;
	unsigned char *mappings;
};

FIXTURE_VARIANT(ioctl_overflow)
{
	struct hold_row row;
};

FIXTURE_VARIANT_ADD(ioctl_overflow, pin_ro_fast)
{
	.row = { PINCHECK_KIND_PIN, PINCHECK_PATH_FAST, 0 },
};

/* The same page of a memfd again and again, side by side. */
static unsigned char *map_one_page_often(size_t page)
{
	int file = memfd_create("ioctl_overflow", MFD_CLOEXEC);
	unsigned char *start = mmap(NULL, MAPPINGS * page, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (file < 0 || ftruncate(file, page) || start == MAP_FAILED)
		return MAP_FAILED;
	for (size_t i = 0; i < MAPPINGS; i++) {
		if (mmap(start + i * page, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 file, 0) == MAP_FAILED)
			return MAP_FAILED;
		start[i * page] = 1;
	}
	close(file);
	return start;
}

FIXTURE_SETUP(ioctl_overflow)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	self->mappings = map_one_page_often(self->stage.page);
	ASSERT_NE(MAP_FAILED, (void *)self->mappings);
}

FIXTURE_TEARDOWN(ioctl_overflow)
{
	munmap(self->mappings, MAPPINGS * self->stage.page);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* CLEAN, ACCURACY. EOVERFLOW while there is a way back, and the refused hold left nothing. */
TEST_F(ioctl_overflow, references_would_wrap)
{
	struct stage *stage = &self->stage;
	size_t length = MAPPINGS * stage->page;
	struct pincheck_report before, after;
	struct pincheck_info info;
	__u64 holds = 0;
	int error = 0;

	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	/* Else the limit on holds comes first, and this tests nothing. */
	ASSERT_LT(INT32_MAX / 2, (__s64)(info.max_session_holds - 1) * MAPPINGS * info.pin_bias);
	ASSERT_EQ(0, stage_report(stage, self->mappings, &before));
	while (!error && holds < info.max_session_holds) {
		error = stage_hold(stage, variant->row, self->mappings, length);
		holds += !error;
	}
	ASSERT_EQ(0, stage_report(stage, self->mappings, &after));
	evidence("ref %d, after %llu holds ref %d, then %s (%s)", before.refcount, holds,
		 after.refcount, strerror(-error), pincheck_reason_name(stage->hold.reason));
	EXPECT_EQ(-EOVERFLOW, error);
	EXPECT_EQ(PINCHECK_REASON_LIMIT, stage->hold.reason);
	EXPECT_EQ(before.refcount + (__s64)holds * MAPPINGS * info.pin_bias, after.refcount);
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(holds, info.session_holds);
	EXPECT_EQ(holds * MAPPINGS, info.session_pages);
}

PINCHECK_TEST_MAIN
