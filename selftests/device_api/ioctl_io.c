// SPDX-License-Identifier: GPL-2.0-only
/*
 * IO, PAGES and REPORT with wrong offsets, buffers and page frame numbers, for each row of
 * hold_rows.h. Invariants: SYNC of transferred bytes; CLEAN: a refused call leaves memory
 * unchanged.
 */
#include "suite.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "stage.h"

FIXTURE(ioctl_io)
{
	struct stage stage;
	/* A copy of the memory before the calls: a refused write must not change it. */
	unsigned char *copy;
	/* The caller's buffer, as long as the memory; a hole follows. */
	unsigned char *buffer;
	bool writes;
};

STAGE_ROWS(ioctl_io)

FOR_EACH_HOLD_ROW(STAGE_VARIANT, ioctl_io)

FIXTURE_SETUP(ioctl_io)
{
	struct stage *stage = &self->stage;

	ASSERT_STAGE_OPEN(stage);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	self->copy = malloc(stage->length);
	memcpy(self->copy, stage->memory, stage->length);
	self->buffer = mmap(NULL, stage->length + stage->page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->buffer);
	munmap(self->buffer + stage->length, stage->page);
	memset(self->buffer, 0xb7, stage->length);
	self->writes = variant->row.flags & PINCHECK_HOLD_WRITE;
}

FIXTURE_TEARDOWN(ioctl_io)
{
	EXPECT_STAGE_CLEAN(&self->stage);
	free(self->copy);
}

static bool memory_unchanged(const FIXTURE_DATA(ioctl_io) *self)
{
	return !memcmp(self->copy, self->stage.memory, self->stage.length);
}

static bool buffer_unchanged(const FIXTURE_DATA(ioctl_io) *self)
{
	for (size_t i = 0; i < self->stage.length; i++)
		if (self->buffer[i] != 0xb7)
			return false;
	return true;
}

static int issue_io(const FIXTURE_DATA(ioctl_io) *self, struct pincheck_io *io)
{
	io->size = sizeof(*io);
	return ioctl(self->stage.session, PINCHECK_IOC_IO, io) < 0 ? -errno : 0;
}

/* Spans that begin and end inside pages, cross one boundary, many, and none. */
static const struct {
	struct {
		int pages, bytes;
	} offset, length;
} spans[] = {
	{ { 0, 0 }, { 0, 1 } }, { { 1, -1 }, { 0, 1 } }, { { 1, -1 }, { 0, 2 } }, { { 0, 1 }, { 1, 0 } },
	{ { 1, -96 }, { 0, 200 } }, { { 0, 0 }, { 8, 0 } }, { { 0, 100 }, { 5, 0 } },
	{ { 8, -1 }, { 0, 1 } }, { { 3, 0 }, { 1, 0 } }, { { 8, 0 }, { 0, 0 } },
};

#define SPAN_BYTES(part)	((part).pages * PAGE_BYTES + (part).bytes)

/* The control: at any offset the device reads the bytes that the CPU wrote. */
CASE(ioctl_io, read_spans, .rows = "B3")
{
	struct stage *stage = &self->stage;

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		size_t offset = SPAN_BYTES(spans[i].offset), length = SPAN_BYTES(spans[i].length);

		memset(self->buffer, 0xb7, stage->length);
		EXPECT_EQ((ssize_t)length, pincheck_read(stage->session, stage->hold.hold, offset,
							 self->buffer, length));
		EXPECT_EQ(0, memcmp(self->buffer, self->copy + offset, length))
			TH_LOG("offset %zu length %zu", offset, length);
		if (length < stage->length) {
			EXPECT_EQ(0xb7, self->buffer[length]) TH_LOG("wrote past the end");
		}
	}
	EXPECT_TRUE(memory_unchanged(self));
	evidence("spans=%zu note=\"read, and the bytes agree\"", ARRAY_SIZE(spans));
}

/*
 * The CPU sees the bytes that the device wrote, and all others are unchanged. A write through a
 * hold without WRITE always answers EPERM and changes nothing.
 */
CASE(ioctl_io, write_spans, .rows = "B4")
{
	struct stage *stage = &self->stage;

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		size_t offset = SPAN_BYTES(spans[i].offset), length = SPAN_BYTES(spans[i].length);
		ssize_t expected = self->writes ? (ssize_t)length : -EPERM;

		memset(self->buffer, 0x40 + i, stage->length);
		EXPECT_EQ(expected, pincheck_write(stage->session, stage->hold.hold, offset,
						   self->buffer, length));
		if (self->writes)
			memset(self->copy + offset, 0x40 + i, length);
		EXPECT_TRUE(memory_unchanged(self)) TH_LOG("offset %zu length %zu", offset, length);
	}
	evidence("spans=%zu outcome=\"%s\"", ARRAY_SIZE(spans),
		 self->writes ? "written, neighbours untouched" : "EPERM, memory unchanged");
}

/* EPERM has priority: no bad buffer or offset changes the answer. */
CASE(ioctl_io, write_permission_first, .rows = "P12")
{
	struct pincheck_io io = { .flags = PINCHECK_IO_WRITE, .hold = self->stage.hold.hold };
	int expected = self->writes ? -EFAULT : -EPERM;

	io.len = 16;
	io.buffer = 0xffff888000000000;
	EXPECT_EQ(expected, issue_io(self, &io));
	EXPECT_TRUE(memory_unchanged(self));
	evidence("buffer=kernel errno=%s", self->writes ? "EFAULT" : "EPERM");
}

/* Ranges that end beyond the hold, or wrap: nothing is transferred, not even the part that fits. */
CASE(ioctl_io, past_the_end, .rows = "P1 P12")
{
	const size_t end = self->stage.length;
	const struct {
		__u64 offset;
		__u64 length;
	} bad[] = {
		{ end, 1 }, { end - 1, 2 }, { 0, end + 1 }, { end + 1, 0 }, { 1ULL << 40, 16 },
		{ ~0ULL, 1 }, { ~0ULL, 2 }, { 1, ~0ULL }, { ~0ULL - 7, 16 }, { 16, ~0ULL - 7 },
		{ 1ULL << 63, 1ULL << 63 }, { 0, 1ULL << 63 }, { 0, ~0ULL },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		struct pincheck_io io = {
			.flags = i & 1 && self->writes ? PINCHECK_IO_WRITE : 0,
			.hold = self->stage.hold.hold, .offset = bad[i / 2].offset,
			.len = bad[i / 2].length, .buffer = (uintptr_t)self->buffer,
		};

		EXPECT_EQ(-EINVAL, issue_io(self, &io))
			TH_LOG("offset %#llx length %#llx", io.offset, io.len);
		EXPECT_TRUE(memory_unchanged(self) && buffer_unchanged(self))
			TH_LOG("offset %#llx length %#llx", io.offset, io.len);
	}
	evidence("spans_out_of_hold=%zu errno=EINVAL", ARRAY_SIZE(bad));
}

/* The buffer is no memory of the caller: the module transfers nothing and answers 0 bytes done. */
CASE(ioctl_io, buffer_bad, .rows = "P3 P12")
{
	const __u64 buffers[] = {
		0, 1, (uintptr_t)self->buffer + self->stage.length, ~0ULL, 0xffff888000000000,
		0xffffffff81000000, 0x8000000000000000, 0x0000800000000000,
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(buffers); i++) {
		struct pincheck_io io = {
			.flags = i & 1 && self->writes ? PINCHECK_IO_WRITE : 0,
			.hold = self->stage.hold.hold, .len = 100, .buffer = buffers[i / 2],
			.done = 77,
		};

		EXPECT_EQ(-EFAULT, issue_io(self, &io)) TH_LOG("buffer %#llx", io.buffer);
		EXPECT_EQ(0, io.done) TH_LOG("buffer %#llx", io.buffer);
		EXPECT_TRUE(memory_unchanged(self)) TH_LOG("buffer %#llx", io.buffer);
	}
	evidence("bad_buffers=%zu errno=EFAULT done=0", ARRAY_SIZE(buffers));
}

/* The buffer ends in a hole after 3 pages: done is exactly the number of bytes transferred. */
CASE(ioctl_io, buffer_ends_in_a_hole, .rows = "P3 P12")
{
	struct stage *stage = &self->stage;
	size_t good = 3 * stage->page;
	unsigned char *at = self->buffer + stage->length - good;
	struct pincheck_io io = {
		.flags = self->writes ? PINCHECK_IO_WRITE : 0, .hold = stage->hold.hold,
		.len = stage->length, .buffer = (uintptr_t)at,
	};

	EXPECT_EQ(-EFAULT, issue_io(self, &io));
	EXPECT_LE(io.done, good);
	EXPECT_LE(good - stage->page, io.done);
	if (self->writes) {
		EXPECT_EQ(0, memcmp(stage->memory + good, self->copy + good, stage->length - good));
	} else {
		EXPECT_EQ(0, memcmp(at, self->copy, io.done));
	}
	evidence("hole_at=%zu errno=EFAULT done=%llu", good, io.done);
}

/* The caller's buffer may be the held memory itself. */
CASE(ioctl_io, buffer_is_the_held_memory, .rows = "P12")
{
	struct stage *stage = &self->stage;

	unsigned char *third = stage->memory + 2 * stage->page;

	EXPECT_EQ((ssize_t)stage->page, pincheck_read(stage->session, stage->hold.hold, 0, third,
						      stage->page));
	EXPECT_EQ(0, memcmp(third, self->copy, stage->page));
	evidence("from_page=0 to_page=2 note=\"read into the same hold, and the bytes agree\"");
}

CASE(ioctl_io, hold_unknown, .rows = "P10")
{
	const __u32 ids[] = { 0, self->stage.hold.hold + 1, 0x80000000, 0xffffffff };
	struct pincheck_page page;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		int session = self->stage.session;

		EXPECT_EQ(-ENOENT, pincheck_read(session, ids[i], 0, self->buffer, 1));
		EXPECT_EQ(-ENOENT, pincheck_write(session, ids[i], 0, self->buffer, 1));
		EXPECT_EQ(-ENOENT, pincheck_pages(session, ids[i], 0, 1, &page));
	}
	EXPECT_TRUE(memory_unchanged(self) && buffer_unchanged(self));
	evidence("unknown_ids=%zu errno=ENOENT", ARRAY_SIZE(ids));
}

/* Another session cannot reach the pages by a guessed id. */
CASE(ioctl_io, hold_of_another_session, .rows = "P10")
{
	__u32 id = self->stage.hold.hold;
	int other = pincheck_open();
	struct pincheck_page page;

	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, pincheck_read(other, id, 0, self->buffer, 1));
	EXPECT_EQ(-ENOENT, pincheck_write(other, id, 0, self->buffer, 1));
	EXPECT_EQ(-ENOENT, pincheck_pages(other, id, 0, 1, &page));
	EXPECT_TRUE(memory_unchanged(self) && buffer_unchanged(self));
	close(other);
	evidence("hold=%u other_session=ENOENT", id);
}

CASE(ioctl_io, hold_released, .rows = "P10 P14")
{
	__u32 id = self->stage.hold.hold;
	int session = self->stage.session;
	struct pincheck_page page;

	ASSERT_EQ(STAGE_PAGES, pincheck_release(session, id));
	EXPECT_EQ(-ENOENT, pincheck_read(session, id, 0, self->buffer, 1));
	EXPECT_EQ(-ENOENT, pincheck_write(session, id, 0, self->buffer, 1));
	EXPECT_EQ(-ENOENT, pincheck_pages(session, id, 0, 1, &page));
	EXPECT_TRUE(memory_unchanged(self) && buffer_unchanged(self));
	evidence("hold=%u after_release=ENOENT", id);
}

/* The control: PAGES answers the PFNs of pagemap, and that they are still mapped. */
CASE(ioctl_io, pages_agree_with_pagemap, .rows = "P13")
{
	struct stage *stage = &self->stage;
	struct pincheck_page pages[STAGE_PAGES];

	ASSERT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES, pages));
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		EXPECT_EQ(stage_pfn(stage->memory + i * stage->page), pages[i].pfn);
		EXPECT_EQ(PINCHECK_MAPPED_SAME, pages[i].mapped);
	}
	/* Any part of the range gets the same part of the answer. */
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		struct pincheck_page one;

		EXPECT_EQ(0, pincheck_pages(stage->session, stage->hold.hold, i, 1, &one));
		EXPECT_EQ(pages[i].pfn, one.pfn);
	}
	evidence("first_pfn=%llx last_pfn=%llx note=\"each is mapped as held\"", pages[0].pfn,
		 pages[STAGE_PAGES - 1].pfn);
}

CASE(ioctl_io, pages_bad_range, .rows = "P1")
{
	static const struct {
		__u64 first;
		__u64 count;
	} bad[] = {
		{ STAGE_PAGES, 1 }, { STAGE_PAGES - 1, 2 }, { 0, STAGE_PAGES + 1 },
		{ STAGE_PAGES + 1, 0 }, { ~0ULL, 1 }, { ~0ULL, 2 }, { 1, ~0ULL }, { 0, ~0ULL },
		{ 1ULL << 63, 1ULL << 63 }, { 0, 1ULL << 60 }, { 1ULL << 60, 1 },
	};
	struct pincheck_page pages[STAGE_PAGES + 1];
	struct pincheck_page preset;

	memset(pages, 0x5c, sizeof(pages));
	memset(&preset, 0x5c, sizeof(preset));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, pincheck_pages(self->stage.session, self->stage.hold.hold,
						  bad[i].first, bad[i].count, pages))
			TH_LOG("first %#llx count %#llx", bad[i].first, bad[i].count);
		EXPECT_EQ(0, memcmp(pages, &preset, sizeof(preset)));
	}
	evidence("ranges_out_of_hold=%zu errno=EINVAL", ARRAY_SIZE(bad));
}

CASE(ioctl_io, pages_bad_buffer, .rows = "P3")
{
	struct stage *stage = &self->stage;
	const __u64 buffers[] = {
		0, ~0ULL, 0xffff888000000000, (uintptr_t)self->buffer + stage->length,
		(uintptr_t)self->buffer + stage->length - 8,
	};

	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++) {
		EXPECT_EQ(-EFAULT, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES,
						  (void *)(uintptr_t)buffers[i]))
			TH_LOG("buffer %#llx", buffers[i]);
	}
	/* And a read-only one. */
	ASSERT_EQ(0, mprotect(self->buffer, stage->page, PROT_READ));
	EXPECT_EQ(-EFAULT, pincheck_pages(stage->session, stage->hold.hold, 0, STAGE_PAGES,
					  (void *)self->buffer));
	evidence("bad_buffers=%zu errno=EFAULT", ARRAY_SIZE(buffers) + 1);
}

PINCHECK_TEST_MAIN
