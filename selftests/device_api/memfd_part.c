// SPDX-License-Identifier: GPL-2.0-only
/*
 * RELEASE of a part of a hold of kind memfd. Such a hold has one pin a folio: a part that ends
 * within a folio cannot be released, any other part can, down to the last count. Invariants:
 * ACCURACY, CLEAN. One variant a kind of file.
 */
#include "suite.h"
#include <linux/memfd.h>
#include <sys/mman.h>
#include "hugetlb_pool.h"
#include "stage.h"

#define FOLIOS		3UL

FIXTURE(memfd_part)
{
	struct stage stage;
	size_t pages;		/* of a folio */
	size_t bytes;		/* of the file */
	int file;
	unsigned char *memory;	/* the file, mapped */
};

FIXTURE_VARIANT(memfd_part)
{
	unsigned int flags;	/* of memfd_create() */
	bool huge;		/* of hugetlb pages */
	requirement_set needs;
};

FIXTURE_VARIANT_ADD(memfd_part, shmem) { .needs = NEEDS_SHMEM };

FIXTURE_VARIANT_ADD(memfd_part, hugetlb)
{
	.flags = MFD_HUGETLB, .huge = true, .needs = NEEDS_HUGETLB,
};

static void close_file(FIXTURE_DATA(memfd_part) *self)
{
	if (self->memory && self->memory != MAP_FAILED)
		munmap(self->memory, self->bytes);
	if (self->file >= 0)
		close(self->file);
	self->memory = NULL;
	self->file = -1;
}

/* Opens and maps a file of @folios folios, each with a first byte of its own. */
static int reopen_file(FIXTURE_DATA(memfd_part) *self, unsigned int flags, size_t folios)
{
	size_t folio = self->pages * self->stage.page;

	close_file(self);
	self->bytes = folios * folio;
	self->file = hugetlb_pool_memfd("pincheck", flags);
	if (self->file < 0 || ftruncate(self->file, self->bytes))
		return -errno;
	self->memory = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	if (self->memory == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < folios; i++)
		self->memory[i * folio] = 0x61 + i;
	return 0;
}

SUITE_FACTS(memfd_part)
{
	facts->memory = name;
}

FIXTURE_SETUP(memfd_part)
{
	self->file = -1;
	ASSERT_STAGE_OPEN(&self->stage);
	SUITE_NEEDS(NEEDS_MEMFD | variant->needs);
	self->pages = variant->huge ? PMD_BYTES / self->stage.page : 1;
	ASSERT_EQ(0, reopen_file(self, variant->flags, FOLIOS));
}

FIXTURE_TEARDOWN(memfd_part)
{
	close_file(self);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_from(FIXTURE_DATA(memfd_part) *self, size_t first)
{
	self->stage.hold = (struct pincheck_hold) {
		.kind = PINCHECK_KIND_MEMFD, .fd = self->file,
		.offset = first * self->stage.page, .len = self->bytes - first * self->stage.page,
	};
	return pincheck_hold(self->stage.session, &self->stage.hold);
}

static long release_pages(FIXTURE_DATA(memfd_part) *self, size_t first, size_t count)
{
	return pincheck_release_part(self->stage.session, self->stage.hold.hold, 0, first, count);
}

/* Return: the pins of @folio by kernel and ledger, or -1 if they disagree. */
static int pins_of(FIXTURE_DATA(memfd_part) *self, size_t folio)
{
	__u64 pfn = stage_pfn(self->memory + folio * self->pages * self->stage.page);
	struct pincheck_report report;

	if (usermem_drain_lru() || pincheck_report_ledger(self->stage.session, &pfn, 1, &report))
		return -1;
	return report.pins == (int)report.folio_pins ? report.pins : -1;
}

/* Folio by folio, the middle one first: each keeps its pin until its release. */
CASE(memfd_part, folio_by_folio, .rows = "P9 P14")
{
	const size_t order[FOLIOS] = { 1, 0, 2 };
	long pages = self->pages, left = FOLIOS * pages;
	bool gone[FOLIOS] = { false };

	ASSERT_EQ(0, hold_from(self, 0));
	for (size_t i = 0; i < FOLIOS; i++) {
		EXPECT_EQ(pages, release_pages(self, order[i] * pages, pages));
		gone[order[i]] = true;
		left -= pages;
		EXPECT_EQ(left * (long)self->stage.page / 1024, vm_pin_kib());
		for (size_t folio = 0; folio < FOLIOS; folio++) {
			EXPECT_EQ(!gone[folio], pins_of(self, folio)) {
				TH_LOG("folio %zu", folio);
			}
		}
		evidence("folio=%zu pins=%d,%d,%d vm_pin_kib=%ld", order[i], pins_of(self, 0),
			 pins_of(self, 1), pins_of(self, 2), vm_pin_kib());
	}
	EXPECT_EQ(-ENOENT, pincheck_release(self->stage.session, self->stage.hold.hold));
}

/* RELEASE within a folio is refused, and changes nothing. */
CASE(memfd_part, within_a_folio, .rows = "P14")
{
	const size_t pages = self->pages, part_of = pages > 1 ? pages / 2 : 0;
	unsigned char byte = 0;

	ASSERT_EQ(0, hold_from(self, 0));
	if (part_of) {
		EXPECT_EQ(-EINVAL, release_pages(self, 0, 1));
		EXPECT_EQ(-EINVAL, release_pages(self, part_of, 1));
		EXPECT_EQ(-EINVAL, release_pages(self, part_of, pages));
		EXPECT_EQ(-EINVAL, release_pages(self, 0, pages + 1));
		EXPECT_EQ(-EINVAL, release_pages(self, FOLIOS * pages - 1, 1));
	}
	for (size_t folio = 0; folio < FOLIOS; folio++)
		EXPECT_EQ(1, pins_of(self, folio));
	EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold,
				   2 * pages * self->stage.page, &byte, 1));
	EXPECT_EQ(0x63, byte);
	EXPECT_EQ((long)(FOLIOS * pages),
		  pincheck_release(self->stage.session, self->stage.hold.hold));
	evidence("pages_of_folio=%zu outcome=\"%s\"", pages,
		 part_of ? "five cuts within one refused, 1 pin each stayed" : "no way to cut one");
}

/* A hold that begins within a folio has a pin for its part, and can release the part. */
CASE(memfd_part, begins_within_a_folio, .rows = "P14")
{
	const size_t pages = self->pages, head = pages > 1 ? pages / 2 : 1;

	ASSERT_EQ(0, hold_from(self, pages > 1 ? pages - head : 0));
	EXPECT_EQ(1, pins_of(self, 0));
	EXPECT_EQ((long)head, release_pages(self, 0, head));
	EXPECT_EQ(0, pins_of(self, 0));
	EXPECT_EQ(1, pins_of(self, 1));
	EXPECT_EQ(-ENOENT, release_pages(self, 0, 1));
	EXPECT_EQ(-ENOENT, release_pages(self, head - 1, 2));
	EXPECT_EQ((long)(2 * pages), pincheck_release(self->stage.session, self->stage.hold.hold));
	EXPECT_EQ(0, pins_of(self, 1));
	evidence("head_pages=%zu folios=2 note=\"given back in this order\"", head);
}

/*
 * The module asks the kernel for CALL_PAGES pages at a time, and a folio across that bound has a
 * pin of either call. Releasing the folio releases both, and releasing a half one.
 */
#define CALL_PAGES	4096UL

CASE(memfd_part, across_calls, .rows = "P14")
{
	const size_t pages = self->pages, half = pages / 2, folio = CALL_PAGES / pages;

	if (pages == 1)
		return evidence("note=\"base pages: none lies across a bound\"");
	ASSERT_EQ(0, reopen_file(self, variant->flags, folio + 2));
	for (int by_half = 0; by_half < 2; by_half++) {
		long rest = (folio + 2) * pages - half - pages;

		ASSERT_EQ(0, hold_from(self, half));
		EXPECT_EQ(2, pins_of(self, folio));
		if (by_half) {
			EXPECT_EQ((long)half, release_pages(self, CALL_PAGES - half, half));
			EXPECT_EQ(1, pins_of(self, folio));
			EXPECT_EQ((long)half, release_pages(self, CALL_PAGES, half));
		} else {
			EXPECT_EQ((long)pages, release_pages(self, CALL_PAGES - half, pages));
		}
		EXPECT_EQ(0, pins_of(self, folio));
		EXPECT_EQ(1, pins_of(self, folio + 1));
		EXPECT_EQ(rest, pincheck_release(self->stage.session, self->stage.hold.hold));
		EXPECT_EQ(0, pins_of(self, folio + 1));
	}
	evidence("folio=%zu pins=2 note=\"it lies across a bound of calls: given back at once and by half\"",
		 folio);
}

PINCHECK_TEST_MAIN
