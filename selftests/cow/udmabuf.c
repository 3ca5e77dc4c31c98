// SPDX-License-Identifier: GPL-2.0-only
/*
 * udmabuf: another driver than ours holds pages of a memfd file and gives them to devices, as a DMA
 * buffer. The buffer and the file must go on having the same pages. The driver demands the seal
 * F_SEAL_SHRINK, so that nobody truncates the file, but the seal does not forbid holes (R72).
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hugetlb_pool.h"
#include "stage.h"
#include "udmabuf.h"

#define BUFFER_PAGES	2
#define BY_FILE		0x42
#define BY_BUFFER	0x43

FIXTURE(udmabuf)
{
	struct stage stage;
	size_t page;	/* bytes of a page of the file */
	size_t bytes;
	int file, buffer;
	/* The same pages, as they should be: of the file, and of the buffer, where a device has them. */
	volatile unsigned char *by_file, *by_buffer;
};

FIXTURE_VARIANT(udmabuf)
{
	requirement_set needs;
	bool huge;
};

FIXTURE_VARIANT_ADD(udmabuf, memfd) { .needs = NEEDS_UDMABUF | NEEDS_SHMEM };
FIXTURE_VARIANT_ADD(udmabuf, hugetlb)
{
	.needs = NEEDS_UDMABUF | NEEDS_HUGETLB | NEEDS_MEMFD, .huge = true,
};

SUITE_FACTS(udmabuf)
{
	facts->memory = variant->huge ? "hugetlb" : "memfd";
	facts->hold = "udmabuf";
}

static int map_both(FIXTURE_DATA(udmabuf) *self)
{
	self->by_file = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	self->by_buffer = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->buffer,
			       0);
	return self->by_file == MAP_FAILED || self->by_buffer == MAP_FAILED ? -errno : 0;
}

FIXTURE_SETUP(udmabuf)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
	SUITE_NEEDS(variant->needs);
	self->page = variant->huge ? PMD_BYTES : PAGE_BYTES;
	self->bytes = BUFFER_PAGES * self->page;
	self->file = hugetlb_pool_memfd("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING |
					(variant->huge ? MFD_HUGETLB : 0));
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, self->bytes));
	/* No holes: where no page is reserved, 6.12 with CONFIG_DEBUG_VM has a BUG for a hole (R85). */
	if (variant->huge)
		ASSERT_EQ(0, fallocate(self->file, 0, 0, self->bytes));
	ASSERT_EQ(0, fcntl(self->file, F_ADD_SEALS, F_SEAL_SHRINK));
	self->buffer = udmabuf_create(self->file, 0, self->bytes);
	ASSERT_LE(0, self->buffer) TH_LOG("/dev/udmabuf: %s", strerror(-self->buffer));
	ASSERT_DONE(map_both(self));
}

FIXTURE_TEARDOWN(udmabuf)
{
	if (self->by_file && self->by_file != MAP_FAILED)
		munmap((void *)self->by_file, self->bytes);
	if (self->by_buffer && self->by_buffer != MAP_FAILED)
		munmap((void *)self->by_buffer, self->bytes);
	if (self->buffer > 0)
		close(self->buffer);
	if (self->file > 0)
		close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* SYNC: both sides see, in page @page, what the other side writes. */
static void verdict_buffer(FIXTURE_DATA(udmabuf) *self, size_t page, struct verdict *verdict)
{
	volatile unsigned char *file = self->by_file + page * self->page;
	volatile unsigned char *buffer = self->by_buffer + page * self->page;
	unsigned char seen_by_buffer, seen_by_file;

	verdict_start(verdict, "SYNC");
	*file = BY_FILE;
	seen_by_buffer = *buffer;
	*buffer = BY_BUFFER;
	seen_by_file = *file;
	if (seen_by_buffer != BY_FILE)
		verdict_broken(verdict, "the buffer does not have what was written to the file", page);
	if (seen_by_file != BY_BUFFER)
		verdict_broken(verdict, "the file does not have what was written to the buffer", page);
	verdict_note(verdict, "page=%zu buffer_has=%#x file_has=%#x", page, seen_by_buffer,
		     seen_by_file);
}

#define EXPECT_BUFFER_IN_SYNC(self, page)	EXPECT_VERDICT(verdict_buffer, self, page)

/* SYNC, ACCURACY. The control: nothing happens. The driver has a reference or a pin to each page. */
CASE(udmabuf, both_ways, .rows = "R72")
{
	struct pincheck_report report;

	for (size_t page = 0; page < BUFFER_PAGES; page++)
		EXPECT_BUFFER_IN_SYNC(self, page);
	ASSERT_DONE(stage_report(&self->stage, (const void *)self->by_file, &report));
	evidence("ref=%d map=%d pins=%d in_the_way=%d", report.refcount, report.page_mapcount,
		 report.pins, !!(report.flags & PINCHECK_PAGE_MOVABLE_ZONE));
	/* The page cache, the mapping, and the driver; a mapping of the buffer may or may not count. */
	EXPECT_LE(3, report.refcount);
}

/* SYNC, R72. A hole removes a page from the file, and the next touch of the file gets another page. */
CASE(udmabuf, hole_punched, .rows = "R72", .event = "punch_hole")
{
	int outcome = fallocate(self->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				self->page, self->page) ? -errno : 0;

	evidence("outcome=\"%s\"", outcome ? strerror(-outcome) : "punched");
	EXPECT_BUFFER_IN_SYNC(self, 1);
	EXPECT_BUFFER_IN_SYNC(self, 0);
}

/* The seal that the driver asks for does its work: the file cannot be truncated. */
CASE(udmabuf, truncated, .rows = "R72", .event = "truncate")
{
	EXPECT_EQ(-1, ftruncate(self->file, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_BUFFER_IN_SYNC(self, 1);
	evidence("truncate=EPERM");
}

/*
 * ISOLATION. A process that seals a file against writes relies on the bytes of the file. As long as a
 * device may write by the buffer, the seal must be refused.
 */
CASE(udmabuf, sealed, .rows = "R72", .event = "seal")
{
	int outcome;

	ASSERT_EQ(0, munmap((void *)self->by_file, self->bytes));
	self->by_file = NULL;
	outcome = fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE) ? -errno : 0;
	evidence("outcome=\"%s\"", outcome ? strerror(-outcome) : "sealed");
	EXPECT_EQ(-EBUSY, outcome);
}

/* SYNC, CLEAN. The buffer outlives file descriptor and mapping. */
CASE(udmabuf, file_closed, .rows = "R72", .event = "close")
{
	*self->by_file = BY_FILE;
	ASSERT_EQ(0, munmap((void *)self->by_file, self->bytes));
	self->by_file = NULL;
	ASSERT_EQ(0, close(self->file));
	self->file = 0;
	EXPECT_EQ(BY_FILE, *self->by_buffer);
	*self->by_buffer = BY_BUFFER;
	EXPECT_EQ(BY_BUFFER, *self->by_buffer);
	evidence("buffer_has=%#x", *self->by_buffer);
}

PINCHECK_TEST_MAIN
