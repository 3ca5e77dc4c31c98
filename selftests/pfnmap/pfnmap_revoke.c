// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: the owner takes device memory from the processes that map it (REVOKE), as a driver does
 * before its device loses power: from then on no process reaches the memory. One variant a flavour
 * of the mapping.
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

/* Return: how many pages of the mapping can be read. */
static size_t count_readable(const FIXTURE_DATA(pfnmap_revoke) *self)
{
	size_t count = 0;
	uint64_t word;

	for (size_t i = 0; i < self->bytes; i += self->stage.page)
		count += !touch_read(self->device + i, &word);
	return count;
}

/*
 * REVOKE removes all CPU mappings, of parent and child, touched or not; the memory keeps its bytes.
 * After the restore faults map the memory again; else only a new mapping reaches it.
 */
CASE(pfnmap_revoke, cpu, .rows = "B56")
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

	/* REVOKE removes a private copy, too. */
	if (variant->flavour->map == MAP_PRIVATE)
		ASSERT_EQ(0, touch_write(self->device + 3 * self->stage.page, 4));
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 0, NULL));
	EXPECT_EQ(0, count_readable(self));
	EXPECT_EQ(SIGBUS, touch_read(self->device, &word));
	EXPECT_EQ(SIGBUS, touch_write(self->device, 1));
	EXPECT_EQ(SIGBUS, toucher_reads(&child, &word));

	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &counts));
	EXPECT_EQ(variant->flavour->comes_back ? pages + 3 : 0, counts.refused_faults);
	EXPECT_EQ(variant->flavour->comes_back ? pages : 0, count_readable(self));
	EXPECT_EQ(variant->flavour->comes_back ? 0 : SIGBUS, toucher_reads(&child, &word));
	EXPECT_EQ(0, toucher_end(&child));
	again = device_map(self->stage.session, variant->flavour, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)again);
	EXPECT_EQ(0, device_differs(again, self->bytes, 2));
	munmap(again, self->bytes);
	evidence("pages=%zu processes=2 revoked=SIGBUS restored=\"%s\"", pages,
		 variant->flavour->comes_back ? "there again" : "only by another mmap()");
}

/* A mapping made while revoked waits for the restore, or is refused where mmap() maps at once. */
CASE(pfnmap_revoke, mapped_while_revoked, .rows = "B56")
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

/* REVOKE and restore may be repeated, and may come before the memory exists. */
CASE(pfnmap_revoke, repeated, .rows = "B56")
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
		  count_readable(self));
	close(session);
	evidence("revoked=2 restored=2");
}

/* REVOKE of one session leaves other sessions alone, although all opens share an inode. */
CASE(pfnmap_revoke, not_of_others, .rows = "B56")
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
	/* The memory could come back by faults: so no fault may happen. */
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
