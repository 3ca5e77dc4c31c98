// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: the owner takes device memory away from those who map it (REVOKE), as a driver does
 * before its device loses power: from then on nobody touches it, in no process. Row B56. One
 * variant a flavour of the mapping.
 */
#include "suite.h"
#include <sys/mman.h>
#include "device_memory.h"
#include "stage.h"

FIXTURE(pfnmap_revoke)
{
	struct stage stage;
	unsigned char *device;
	size_t bytes;
};

DEVICE_TOPIC(pfnmap_revoke)

SUITE_FACTS(pfnmap_revoke)
{
	facts->memory = name;
}

FIXTURE_SETUP(pfnmap_revoke)
{
	DEVICE_SETUP(0);
}

/* How many of its pages can be read. */
static size_t readable(const FIXTURE_DATA(pfnmap_revoke) *self)
{
	size_t count = 0;
	uint64_t word;

	for (size_t i = 0; i < self->bytes; i += self->stage.page)
		count += !touch_read(self->device + i, &word);
	return count;
}

/*
 * B56: the CPU's mappings go, parent's and child's, touched or not, and what was there stays. Once
 * restored it is there again, where faults map it; else only by mapping it again.
 */
TEST_F(pfnmap_revoke, cpu)
{
	size_t pages = self->bytes / self->stage.page;
	struct pincheck_revoke counts;
	unsigned char *again;
	struct toucher child;
	uint64_t word;

	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, 2));
	ASSERT_EQ(0, toucher_start(&child, self->device + self->stage.page));
	EXPECT_EQ(0, toucher_reads(&child, &word));
	EXPECT_EQ(device_word(2, self->stage.page), word);

	/* A copy is no way round it. */
	if (variant->flavour->map == MAP_PRIVATE)
		ASSERT_EQ(0, touch_write(self->device + 3 * self->stage.page, 4));
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	EXPECT_EQ(0, readable(self));
	EXPECT_EQ(SIGBUS, touch_read(self->device, &word));
	EXPECT_EQ(SIGBUS, touch_write(self->device, 1));
	EXPECT_EQ(SIGBUS, toucher_reads(&child, &word));

	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &counts));
	EXPECT_EQ(variant->flavour->comes_back ? pages + 3 : 0, counts.refused_faults);
	EXPECT_EQ(variant->flavour->comes_back ? pages : 0, readable(self));
	EXPECT_EQ(variant->flavour->comes_back ? 0 : SIGBUS, toucher_reads(&child, &word));
	EXPECT_EQ(0, toucher_end(&child));
	again = device_map(self->stage.session, variant->flavour, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)again);
	EXPECT_EQ(0, device_differs(again, self->bytes, 2));
	munmap(again, self->bytes);
	evidence("pages=%zu processes=2 revoked=SIGBUS restored=\"%s\"", pages,
		 variant->flavour->comes_back ? "there again" : "only by another mmap()");
}

/* A mapping made while revoked: as if it had been there; or refused, where it maps at once. */
TEST_F(pfnmap_revoke, mapped_while_revoked)
{
	unsigned char *late;
	uint64_t word;

	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	late = device_map(self->stage.session, variant->flavour, PROT_READ);
	if (!variant->flavour->comes_back) {
		EXPECT_EQ(MAP_FAILED, (void *)late);
		EXPECT_EQ(ENXIO, errno);
	} else {
		ASSERT_NE(MAP_FAILED, (void *)late);
		EXPECT_EQ(SIGBUS, touch_read(late, &word));
		ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, NULL));
		EXPECT_EQ(0, touch_read(late, &word));
		munmap(late, self->bytes);
	}
	evidence("mmap_while_revoked=%s", variant->flavour->comes_back ? "SIGBUS" : "ENXIO");
}

/* Both directions may be repeated, and may come before there is any memory. */
TEST_F(pfnmap_revoke, repeated)
{
	int session = pincheck_open();
	struct pincheck_revoke counts;

	ASSERT_LE(0, session);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(0, pincheck_revoke(session, i / 2, &counts));
		EXPECT_EQ(0, counts.mapped);
		EXPECT_EQ(0, pincheck_revoke(self->stage.session, i / 2, &counts));
		EXPECT_EQ(1, counts.mapped);
	}
	EXPECT_EQ(variant->flavour->comes_back ? self->bytes / self->stage.page : 0,
		  readable(self));
	close(session);
	evidence("revoked=2 restored=2");
}

/* All opens share an inode. What one session revokes, another keeps. */
TEST_F(pfnmap_revoke, not_of_others)
{
	int other = pincheck_open();
	unsigned char *kept;
	uint64_t word;

	ASSERT_LE(0, other);
	kept = device_map(other, variant->flavour, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)kept);
	device_fill(kept, self->bytes, 8);
	device_fill(self->device, self->bytes, 9);
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	/* By faults it could come back: so no fault may be needed. */
	EXPECT_EQ(SIGBUS, touch_read(self->device, &word));
	EXPECT_EQ(0, device_differs(kept, self->bytes, 8));
	if (variant->flavour->comes_back) {
		struct pincheck_revoke before, after;

		ASSERT_EQ(0, pincheck_revoke(other, 1, &before));
		ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
		EXPECT_EQ(0, device_differs(kept, self->bytes, 8));
		ASSERT_EQ(0, pincheck_revoke(other, 1, &after));
		EXPECT_EQ(before.small_faults, after.small_faults);
		EXPECT_EQ(before.huge_faults, after.huge_faults);
	}
	munmap(kept, self->bytes);
	close(other);
	evidence("other_session_bytes=%zu faults=0", self->bytes);
}

PINCHECK_TEST_MAIN
