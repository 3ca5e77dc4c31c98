// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP, ISOLATION: private mappings of device memory. Where the kernel can copy on write, the
 * process gets a copy and the device's memory is unchanged; where the kernel would hit a BUG, the
 * device refuses.
 */
#include "suite.h"
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include "clock.h"
#include "device_memory.h"
#include "reclaim.h"
#include "stage.h"

FIXTURE(pfnmap_private)
{
	struct stage stage;
	unsigned char *device;	/* shared: the device's own view */
	unsigned char *copy;	/* private */
	size_t bytes, page, written;
};

/* The page that the case writes: PAT tracking looks at the first one only. */
FIXTURE_VARIANT(pfnmap_private)
{
	bool last;
};

FIXTURE_VARIANT_ADD(pfnmap_private, first_page) { .last = false };
FIXTURE_VARIANT_ADD(pfnmap_private, last_page) { .last = true };

FIXTURE_SETUP(pfnmap_private)
{

	self->device = self->copy = MAP_FAILED;
	ASSERT_STAGE_OPEN(&self->stage);
	self->bytes = DEVICE_SMALL_BYTES;
	self->page = self->stage.page;
	self->written = variant->last ? self->bytes - self->page : 0;
	self->device = device_map(self->stage.session, &flavour_fault, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->device) TH_LOG("%s", strerror(errno));
	device_fill(self->device, self->bytes, 1);
	self->copy = device_map(self->stage.session, &flavour_private, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->copy) TH_LOG("%s", strerror(errno));
}

FIXTURE_TEARDOWN(pfnmap_private)
{
	if (self->copy != MAP_FAILED)
		munmap(self->copy, self->bytes);
	if (self->device != MAP_FAILED)
		munmap(self->device, self->bytes);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static uint64_t read_word(const unsigned char *address)
{
	uint64_t word;

	memcpy(&word, address, sizeof(word));
	return word;
}

/* The copy is the process's own; the pages beside it go on showing the device's memory. */
CASE(pfnmap_private, copied_on_write, .rows = "B55")
{
	unsigned char *written = self->copy + self->written;

	memset(written, 0xcc, self->page);
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 1));
	EXPECT_EQ(1, device_differs(self->copy, self->bytes, 1));
	device_fill(self->device, self->bytes, 2);
	EXPECT_EQ(0xccccccccccccccccULL, read_word(written));
	EXPECT_EQ(1, device_differs(self->copy, self->bytes, 2));
	evidence("copied_page=%zu note=\"device memory as it was, the other pages follow it\"",
		 self->written / self->page);
}

/*
 * The copy is an ordinary anonymous page with an unmarked entry. On all kernels GUP-fast, which
 * does not look at mappings, holds the copy, and the slow path refuses the mapping. The held page
 * stays the mapped one (SYNC), and is never the device's.
 */
CASE(pfnmap_private, copy_can_be_pinned, .rows = "B55")
{
	const struct hold_row fast = STAGE_ROW(PIN, FAST, HOLD_RW);
	const struct hold_row slow = STAGE_ROW(PIN, SLOW, HOLD_RW);
	unsigned char *written = self->copy + self->written;
	uint64_t word = 0x77;

	memset(written, 0xcc, self->page);
	EXPECT_EQ(-EFAULT, stage_hold(&self->stage, slow, written, self->page));
	EXPECT_EQ(PINCHECK_REASON_PFNMAP, self->stage.hold.reason);
	ASSERT_EQ(0, stage_hold(&self->stage, fast, written, self->page));
	EXPECT_EQ(8, pincheck_write(self->stage.session, self->stage.hold.hold, 0, &word, 8));
	EXPECT_EQ(0x77, read_word(written));
	EXPECT_EQ(1, device_differs(self->copy, self->bytes, 1));
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 1));
	EXPECT_EQ(1, pincheck_release(self->stage.session, self->stage.hold.hold));
	/* GUP-fast refuses the pages beside the copy. */
	EXPECT_EQ(-EFAULT, stage_hold(&self->stage, fast, self->copy + self->bytes / 2, self->page));
	evidence("copy_fast=given copy_slow=EFAULT not_copied=EFAULT");
}

/* FOLLOW for writing copies the page as a write does, and gives the copy's number. */
CASE(pfnmap_private, followed_for_writing, .rows = "B55")
{
	struct pincheck_follow before = { .addr = (uintptr_t)self->copy + self->written };
	struct pincheck_follow after = before;

	SUITE_NEEDS(NEEDS_PFNMAP);
	ASSERT_EQ(0, pincheck_follow(self->stage.session, &before));
	after.flags = PINCHECK_FOLLOW_WRITE;
	ASSERT_EQ(0, pincheck_follow(self->stage.session, &after));
	EXPECT_NE(before.pfn, after.pfn);
	EXPECT_EQ(before.value, after.value);
	EXPECT_EQ(PINCHECK_FOLLOWED_SPECIAL, before.told & PINCHECK_FOLLOWED_SPECIAL);
	EXPECT_EQ(0, after.told & PINCHECK_FOLLOWED_SPECIAL);
	/* Row D2: the copy is memory of the process, not of the device. */
	EXPECT_EQ(PINCHECK_FOLLOWED_OURS, before.told & PINCHECK_FOLLOWED_OURS);
	EXPECT_EQ(0, after.told & PINCHECK_FOLLOWED_OURS);
	EXPECT_EQ(0, device_differs(self->copy, self->bytes, 1));
	evidence("pfn=%llx special=1 pfn_for_writing=%llx special_for_writing=0", before.pfn,
		 after.pfn);
}

/* Reclaim does not look at a page that waits in an LRU batch. */
static int reclaim_once(struct reclaim *reclaim)
{
	int error = usermem_drain_lru();

	return error ? error : reclaim_all(reclaim);
}

/* Is the page with this number free, or no memory of a process? Return: 1, 0 or -errno */
static int page_is_gone(FIXTURE_DATA(pfnmap_private) *self, __u64 pfn)
{
	struct pincheck_report report;
	int error = pincheck_report(self->stage.session, &pfn, 1, &report);

	return error ? error : !report.refcount || !(report.flags & PINCHECK_PAGE_ANON);
}

/* Another process may have got the page at once: so FOLLOW, which faults the copy in, asks, too. */
#define ROUNDS_BEFORE_FOLLOW	32

static int copy_came_back(FIXTURE_DATA(pfnmap_private) *self, const struct pincheck_follow *before)
{
	struct pincheck_follow now = { .addr = before->addr };
	int error = pincheck_follow(self->stage.session, &now);

	return error ? error : now.pfn != before->pfn;
}

/*
 * Reclaims until the copy has left memory: the swap device must have written it first, which takes
 * a while on a busy machine. No file of /proc shows pages of such a mapping. Return: 0 or -errno.
 */
static int reclaim_copy(FIXTURE_DATA(pfnmap_private) *self, const void *copy,
			struct reclaim *reclaim)
{
	struct pincheck_follow follow = { .addr = (uintptr_t)copy };
	int error = pincheck_follow(self->stage.session, &follow), gone = 0;
	unsigned int round = 0;

	while (!error && !gone && suite_has_time() && moment_goes_on(INT64_MAX)) {
		error = reclaim_once(reclaim);
		if (!error)
			gone = page_is_gone(self, follow.pfn);
		if (!error && !gone && ++round % ROUNDS_BEFORE_FOLLOW == 0)
			gone = copy_came_back(self, &follow);
	}
	return error ? error : gone < 0 ? gone : gone ? 0 : -EBUSY;
}

/* Writes the copy, swaps it out, reads it: now it is clean, writable, and in the swap cache. */
static int swap_copy(FIXTURE_DATA(pfnmap_private) *self, unsigned char *copy,
		     struct reclaim *reclaim)
{
	int error;

	memset(copy, 0xcc, self->page);
	error = reclaim_copy(self, copy, reclaim);
	if (!error && read_word(copy) != 0xccccccccccccccccULL)
		error = -EBADMSG;
	return error;
}

/*
 * FILE, ISOLATION. A device write to the copy, which is ordinary anonymous memory, survives
 * reclaim, because the page is marked dirty before the write returns. Reclaim drops a clean page
 * from the swap cache, and swap has older bytes.
 */
CASE(pfnmap_private, device_write_survives_reclaim, .rows = "D2")
{
	unsigned char *written = self->copy + self->written;
	struct pincheck_follow follow = {
		.flags = PINCHECK_FOLLOW_KEEP | PINCHECK_FOLLOW_WRITE,
		.addr = (uintptr_t)written, .len = self->page,
	};
	uint64_t word = 0x77;
	struct reclaim reclaim;

	SUITE_NEEDS(NEEDS_PFNMAP | NEEDS_SWAP_ASYNC | NEEDS_RECLAIM);
	ASSERT_DONE(swap_async_on());
	ASSERT_DONE(reclaim_begin(&reclaim));
	ASSERT_DONE(swap_copy(self, written, &reclaim));
	ASSERT_EQ(0, pincheck_follow(self->stage.session, &follow));
	ASSERT_EQ(8, pincheck_write(self->stage.session, follow.hold, 0, &word, 8));
	ASSERT_DONE(reclaim_copy(self, written, &reclaim));
	EXPECT_EQ(0x77, read_word(written));
	EXPECT_EQ(-ESTALE, pincheck_read(self->stage.session, follow.hold, 0, &word, 8));
	EXPECT_LE(0, pincheck_release(self->stage.session, follow.hold));
	reclaim_end(&reclaim);
	evidence("pfn=%llx word=%#llx note=\"copied, swapped in clean, written by the device, reclaimed\"",
		 follow.pfn, (unsigned long long)read_word(written));
}

/* A device write whose bytes cannot be read has written nothing. */
CASE(pfnmap_private, nothing_could_be_written, .rows = "D13")
{
	struct pincheck_follow follow = {
		.flags = PINCHECK_FOLLOW_KEEP | PINCHECK_FOLLOW_WRITE,
		.addr = (uintptr_t)self->copy + self->written, .len = self->page,
	};
	struct pincheck_report before, after;

	SUITE_NEEDS(NEEDS_PFNMAP);
	ASSERT_EQ(0, pincheck_follow(self->stage.session, &follow));
	EXPECT_EQ(-EFAULT, pincheck_write(self->stage.session, follow.hold, 0, (void *)8, 8));
	ASSERT_EQ(0, pincheck_report(self->stage.session, &follow.pfn, 1, &before));
	EXPECT_EQ(1, pincheck_write(self->stage.session, follow.hold, 0, "x", 1));
	ASSERT_EQ(0, pincheck_report(self->stage.session, &follow.pfn, 1, &after));
	EXPECT_EQ(0, before.flags & PINCHECK_PAGE_DIRTY);
	EXPECT_EQ(PINCHECK_PAGE_DIRTY, after.flags & PINCHECK_PAGE_DIRTY);
	EXPECT_LE(0, pincheck_release(self->stage.session, follow.hold));
	evidence("dirty_by_bad_address=%d dirty_by_byte=%d", !!(before.flags & PINCHECK_PAGE_DIRTY),
		 !!(after.flags & PINCHECK_PAGE_DIRTY));
}

/*
 * 04c35ab3bdae: munmap() of a mapping whose first page was copied, in parts and whole, must still
 * find what PAT tracks. A warning of the kernel turns the run red.
 */
CASE(pfnmap_private, unmapped_after_copy, .rows = "R11")
{
	unsigned char *again;

	memset(self->copy + self->written, 0xcc, self->page);
	ASSERT_EQ(0, munmap(self->copy, self->bytes));
	again = device_map(self->stage.session, &flavour_private, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)again);
	EXPECT_EQ(0, device_differs(again, self->bytes, 1));
	memset(again + self->written, 0xcc, self->page);
	ASSERT_EQ(0, munmap(again + self->bytes / 2, self->page));
	ASSERT_EQ(0, munmap(again, self->bytes / 2));
	EXPECT_EQ(self->written ? 1 : 0,
		  device_differs(again + self->bytes - 4 * self->page, 4 * self->page, 1) -
		  (self->written ? 3 : 4));
	ASSERT_EQ(0, munmap(again + self->bytes / 2 + self->page,
			    self->bytes / 2 - self->page));
	self->copy = MAP_FAILED;
	evidence("note=\"copied, unmapped whole; copied, unmapped in three parts\"");
}

static void verdict_forked(int error, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (error)
		verdict_broken(verdict, "fork fails", 0);
	verdict_note(verdict, "fork=\"%s\"", strerror(-error));
}

/*
 * Fork must work, and parent and child share the copy by COW until the next write. On old kernels
 * PAT tracking looks for the mapping's start in the page table, where it is gone.
 */
CASE(pfnmap_private, forked_after_copy, .rows = "R11")
{
	struct toucher child;
	uint64_t word = 0;
	int error;

	memset(self->copy + self->written, 0xcc, self->page);
	error = toucher_start(&child, self->copy + self->written);
	EXPECT_VERDICT(verdict_forked, error);
	if (error)
		return;
	EXPECT_EQ(0, toucher_reads(&child, &word));
	EXPECT_EQ(0xccccccccccccccccULL, word);
	memset(self->copy + self->written, 0xdd, self->page);
	EXPECT_EQ(0, toucher_reads(&child, &word));
	EXPECT_EQ(0xccccccccccccccccULL, word);
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 1));
	EXPECT_EQ(0, toucher_end(&child));
	evidence("copied_page=%zu note=\"forked, and ISOLATION is kept\"",
		 self->written / self->page);
}

/* Where faults insert the pages, mmap() and mprotect() refuse writable private mappings. */
CASE(pfnmap_private, writable_refused, .rows = "B55")
{
	static const struct {
		const struct flavour *flavour;
		const char *name;
	} rows[] = { { &flavour_fault, "fault" }, { &flavour_huge, "huge" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct flavour flavour = *rows[i].flavour;
		unsigned char *memory;
		uint64_t word;

		flavour.map = MAP_PRIVATE;
		memory = device_map(self->stage.session, &flavour, PROT_READ | PROT_WRITE);
		EXPECT_EQ(MAP_FAILED, (void *)memory) TH_LOG("%s", rows[i].name);
		EXPECT_TRUE(errno == EINVAL || (flavour.huge && errno == EOPNOTSUPP))
			TH_LOG("%s", strerror(errno));
		memory = device_map(self->stage.session, &flavour, PROT_READ);
		if (flavour.huge && memory == MAP_FAILED && errno == EOPNOTSUPP)
			continue;
		ASSERT_NE(MAP_FAILED, (void *)memory) TH_LOG("%s", rows[i].name);
		EXPECT_EQ(-1, mprotect(memory, flavour.bytes, PROT_READ | PROT_WRITE));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(0, touch_read(memory, &word));
		EXPECT_EQ(device_word(1, 0), word);
		EXPECT_EQ(SIGSEGV, touch_write(memory, 0));
		EXPECT_EQ(0, device_differs(self->device, self->bytes, 1));
		munmap(memory, flavour.bytes);
	}
	evidence("mapping=private writable=EINVAL read_only_mprotect=EACCES");
}

/* mmap() accepts only a part of the memory, at an offset of a flavour. */
CASE(pfnmap_private, bad_offsets, .rows = "P1 P32")
{
	const size_t page = self->page;
	const struct {
		unsigned long offset;
		size_t bytes;
		int error;
	} bad[] = {
		{ PINCHECK_MMAP_FAULT, PINCHECK_DEVICE_BYTES + page, EINVAL },
		{ PINCHECK_MMAP_FAULT + PINCHECK_DEVICE_BYTES, page, EINVAL },
		{ PINCHECK_MMAP_FAULT + PINCHECK_DEVICE_BYTES - page, 2 * page, EINVAL },
		{ PINCHECK_MMAP_REMAP + PINCHECK_DEVICE_BYTES, page, EINVAL },
		{ PINCHECK_MMAP_REMAP + PINCHECK_MMAP_HUGE, page, EINVAL },
		{ 1UL << 40, page, EINVAL },
		{ (1UL << 63) - page, page, EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, bad[i].bytes, PROT_READ, MAP_SHARED,
					   self->stage.session, bad[i].offset)) TH_LOG("%zu", i);
		EXPECT_EQ(bad[i].error, errno) TH_LOG("%zu: %s", i, strerror(errno));
	}
	/* All flavours map the same page from within the memory. */
	for (size_t i = 0; i < 3; i++) {
		unsigned char *memory = mmap(NULL, self->page, PROT_READ, MAP_SHARED,
					     self->stage.session,
					     (i << 30) + DEVICE_SMALL_BYTES - self->page);

		if (memory == MAP_FAILED && errno == EOPNOTSUPP)
			continue;
		ASSERT_NE(MAP_FAILED, (void *)memory);
		EXPECT_EQ(device_word(1, DEVICE_SMALL_BYTES - self->page), read_word(memory));
		munmap(memory, self->page);
	}
	evidence("refused=%zu note=\"bad offsets and lengths\"", ARRAY_SIZE(bad));
}

PINCHECK_TEST_MAIN
