// SPDX-License-Identifier: GPL-2.0-only
/*
 * RELEASE with flags and of parts: pages that the device wrote are dirty afterwards, others are
 * unchanged, and a hold without WRITE cannot mark pages dirty. The topic release_part checks the
 * counts. Invariants: ACCURACY, CLEAN.
 */
#include "suite.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include "capability.h"
#include "stage.h"

FIXTURE(release)
{
	struct stage stage;
};

STAGE_ROWS(release)

FOR_EACH_FAST_HOLD_ROW(STAGE_VARIANT, release)

FIXTURE_SETUP(release)
{
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(release)

/*
 * Return: pages of the stage that are marked dirty. A CPU write alone does not mark anonymous
 * pages.
 */
static unsigned int dirty_pages(const struct stage *stage)
{
	struct pincheck_report report;
	unsigned int dirty = 0;

	for (size_t i = 0; i < STAGE_PAGES; i++) {
		if (stage_report(stage, stage->memory + i * stage->page, &report))
			return STAGE_PAGES + 1;
		dirty += !!(report.flags & PINCHECK_PAGE_DIRTY);
	}
	return dirty;
}

/* The control: without flags and without device I/O no page becomes dirty. */
CASE(release, nothing_written, .rows = "P15")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, dirty_pages(stage));
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(0, dirty_pages(stage));
	evidence("dirty=0 note=\"held and released\"");
}

/* A device write from an unreadable buffer has written nothing. */
CASE(release, nothing_could_be_written, .rows = "D13")
{
	struct stage *stage = &self->stage;
	const bool write = variant->row.flags & PINCHECK_HOLD_WRITE;
	ssize_t done;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	done = pincheck_write(stage->session, stage->hold.hold, 0, (void *)8, 8);
	EXPECT_EQ(write ? -EFAULT : -EPERM, done);
	EXPECT_EQ(write ? 0 : -EPERM, pincheck_write(stage->session, stage->hold.hold, 0, "", 0));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(0, dirty_pages(stage));
	evidence("bad_address=\"%s\" dirty=%u", strerror(-done), dirty_pages(stage));
}

/* The device writes one page: like a driver, the module does not record which, so all are dirty. */
CASE(release, device_wrote, .rows = "P15")
{
	struct stage *stage = &self->stage;
	bool write = variant->row.flags & PINCHECK_HOLD_WRITE;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(write ? 1 : -EPERM,
		  pincheck_write(stage->session, stage->hold.hold, 0, "x", 1));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	EXPECT_EQ(write ? STAGE_PAGES : 0, dirty_pages(stage));
	evidence("device_write=%s dirty=%u", write ? "done" : "refused", dirty_pages(stage));
}

/* A refused RELEASE with DIRTY, of a hold without WRITE, leaves the hold whole. */
static void release_as_dirty(struct __test_metadata *_metadata, struct stage *stage,
			     struct hold_row row, __u32 flag)
{
	bool write = row.flags & PINCHECK_HOLD_WRITE;

	ASSERT_EQ(0, dirty_pages(stage));
	ASSERT_EQ(0, stage_hold_all(stage, row));
	EXPECT_EQ(write ? STAGE_PAGES : -EPERM,
		  pincheck_release_flags(stage->session, stage->hold.hold, flag));
	EXPECT_EQ(write ? STAGE_PAGES : 0, dirty_pages(stage));
	EXPECT_EQ(write ? -ENOENT : STAGE_PAGES,
		  pincheck_release(stage->session, stage->hold.hold));
	evidence("access=%s outcome=\"%s\"", write ? "write" : "read",
		 write ? "all dirty" : "EPERM");
}

CASE(release, dirty, .rows = "P15")
{
	release_as_dirty(_metadata, &self->stage, variant->row, PINCHECK_RELEASE_DIRTY);
}

CASE(release, dirty_unlocked, .rows = "P15")
{
	release_as_dirty(_metadata, &self->stage, variant->row, PINCHECK_RELEASE_DIRTY_UNLOCKED);
}

CASE(release, dirty_both_ways, .rows = "P1")
{
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(-EINVAL, pincheck_release_flags(stage->session, stage->hold.hold,
						  PINCHECK_RELEASE_FLAGS));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("both_flags=EINVAL note=\"the hold stays\"");
}

/* DIRTY_UNLOCKED can crash a kernel: it needs CAP_SYS_ADMIN. */
CASE(release, dirty_unlocked_needs_sys_admin, .rows = "P5")
{
	struct stage *stage = &self->stage;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, pincheck_release_flags(stage->session, stage->hold.hold,
						 PINCHECK_RELEASE_DIRTY_UNLOCKED));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("without_cap_sys_admin=EPERM note=\"the hold stays\"");
}

/* A flag concerns the part that is given back with it, not the rest. */
CASE(release, dirty_part, .rows = "P15")
{
	struct stage *stage = &self->stage;
	bool write = variant->row.flags & PINCHECK_HOLD_WRITE;
	__u32 id;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	id = stage->hold.hold;
	EXPECT_EQ(write ? 2 : -EPERM, pincheck_release_part(stage->session, id,
							    PINCHECK_RELEASE_DIRTY, 3, 2));
	EXPECT_EQ(write ? 2 : 0, dirty_pages(stage));
	EXPECT_EQ(write ? 1 : -EPERM, pincheck_release_part(stage->session, id,
						PINCHECK_RELEASE_DIRTY_UNLOCKED, 7, 1));
	EXPECT_EQ(write ? 3 : 0, dirty_pages(stage));
	EXPECT_EQ(STAGE_PAGES - (write ? 3 : 0), pincheck_release(stage->session, id));
	EXPECT_EQ(write ? 3 : 0, dirty_pages(stage));
	evidence("outcome=\"%s\" pages=%u dirty=%u", write ? "parts said to be dirty" : "EPERM",
		 STAGE_PAGES, dirty_pages(stage));
}

/* The module does not record which pages the device wrote: a part becomes dirty like the whole. */
CASE(release, device_wrote_part, .rows = "P15")
{
	struct stage *stage = &self->stage;
	bool write = variant->row.flags & PINCHECK_HOLD_WRITE;
	__u32 id;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	id = stage->hold.hold;
	EXPECT_EQ(1, pincheck_release_part(stage->session, id, 0, 0, 1));
	EXPECT_EQ(0, dirty_pages(stage));
	EXPECT_EQ(write ? 1 : -EPERM, pincheck_write(stage->session, id, stage->page, "x", 1));
	EXPECT_EQ(3, pincheck_release_part(stage->session, id, 0, 4, 3));
	EXPECT_EQ(write ? 3 : 0, dirty_pages(stage));
	EXPECT_EQ(STAGE_PAGES - 4, pincheck_release(stage->session, id));
	EXPECT_EQ(write ? STAGE_PAGES - 1 : 0, dirty_pages(stage));
	evidence("given_back=1,3,4 dirty=%u note=\"the device wrote after the first\"",
		 dirty_pages(stage));
}

/* Device I/O stops at pages that were given back, and answers how many bytes it transferred. */
CASE(release, io_up_to_hole, .rows = "P12 P14")
{
	struct stage *stage = &self->stage;
	bool write = variant->row.flags & PINCHECK_HOLD_WRITE;
	struct pincheck_io io = {
		.size = sizeof(io), .offset = stage->page, .len = 4 * stage->page,
		.flags = write ? PINCHECK_IO_WRITE : 0,
	};
	unsigned char *buffer = calloc(1, io.len), *memory = stage->memory;
	unsigned char after = memory[3 * stage->page];

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	EXPECT_EQ(1, pincheck_release_part(stage->session, stage->hold.hold, 0, 3, 1));
	memset(buffer, 0x5a, io.len);
	io.hold = stage->hold.hold;
	io.buffer = (uintptr_t)buffer;
	EXPECT_EQ(-1, ioctl(stage->session, PINCHECK_IOC_IO, &io));
	EXPECT_EQ(ENODATA, errno);
	EXPECT_EQ(2 * stage->page, io.done);
	EXPECT_EQ(buffer[2 * stage->page - 1], memory[3 * stage->page - 1]);
	EXPECT_EQ(0x5a, buffer[2 * stage->page]);
	EXPECT_EQ(after, memory[3 * stage->page]);
	EXPECT_EQ(STAGE_PAGES - 1, pincheck_release(stage->session, stage->hold.hold));
	free(buffer);
	evidence("access=%s pages=4 hole=2 errno=ENODATA done=%llu", write ? "write" : "read",
		 io.done);
}

/* A caller that was built before parts existed passes 24 bytes: the whole hold is given back. */
CASE(release, shorter_argument, .rows = "P2")
{
	struct stage *stage = &self->stage;
	struct pincheck_release release = {
		.size = PINCHECK_RELEASE_SIZE_ABI1, .first = ~0ULL, .count = ~0ULL,
	};

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	release.hold = stage->hold.hold;
	EXPECT_EQ(0, ioctl(stage->session, PINCHECK_IOC_RELEASE, &release));
	EXPECT_EQ(STAGE_PAGES, release.pages);
	evidence("size=%u pages=%llu", release.size, release.pages);
}

CASE(release, bad_parts, .rows = "P14")
{
	static const struct { __u64 first, count; } bad[] = {
		{ 1, 0 }, { ~0ULL, 0 }, { STAGE_PAGES, 1 }, { 0, STAGE_PAGES + 1 },
		{ STAGE_PAGES - 1, 2 }, { ~0ULL, 1 }, { 1, ~0ULL }, { ~0ULL, ~0ULL },
		{ 1ULL << 63, 1ULL << 63 },
	};
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, pincheck_release_part(stage->session, stage->hold.hold, 0,
							 bad[i].first, bad[i].count)) {
			TH_LOG("%#llx from %#llx on", bad[i].count, bad[i].first);
		}
	}
	EXPECT_EQ(-EINVAL, pincheck_release_part(stage->session, stage->hold.hold,
			PINCHECK_RELEASE_DIRTY | PINCHECK_RELEASE_DIRTY_UNLOCKED, 0, 1));
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("bad_parts=%zu errno=EINVAL note=\"the hold stays\"", ARRAY_SIZE(bad));
}

/* STEAL works for pins, of a named part, once, with CAP_SYS_ADMIN; a refusal changes nothing. */
CASE(release, steal_refused, .rows = "P1 P5")
{
	const __u32 steal = PINCHECK_RELEASE_STEAL;
	bool pin = variant->row.kind == PINCHECK_KIND_PIN;
	struct stage *stage = &self->stage;
	int session = stage->session;
	__u32 id;

	SUITE_NEEDS(NEEDS_CAPABILITIES);
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	id = stage->hold.hold;
	EXPECT_EQ(pin ? 1 : -EINVAL, pincheck_release_part(session, id, steal, 2, 1));
	EXPECT_EQ(-EINVAL, pincheck_release_part(session, id, steal, 0, 0));
	EXPECT_EQ(-EINVAL, pincheck_release_part(session, id, steal, STAGE_PAGES, 1));
	EXPECT_EQ(-EINVAL, pincheck_release_part(session, id, steal | PINCHECK_RELEASE_DIRTY, 0, 1));
	EXPECT_EQ(pin ? -ENOENT : -EINVAL, pincheck_release_part(session, id, steal, 2, 1));
	EXPECT_EQ(pin ? -ENOENT : -EINVAL, pincheck_release_part(session, id, steal, 0, 4));
	EXPECT_EQ(1, pincheck_release_part(session, id, 0, 5, 1));
	EXPECT_EQ(-ENOENT, pincheck_release_part(session, id, steal, 5, 1));
	ASSERT_EQ(0, capability_drop(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, pincheck_release_part(session, id, steal, 0, 1));
	EXPECT_EQ(STAGE_PAGES - 1, pincheck_release(session, id));
	evidence("stolen=%d note=\"refused without a part, twice, of a hole, without CAP_SYS_ADMIN\"",
		 pin);
}

/* READ, PAGES and REPORT go on in another thread while this one gives the pages back. */
struct user {
	struct stage *stage;
	__u32 hold;	/* 0: stop */
	unsigned int held, given_back, wrong;
};

static void *use_pages(void *data)
{
	struct user *user = data;
	struct stage *stage = user->stage;
	struct pincheck_page pages[STAGE_PAGES];
	struct pincheck_report report;
	unsigned char byte;

	__u32 hold;

	for (unsigned int i = 0; (hold = __atomic_load_n(&user->hold, __ATOMIC_ACQUIRE)); i++) {
		size_t page = i % STAGE_PAGES;
		ssize_t done = pincheck_read(stage->session, hold, page * stage->page, &byte, 1);
		int error = pincheck_pages(stage->session, hold, 0, STAGE_PAGES, pages);

		user->held += done == 1;
		user->given_back += done == -ENODATA || done == -ENOENT;
		user->wrong += done != 1 && done != -ENODATA && done != -ENOENT;
		user->wrong += done == 1 && byte != stage->memory[page * stage->page];
		user->wrong += error && error != -ENOENT;
		if (error || !pages[page].pfn)
			continue;
		user->wrong += pincheck_report_ledger(stage->session, &pages[page].pfn, 1, &report);
	}
	return NULL;
}

/* The loop ends when the other thread found the pages held, and given back, MEETINGS times each. */
#define MEETINGS	50
#define ROUNDS_MAX	4000

static bool has_met(const struct user *user)
{
	return __atomic_load_n(&user->held, __ATOMIC_RELAXED) >= MEETINGS &&
	       __atomic_load_n(&user->given_back, __ATOMIC_RELAXED) >= MEETINGS;
}

CASE(release, parts_while_used, .rows = "P22")
{
	struct stage *stage = &self->stage;
	struct user user = { .stage = stage };
	unsigned int wrong = 0, round;
	pthread_t thread;

	SUITE_NEEDS(NEEDS_THREADS);
	stage_use_all_cpus();
	ASSERT_EQ(0, stage_hold_all(stage, variant->row));
	user.hold = stage->hold.hold;
	ASSERT_EQ(0, pthread_create(&thread, NULL, use_pages, &user));
	for (round = 0; suite_goes_on(has_met(&user) || round >= ROUNDS_MAX); round++) {
		for (unsigned int page = 0; page < STAGE_PAGES; page++)
			wrong += pincheck_release_part(stage->session, user.hold, 0, page, 1) != 1;
		sched_yield();
		wrong += stage_hold_all(stage, variant->row) != 0;
		__atomic_store_n(&user.hold, stage->hold.hold, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&user.hold, 0, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, user.wrong);
	EXPECT_NE(0, user.held);
	EXPECT_NE(0, user.given_back);
	EXPECT_EQ(STAGE_PAGES, pincheck_release(stage->session, stage->hold.hold));
	evidence("rounds=%u parts=%u held=%u given_back=%u", round, STAGE_PAGES, user.held,
		 user.given_back);
}

PINCHECK_TEST_MAIN
