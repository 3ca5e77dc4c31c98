// SPDX-License-Identifier: GPL-2.0-only
/*
 * HOLD of kind mirror, and EVENTS, with wrong arguments: the module answers a clear errno, the
 * reason and the address, and keeps nothing; and what EVENTS promises about order and loss.
 * Invariant: CLEAN.
 */
#include "suite.h"
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "capability.h"
#include "file.h"
#include "stage.h"

#define ROUNDS		300	/* of invalidations: more than a hold remembers */
#define REMEMBERED	256

static const struct hold_row read_row = STAGE_ROW(MIRROR, UNKNOWN, 0);
static const struct hold_row write_row = STAGE_ROW(MIRROR, UNKNOWN, HOLD_RW);

FIXTURE(ioctl_mirror)
{
	struct stage stage;
	struct pincheck_event events[ROUNDS];
};

FIXTURE_SETUP(ioctl_mirror)
{

	SUITE_NEEDS(NEEDS_MIRROR);
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(ioctl_mirror)

/* A good request, which cases then spoil. */
static struct pincheck_hold good_request(const struct stage *stage)
{
	return (struct pincheck_hold) {
		.kind = PINCHECK_KIND_MIRROR, .flags = PINCHECK_HOLD_WRITE,
		.addr = (uintptr_t)stage->memory, .len = stage->length,
	};
}

/* The control. A mirror counts as a hold, and has no reference. */
CASE(ioctl_mirror, good_argument, .rows = "P1 P29")
{
	struct pincheck_hold request = good_request(&self->stage);
	struct pincheck_info info;

	ASSERT_EQ(0, pincheck_hold(self->stage.session, &request));
	EXPECT_EQ(STAGE_PAGES, request.pages);
	EXPECT_EQ(0, request.fast_pages + request.slow_pages);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(1, info.session_holds);
	EXPECT_EQ(0, info.session_pages);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, request.hold));
	evidence("pages=%llu references=%llu", request.pages, info.session_pages);
}

CASE(ioctl_mirror, malformed, .rows = "P1")
{
	const struct {
		const char *what;
		size_t offset;
		__u32 value;
	} spoilt[] = {
		{ "path fast", offsetof(struct pincheck_hold, path), PINCHECK_PATH_FAST },
		{ "path slow", offsetof(struct pincheck_hold, path), PINCHECK_PATH_SLOW },
		{ "a file", offsetof(struct pincheck_hold, fd), 3 },
		{ "an offset", offsetof(struct pincheck_hold, offset), 4096 },
		{ "a negative pid", offsetof(struct pincheck_hold, pid), (__u32)-1 },
		{ "length 0", offsetof(struct pincheck_hold, len), 0 },
		{ "long-term", offsetof(struct pincheck_hold, flags), PINCHECK_HOLD_LONGTERM },
		{ "force", offsetof(struct pincheck_hold, flags), PINCHECK_HOLD_FORCE },
		{ "whitelist", offsetof(struct pincheck_hold, flags), PINCHECK_HOLD_WHITELIST },
		{ "late without write", offsetof(struct pincheck_hold, flags),
		  PINCHECK_HOLD_DIRTY_LATE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		struct pincheck_hold request = good_request(&self->stage);

		memcpy((char *)&request + spoilt[i].offset, &spoilt[i].value, sizeof(__u32));
		EXPECT_EQ(-EINVAL, pincheck_hold(self->stage.session, &request)) {
			TH_LOG("%s", spoilt[i].what);
		}
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, request.reason) TH_LOG("%s", spoilt[i].what);
	}
	evidence("requests=%zu errno=EINVAL", ARRAY_SIZE(spoilt));
}

/* DIRTY_LATE can crash a kernel: it needs CAP_SYS_ADMIN, and exists for mirrors only. */
CASE(ioctl_mirror, late_needs_sys_admin, .rows = "P1 P5")
{
	struct hold_row row = write_row;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	row.flags |= PINCHECK_HOLD_DIRTY_LATE;
	EXPECT_EQ(0, stage_hold_all(&self->stage, row));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(self->stage.session, self->stage.hold.hold));
	row.kind = PINCHECK_KIND_PIN;
	row.path = PINCHECK_PATH_FAST;
	EXPECT_EQ(-EINVAL, stage_hold_all(&self->stage, row));
	row = write_row;
	row.flags |= PINCHECK_HOLD_DIRTY_LATE;
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, stage_hold_all(&self->stage, row));
	EXPECT_EQ(PINCHECK_REASON_CAPABILITY, self->stage.hold.reason);
	EXPECT_EQ(0, stage_hold_all(&self->stage, write_row));
	evidence("late=held late_pin=EINVAL without_cap_sys_admin=EPERM");
}

/* All or nothing: the answer names the first page that cannot be mirrored. */
static void stops_at(struct __test_metadata *_metadata, struct stage *stage, size_t page,
		     __u32 reason)
{
	__u64 fails = (uintptr_t)stage->memory + page * stage->page;
	struct pincheck_info info;

	EXPECT_EQ(-EFAULT, stage_hold_all(stage, write_row));
	EXPECT_EQ(reason, stage->hold.reason);
	EXPECT_EQ(fails, stage->hold.fail_addr);
	EXPECT_EQ(page, stage->hold.pages);
	ASSERT_EQ(0, pincheck_info(stage->session, &info));
	EXPECT_EQ(0, info.session_holds);
	evidence("errno=EFAULT reason=%s pages=%llu", pincheck_reason_name(stage->hold.reason),
		 stage->hold.pages);
}

CASE(ioctl_mirror, hole, .rows = "P7")
{
	munmap(self->stage.memory + 5 * self->stage.page, self->stage.page);
	stops_at(_metadata, &self->stage, 5, PINCHECK_REASON_UNMAPPED);
}

CASE(ioctl_mirror, readonly, .rows = "B37")
{
	mprotect(self->stage.memory + 3 * self->stage.page, self->stage.page, PROT_READ);
	stops_at(_metadata, &self->stage, 3, PINCHECK_REASON_ACCESS);
	EXPECT_EQ(0, stage_hold_all(&self->stage, read_row));
}

CASE(ioctl_mirror, no_access, .rows = "P7")
{
	mprotect(self->stage.memory, self->stage.page, PROT_NONE);
	stops_at(_metadata, &self->stage, 0, PINCHECK_REASON_ACCESS);
	EXPECT_EQ(-EFAULT, stage_hold_all(&self->stage, read_row));
}

/* HMM would give secret memory, and reading it would be a fault in the kernel (R56). */
CASE(ioctl_mirror, secret, .rows = "R56")
{
	int file;

	SUITE_NEEDS(NEEDS_SECRETMEM);
	file = file_open(&file_secretmem);
	ASSERT_LE(0, file);
	ASSERT_NE(MAP_FAILED, mmap(self->stage.memory + self->stage.page, self->stage.page,
				   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0));
	self->stage.memory[self->stage.page] = 1;
	stops_at(_metadata, &self->stage, 1, PINCHECK_REASON_FILE);
}

/* Secret memory that is mapped later, in the range of a mirror. */
CASE(ioctl_mirror, secret_later, .rows = "R56")
{
	unsigned char byte;
	int file;

	SUITE_NEEDS(NEEDS_SECRETMEM);
	file = file_open(&file_secretmem);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, stage_hold_all(&self->stage, write_row));
	ASSERT_NE(MAP_FAILED, mmap(self->stage.memory, self->stage.page, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, file, 0));
	self->stage.memory[0] = 1;
	EXPECT_EQ(-EFAULT, pincheck_read(self->stage.session, self->stage.hold.hold, 0, &byte, 1));
	EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold, self->stage.page,
				   &byte, 1));
	evidence("mapped_below=EFAULT note=\"its neighbour is read\"");
}

CASE(ioctl_mirror, released_whole_only, .rows = "P14")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, write_row));
	EXPECT_EQ(-EINVAL, pincheck_release_part(stage->session, stage->hold.hold, 0, 0, 1));
	EXPECT_EQ(-EINVAL, pincheck_release_flags(stage->session, stage->hold.hold,
						  PINCHECK_RELEASE_DIRTY_UNLOCKED));
	EXPECT_EQ(STAGE_PAGES, pincheck_release_flags(stage->session, stage->hold.hold,
						      PINCHECK_RELEASE_DIRTY));
	evidence("part=EINVAL unlocked=EINVAL pages=%d", STAGE_PAGES);
}

static int request_mirror(FIXTURE_DATA(ioctl_mirror) *self, __u64 room, __u32 event_size,
	       struct pincheck_events *request)
{
	*request = (struct pincheck_events) {
		.size = sizeof(*request), .hold = self->stage.hold.hold, .event_size = event_size,
		.events = (uintptr_t)self->events, .room = room,
	};
	return ioctl(self->stage.session, PINCHECK_IOC_EVENTS, request) ? -errno : 0;
}

CASE(ioctl_mirror, events_refused, .rows = "P1 P10")
{
	const __u32 sizes[] = { 0, 1, 39, 4097, ~0U };
	const struct hold_row pin = STAGE_ROW(PIN, FAST, 0);
	struct pincheck_events request;

	ASSERT_EQ(0, stage_hold_all(&self->stage, read_row));
	EXPECT_EQ(-EINVAL, request_mirror(self, 0, sizeof(*self->events), &request));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-EINVAL, request_mirror(self, 1, sizes[i], &request))
			TH_LOG("size %u", sizes[i]);
	}
	self->stage.hold.hold++;
	EXPECT_EQ(-ENOENT, request_mirror(self, 1, sizeof(*self->events), &request));
	ASSERT_EQ(0, stage_hold_all(&self->stage, pin));
	EXPECT_EQ(-EINVAL, request_mirror(self, 1, sizeof(*self->events), &request));
	evidence("sizes=%zu note=\"refused, as are no room, no such hold, and a pin\"",
		 ARRAY_SIZE(sizes));
}

static int invalidate_pages(FIXTURE_DATA(ioctl_mirror) *self, size_t page)
{
	return madvise(self->stage.memory + page * self->stage.page, self->stage.page,
		       MADV_DONTNEED);
}

/* Events come in the order in which they happened, each once, with increasing sequence numbers. */
CASE(ioctl_mirror, events_in_order, .rows = "P30")
{
	__u64 count = 5, lost;

	ASSERT_EQ(0, stage_hold_all(&self->stage, write_row));
	for (size_t i = 0; i < STAGE_PAGES; i++)
		ASSERT_EQ(0, invalidate_pages(self, i));
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events,
				     &count, &lost));
	ASSERT_EQ(5, count);
	count = ROUNDS;
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events + 5,
				     &count, &lost));
	ASSERT_EQ(STAGE_PAGES - 5, count);
	for (size_t i = 0; i < STAGE_PAGES; i++) {
		const struct pincheck_event *event = &self->events[i];

		EXPECT_EQ((uintptr_t)self->stage.memory + i * self->stage.page, event->start);
		EXPECT_EQ(event->start + self->stage.page, event->end);
		EXPECT_EQ(PINCHECK_EVENT_CLEAR, event->reason);
		EXPECT_EQ(1, event->pages);
		if (i)
			EXPECT_LT(event[-1].sequence, event->sequence);
	}
	evidence("events=%d first_sequence=%llu last_sequence=%llu", STAGE_PAGES,
		 self->events[0].sequence, self->events[STAGE_PAGES - 1].sequence);
}

/* The queue keeps the newest events; the number of lost ones, and each event, is answered once. */
CASE(ioctl_mirror, events_overflow, .rows = "P30")
{
	__u64 count = ROUNDS, lost, last;

	ASSERT_EQ(0, stage_hold_all(&self->stage, read_row));
	for (size_t i = 0; i < ROUNDS; i++)
		ASSERT_EQ(0, invalidate_pages(self, i % STAGE_PAGES));
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events,
				     &count, &lost));
	EXPECT_EQ(REMEMBERED, count);
	EXPECT_EQ(ROUNDS - REMEMBERED, lost);
	for (size_t i = 1; i < count; i++)
		EXPECT_LT(self->events[i - 1].sequence, self->events[i].sequence);
	last = (self->events[REMEMBERED - 1].start - (uintptr_t)self->stage.memory) /
	       self->stage.page;
	EXPECT_EQ((ROUNDS - 1) % STAGE_PAGES, last);
	evidence("invalidations=%d events=%llu lost=%llu", ROUNDS, count, lost);
	count = ROUNDS;
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events,
				     &count, &lost));
	EXPECT_EQ(0, count + lost);
}

/* The caller's struct is longer than the module's: the module clears the tail, and no more. */
CASE(ioctl_mirror, events_larger_stride, .rows = "P2")
{
	const __u32 stride = sizeof(*self->events) + 24;
	unsigned char *bytes = (unsigned char *)self->events;
	struct pincheck_events request;

	ASSERT_EQ(0, stage_hold_all(&self->stage, read_row));
	ASSERT_EQ(0, invalidate_pages(self, 0));
	ASSERT_EQ(0, invalidate_pages(self, 1));
	memset(bytes, 0xff, 3 * stride);
	ASSERT_EQ(0, request_mirror(self, 3, stride, &request));
	ASSERT_EQ(2, request.count);
	for (__u32 i = sizeof(*self->events); i < stride; i++)
		EXPECT_EQ(0, bytes[i] + bytes[stride + i]);
	EXPECT_EQ(0xff, bytes[2 * stride]);
	evidence("stride=%u events=2 note=\"the tails are cleared\"", stride);
}

/* An event that could not be copied to the caller is lost; the hold goes on. */
CASE(ioctl_mirror, events_unwritable, .rows = "P3 P30")
{
	__u64 count = 1, lost;

	ASSERT_EQ(0, stage_hold_all(&self->stage, read_row));
	ASSERT_EQ(0, invalidate_pages(self, 0));
	EXPECT_EQ(-EFAULT, pincheck_events(self->stage.session, self->stage.hold.hold, (void *)16,
					   &count, &lost));
	ASSERT_EQ(0, invalidate_pages(self, 1));
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events,
				     &count, &lost));
	EXPECT_EQ(1, count);
	EXPECT_EQ((uintptr_t)self->stage.memory + self->stage.page, self->events[0].start);
	evidence("errno=EFAULT note=\"the next event is read after that\"");
}

/* A device write from an unreadable buffer has written nothing. */
CASE(ioctl_mirror, nothing_could_be_written, .rows = "D13")
{
	__u64 count = 2, lost;

	ASSERT_EQ(0, stage_hold_all(&self->stage, write_row));
	EXPECT_EQ(-EFAULT, pincheck_write(self->stage.session, self->stage.hold.hold, 0, (void *)8,
					  8));
	ASSERT_EQ(1, pincheck_write(self->stage.session, self->stage.hold.hold, self->stage.page,
				    "x", 1));
	ASSERT_EQ(0, invalidate_pages(self, 0));
	ASSERT_EQ(0, invalidate_pages(self, 1));
	ASSERT_EQ(0, pincheck_events(self->stage.session, self->stage.hold.hold, self->events,
				     &count, &lost));
	ASSERT_EQ(2, count);
	EXPECT_EQ(0, self->events[0].dirtied);
	EXPECT_EQ(1, self->events[1].dirtied);
	evidence("dirty_by_bad_address=%u dirty_by_byte=%u", self->events[0].dirtied,
		 self->events[1].dirtied);
}

PINCHECK_TEST_MAIN
