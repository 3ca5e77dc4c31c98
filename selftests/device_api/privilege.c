// SPDX-License-Identifier: GPL-2.0-only
/*
 * FILE. Without CAP_SYS_ADMIN a process gets no reference for writing on pages of a file that
 * tracks dirtying. Such a page is marked dirty when the hold ends, and by then writeback and
 * reclaim may have freed what the mark needs: the harm of DIRTY_LATE and DIRTY_UNLOCKED, which need
 * the capability. One variant a way to hold.
 */
#include "suite.h"
#include <sys/mman.h>
#include "capability.h"
#include "file.h"
#include "stage.h"

FIXTURE(privilege)
{
	struct stage stage;
	int file;
};

FIXTURE_VARIANT(privilege)
{
	struct hold_row row;
	requirement_set needs;
	bool by_reference;
};

#define PRIVILEGE_VARIANT(name_, kind_, path_, flags_)				\
	FIXTURE_VARIANT_ADD(privilege, name_)					\
	{									\
		.row = STAGE_ROW(kind_, path_, flags_), .by_reference = true,		\
	};
FOR_EACH_HOLD_ROW(PRIVILEGE_VARIANT)

FIXTURE_VARIANT_ADD(privilege, mirror_rw)
{
	.row = STAGE_ROW(MIRROR, UNKNOWN, HOLD_RW), .needs = NEEDS_MIRROR,
};

SUITE_FACTS(privilege)
{
	facts->hold = name;
}

FIXTURE_SETUP(privilege)
{
	self->file = -1;
	SUITE_NEEDS(NEEDS_EXT4 | NEEDS_CAPABILITIES | variant->needs);
	ASSERT_STAGE_OPEN(&self->stage);
}

FIXTURE_TEARDOWN(privilege)
{
	if (self->file >= 0)
		close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static bool is_harmful(const FIXTURE_VARIANT(privilege) *variant)
{
	return variant->by_reference && (variant->row.flags & PINCHECK_HOLD_WRITE);
}

/* Maps @file from the third page of the stage on, and writes to it. */
static int map_over_stage(FIXTURE_DATA(privilege) *self, int flags)
{
	size_t at = 2 * self->stage.page, bytes = self->stage.length - at;
	void *memory;

	if (self->file < 0 || ftruncate(self->file, bytes))
		return -errno;
	memory = mmap(self->stage.memory + at, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
		      self->file, 0);
	if (memory == MAP_FAILED)
		return -errno;
	memset(memory, 0x5a, bytes);
	return 0;
}

/* Kernels from 6.5 on refuse long-term holds themselves, with and without the capability. */
static bool kernel_refuses(FIXTURE_DATA(privilege) *self, int error)
{
	const __u32 both = PINCHECK_HOLD_LONGTERM | PINCHECK_HOLD_WRITE;

	return (self->stage.hold.flags & both) == both && error == -EFAULT &&
	       self->stage.hold.reason == PINCHECK_REASON_FILE;
}

CASE(privilege, file_that_tracks_dirtying, .rows = "D11")
{
	struct stage *stage = &self->stage;
	const uint64_t place = (uintptr_t)stage->memory + 2 * stage->page;
	int with, without;

	self->file = file_open(&file_ext4);
	ASSERT_EQ(0, map_over_stage(self, MAP_SHARED));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	without = stage_hold_all(stage, variant->row);
	ASSERT_EQ(0, capability_raise(CAP_SYS_ADMIN));
	if (!without)
		EXPECT_LE(0, pincheck_release(stage->session, stage->hold.hold));
	if (!kernel_refuses(self, without)) {
		EXPECT_EQ(is_harmful(variant) ? -EPERM : 0, without);
		EXPECT_EQ(is_harmful(variant) ? PINCHECK_REASON_CAPABILITY : PINCHECK_REASON_NONE,
			  stage->hold.reason);
	}
	EXPECT_EQ(without ? 2 : STAGE_PAGES, stage->hold.pages);
	EXPECT_EQ(without ? place : 0, stage->hold.fail_addr);
	evidence("capability=0 error=\"%s\" reason=%s pages=%llu", strerror(-without),
		 pincheck_reason_name(stage->hold.reason), stage->hold.pages);
	with = stage_hold_all(stage, variant->row);
	if (!kernel_refuses(self, with))
		EXPECT_EQ(0, with);
	evidence("capability=1 error=\"%s\"", strerror(-with));
}

/* Shmem, and copies of the process's own, need no capability: no file system tracks them. */
static void expect_given(struct __test_metadata *_metadata, FIXTURE_DATA(privilege) *self,
			 struct hold_row row, int flags, const char *what)
{
	ASSERT_EQ(0, map_over_stage(self, flags));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(0, stage_hold_all(&self->stage, row));
	EXPECT_EQ(STAGE_PAGES, self->stage.hold.pages);
	ASSERT_EQ(0, capability_raise(CAP_SYS_ADMIN));
	evidence("memory=\"%s\" capability=0 pages=%llu", what, self->stage.hold.pages);
}

CASE(privilege, private_copies, .rows = "D11")
{
	self->file = file_open(&file_ext4);
	expect_given(_metadata, self, variant->row, MAP_PRIVATE, "private copies of a file's");
}

CASE(privilege, shmem, .rows = "D11")
{
	SUITE_NEEDS(NEEDS_SHMEM);
	self->file = memfd_create("privilege", MFD_CLOEXEC);
	expect_given(_metadata, self, variant->row, MAP_SHARED, "shmem");
}

PINCHECK_TEST_MAIN
