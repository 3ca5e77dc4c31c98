// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a DAX file system: pages of ZONE_DEVICE, which are not online memory, and which a
 * device holds as any other, but not for long: the blocks of the file are the pages, and truncation
 * waits until nobody holds them. ACCURACY: the report says that the page is of ZONE_DEVICE; SYNC
 * between process and device; WHITELIST: a long-term pin is refused. One variant a kind of hold.
 */
#include "suite.h"
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "stage.h"
#include "waiter.h"

#define PAGES		4
#define STILL_WAITS_MS	50
#define ENDS_WITHIN_MS	2000

FIXTURE(dax)
{
	struct stage stage;
	int file;
	unsigned char *memory;
	size_t bytes;
	pid_t waiter;
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
	waiter_end(&self->waiter);
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

static const struct hold_row longterm_rows[] = {
	STAGE_ROW(PIN, FAST, HOLD_LT),
	STAGE_ROW(PIN, SLOW, HOLD_LT),
	STAGE_ROW(PIN, FAST, HOLD_RW | HOLD_LT),
	STAGE_ROW(PIN, SLOW, HOLD_RW | HOLD_LT),
};

/* EOPNOTSUPP because of the file (check_vma_flags(), check_dax_vmas()), and no reference stays. */
static void expect_longterm_refused(struct __test_metadata *_metadata, FIXTURE_DATA(dax) *self,
				    __u64 pfn)
{
	const int references = report_of(_metadata, self, pfn).refcount;

	for (size_t i = 0; i < ARRAY_SIZE(longterm_rows); i++) {
		int error = stage_hold(&self->stage, longterm_rows[i], self->memory, self->bytes);

		evidence("flags=%x path=%s outcome=\"%s\" reason=%s", longterm_rows[i].flags,
			 pincheck_path_name(longterm_rows[i].path), strerror(-error),
			 pincheck_reason_name(self->stage.hold.reason));
		EXPECT_EQ(-EOPNOTSUPP, error);
		EXPECT_EQ(PINCHECK_REASON_FILE, self->stage.hold.reason);
		if (!error)
			EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	}
	EXPECT_EQ(references, report_of(_metadata, self, pfn).refcount);
}

/* WHITELIST: nobody may hold the page for as long as they like, beside another hold neither. */
CASE(dax, longterm_refused, .rows = "B5 B57")
{
	const __u64 pfn = stage_pfn(self->memory);
	__u32 beside;

	ASSERT_NE(0, pfn);
	expect_longterm_refused(_metadata, self, pfn);
	ASSERT_EQ(0, stage_hold(&self->stage, variant->row, self->memory, self->bytes));
	beside = self->stage.hold.hold;
	expect_longterm_refused(_metadata, self, pfn);
	EXPECT_LE(0, pincheck_release(self->stage.session, beside));
}

/* WHITELIST: a registered buffer is a long-term pin that another driver takes. */
CASE(dax, uring_refused, .rows = "B5 B57")
{
	struct iovec buffer = { self->memory, self->bytes };
	struct io_uring ring;
	int error;

	SUITE_NEEDS(NEEDS_URING);
	ASSERT_EQ(0, stage_hold(&self->stage, variant->row, self->memory, self->bytes));
	ASSERT_EQ(0, io_uring_queue_init(2, &ring, 0));
	error = io_uring_register_buffers(&ring, &buffer, 1);
	evidence("outcome=\"%s\"", strerror(-error));
	EXPECT_EQ(-EOPNOTSUPP, error);
	io_uring_queue_exit(&ring);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
}

static int truncate_file(void *argument)
{
	FIXTURE_DATA(dax) *self = argument;

	return ftruncate(self->file, 0) ? -errno : 0;
}

static int punch_hole(void *argument)
{
	FIXTURE_DATA(dax) *self = argument;

	return fallocate(self->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, self->bytes) ?
	       -errno : 0;
}

static bool waiter_ends(pid_t waiter, int milliseconds)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, waiter, 0), .events = POLLIN };
	bool ended = poll(&end, 1, milliseconds) == 1;

	close(end.fd);
	return ended;
}

/* Does the waiter sleep in its call? The state comes behind the name in parentheses: "7 (dax) S 1". */
static bool waiter_sleeps(pid_t waiter)
{
	char path[64], text[256] = "", *state;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/stat", waiter);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || read(file, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(file);
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

/* Return: the waiter came to sleep, and did not wake up */
static bool waiter_waits(pid_t waiter)
{
	int64_t end = nanoseconds() + ENDS_WITHIN_MS * 1000000LL;

	while (!waiter_sleeps(waiter) && !waiter_ends(waiter, 1))
		if (nanoseconds() > end)
			return false;
	return !waiter_ends(waiter, STILL_WAITS_MS) && waiter_sleeps(waiter);
}

/* SYNC while a process waits to take the blocks away: the page is mapped again when touched. */
static void expect_sync(struct __test_metadata *_metadata, FIXTURE_DATA(dax) *self, __u64 pfn)
{
	unsigned char byte = 10;

	self->memory[1] = 11;
	EXPECT_EQ(pfn, stage_pfn(self->memory));
	EXPECT_EQ(1, pincheck_write(self->stage.session, self->stage.hold.hold, 0, &byte, 1));
	EXPECT_EQ(10, self->memory[0]);
	EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold, 1, &byte, 1));
	EXPECT_EQ(11, byte);
}

/* The hold begins, and a process starts to take the page's block away, and waits. */
static void begin_to_wait(struct __test_metadata *_metadata, FIXTURE_DATA(dax) *self,
			  const struct hold_row *row, int (*take_blocks)(void *argument))
{
	const __u64 pfn = stage_pfn(self->memory);
	struct stat file;
	bool waits;

	ASSERT_NE(0, pfn);
	ASSERT_EQ(0, stage_hold(&self->stage, *row, self->memory, self->bytes));
	self->waiter = waiter_start(take_blocks, self);
	ASSERT_LT(0, self->waiter);
	waits = waiter_waits(self->waiter);
	EXPECT_TRUE(waits);
	ASSERT_EQ(0, fstat(self->file, &file));
	evidence("pfn=%llx waits=%d blocks=%ld", pfn, waits, (long)file.st_blocks);
	EXPECT_LT(0, file.st_blocks);
}

/* SYNC: the wait ends with the hold, and the file's blocks are taken away. */
static void verdict_wait_ends(FIXTURE_DATA(dax) *self, struct verdict *verdict)
{
	bool ended = waiter_ends(self->waiter, ENDS_WITHIN_MS);
	struct stat file = { 0 };

	verdict_start(verdict, "SYNC");
	if (fstat(self->file, &file))
		return verdict_failed(verdict, "cannot look at the file", -errno);
	if (!ended)
		verdict_broken(verdict, "the wait does not end with the hold", 0);
	else if (file.st_blocks)
		verdict_broken(verdict, "the file has the blocks still", 0);
	verdict_note(verdict, "ended=%d blocks=%ld", ended, (long)file.st_blocks);
}

static void end_wait(struct __test_metadata *_metadata, FIXTURE_DATA(dax) *self)
{
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	EXPECT_VERDICT(verdict_wait_ends, self);
}

/* SYNC: the block is not given to another file while a device writes to it. */
CASE(dax, truncation_waits, .rows = "B57")
{
	begin_to_wait(_metadata, self, &variant->row, truncate_file);
	end_wait(_metadata, self);
}

CASE(dax, hole_waits, .rows = "B57")
{
	begin_to_wait(_metadata, self, &variant->row, punch_hole);
	end_wait(_metadata, self);
}

/*
 * SYNC. The process touches its memory meanwhile: the page is mapped again, and process and device
 * still share it. That must not make the wait longer than the hold.
 */
CASE(dax, mapped_meanwhile, .rows = "B57 R81")
{
	const __u64 pfn = stage_pfn(self->memory);

	begin_to_wait(_metadata, self, &variant->row, truncate_file);
	expect_sync(_metadata, self, pfn);
	end_wait(_metadata, self);
}

/* The control: nothing is held, and truncation takes the blocks at once. */
CASE(dax, truncation_goes_on, .rows = "B57")
{
	struct stat file;

	ASSERT_EQ(0, stage_hold(&self->stage, variant->row, self->memory, self->bytes));
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	self->waiter = waiter_start(truncate_file, self);
	ASSERT_LT(0, self->waiter);
	EXPECT_TRUE(waiter_ends(self->waiter, ENDS_WITHIN_MS));
	ASSERT_EQ(0, fstat(self->file, &file));
	EXPECT_EQ(0, file.st_blocks);
	evidence("blocks=%ld", (long)file.st_blocks);
}

TOPIC_NEEDS("pmem");
PINCHECK_TEST_MAIN
