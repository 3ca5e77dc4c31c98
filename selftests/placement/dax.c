// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a DAX file system: pages of ZONE_DEVICE, which are not online memory, and which a
 * device holds as any other. ACCURACY: the report says that the page is of ZONE_DEVICE; SYNC
 * between process and device. One variant a kind of hold.
 */
#include "suite.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "stage.h"

#define PAGES	4

FIXTURE(dax)
{
	struct stage stage;
	int file;
	unsigned char *memory;
	size_t bytes;
};

STAGE_ROWS(dax)

FIXTURE_VARIANT_ADD(dax, pin)
{
	.row = STAGE_ROW(PIN, FAST, HOLD_RW),
};
FIXTURE_VARIANT_ADD(dax, get)
{
	.row = STAGE_ROW(GET, FAST, HOLD_RW),
};

FIXTURE_SETUP(dax)
{
	char path[128];

	self->file = -1;
	self->memory = MAP_FAILED;
	ASSERT_STAGE_OPEN(&self->stage);
	SUITE_NEEDS(NEEDS_DAX);
	self->bytes = PAGES * self->stage.page;
	snprintf(path, sizeof(path), "%s/pincheck", getenv("PINCHECK_DAX"));
	self->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->file);
	unlink(path);
	ASSERT_EQ(0, ftruncate(self->file, self->bytes));
	self->memory = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->memory);
	memset(self->memory, 7, self->bytes);
}

FIXTURE_TEARDOWN(dax)
{
	if (self->memory != MAP_FAILED)
		munmap(self->memory, self->bytes);
	if (self->file >= 0)
		close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static struct pincheck_report report_of(struct __test_metadata *_metadata,
					FIXTURE_DATA(dax) *self, __u64 pfn)
{
	struct pincheck_report report = { 0 };

	EXPECT_EQ(0, pincheck_report_ledger(self->stage.session, &pfn, 1, &report));
	return report;
}

/* Before, during and after the hold REPORT finds the page, in ZONE_DEVICE. */
CASE(dax, told, .rows = "D18")
{
	const bool pin = variant->row.kind == PINCHECK_KIND_PIN;
	const __u64 pfn = stage_pfn(self->memory);
	struct pincheck_report before, held, after;
	struct pincheck_page page;

	ASSERT_NE(0, pfn);
	before = report_of(_metadata, self, pfn);
	ASSERT_EQ(0, stage_hold(&self->stage, variant->row, self->memory, self->bytes));
	ASSERT_EQ(0, pincheck_pages(self->stage.session, self->stage.hold.hold, 0, 1, &page));
	EXPECT_EQ(pfn, page.pfn);
	held = report_of(_metadata, self, pfn);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	after = report_of(_metadata, self, pfn);
	EXPECT_TRUE(before.present & held.present & after.present & PINCHECK_REPORT_PAGE);
	EXPECT_TRUE(before.flags & held.flags & after.flags & PINCHECK_PAGE_DEVICE);
	EXPECT_EQ(pin, held.write_pins);
	EXPECT_EQ(!pin, held.gets);
	EXPECT_EQ(before.pins + pin, held.pins);
	EXPECT_EQ(0, after.write_pins + after.gets);
	EXPECT_LT(before.refcount, held.refcount);
	EXPECT_EQ(before.refcount, after.refcount);
	evidence("pfn=%llx flags=%llx ref_before=%d ref=%d pins=%d ref_after=%d", pfn, held.flags,
		 before.refcount, held.refcount, held.pins, after.refcount);
}

/* A number behind the device's memory has no page, whatever the number wraps to. */
CASE(dax, wrapped_number, .rows = "D18")
{
	const __u64 pfn = stage_pfn(self->memory);

	ASSERT_NE(0, pfn);
	for (int bit = 40; bit < 64; bit++) {
		EXPECT_EQ(0, report_of(_metadata, self, pfn | 1ULL << bit).present) {
			TH_LOG("bit %d", bit);
		}
	}
	evidence("pfn=%llx note=\"with a bit from 40 on it has no page\"", pfn);
}

/* SYNC: the device reads the CPU's write, and the CPU and read() see the device's. */
CASE(dax, device_io, .rows = "B3 B4")
{
	unsigned char byte = 0, seen = 0;

	ASSERT_EQ(0, stage_hold(&self->stage, variant->row, self->memory, self->bytes));
	self->memory[self->bytes - 1] = 8;
	EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold, self->bytes - 1,
				   &byte, 1));
	EXPECT_EQ(8, byte);
	byte = 9;
	EXPECT_EQ(1, pincheck_write(self->stage.session, self->stage.hold.hold, 0, &byte, 1));
	EXPECT_EQ(9, self->memory[0]);
	EXPECT_EQ(1, pread(self->file, &seen, 1, 0));
	EXPECT_EQ(9, seen);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	evidence("bytes=%zu note=\"seen both ways, and in the file\"", self->bytes);
}

TOPIC_NEEDS("pmem");
PINCHECK_TEST_MAIN
