// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: a kept page frame number (FOLLOW with KEEP) is used until its notifier ends it. Whatever
 * the kernel changes in the range ends it, before the change. One variant a flavour of the mapping.
 */
#include "suite.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "device_memory.h"
#include "stage.h"

#define KEPT_PAGES	4

FIXTURE(pfnmap_keep)
{
	struct stage stage;
	unsigned char *device;
	size_t bytes, kept_bytes;
	__u32 kept;
};

DEVICE_TOPIC(pfnmap_keep)

SUITE_FACTS(pfnmap_keep)
{
	facts->memory = name;
}

FIXTURE_SETUP(pfnmap_keep)
{
	DEVICE_SETUP(NEEDS_PFNMAP);
	self->kept_bytes = KEPT_PAGES * self->stage.page;
	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, 1));
}

/* Keeps KEPT_PAGES of the device memory, from the second page on, by @session, in self->kept. */
static int keep_range(FIXTURE_DATA(pfnmap_keep) *self, int session, __u32 flags)
{
	struct pincheck_follow follow = {
		.flags = PINCHECK_FOLLOW_KEEP | flags, .len = self->kept_bytes,
		.addr = (uintptr_t)self->device + self->stage.page,
	};
	int error = pincheck_follow(session, &follow);

	self->kept = follow.hold;
	if (!error && !(follow.told & PINCHECK_FOLLOWED_KEPT))
		return -EBADMSG;
	return error;
}

/* Reads and writes as the device does. Return: 0, or the error of the first call that fails. */
static int use_kept(FIXTURE_DATA(pfnmap_keep) *self, int session)
{
	uint64_t word = 0x1234, untouched = 0x1234;
	ssize_t done = pincheck_read(session, self->kept, 0, &word, sizeof(word));

	if (done < 0)
		return word == untouched ? done : -EBADMSG;
	done = pincheck_write(session, self->kept, 0, &word, sizeof(word));
	return done < 0 ? done : 0;
}

/* Device and CPU see each other's writes; in a private mapping both use the process's copy. */
CASE(pfnmap_keep, both_ways, .rows = "B52")
{
	const bool shared = variant->flavour->map == MAP_SHARED;
	size_t page = self->stage.page;
	unsigned char *again;
	uint64_t word;

	ASSERT_EQ(0, keep_range(self, self->stage.session, PINCHECK_FOLLOW_WRITE));
	for (size_t i = 0; i < self->kept_bytes; i += page) {
		EXPECT_EQ(8, pincheck_read(self->stage.session, self->kept, i, &word, 8));
		EXPECT_EQ(device_word(1, page + i), word);
		word = device_word(2, i);
		EXPECT_EQ(8, pincheck_write(self->stage.session, self->kept, i, &word, 8));
		memcpy(&word, self->device + page + i, 8);
		EXPECT_EQ(device_word(2, i), word);
		word = device_word(3, i);
		memcpy(self->device + page + i, &word, 8);
		EXPECT_EQ(8, pincheck_read(self->stage.session, self->kept, i, &word, 8));
		EXPECT_EQ(device_word(3, i), word);
	}
	EXPECT_EQ(-EINVAL, pincheck_read(self->stage.session, self->kept, self->kept_bytes, &word,
					 1));
	again = device_map(self->stage.session, &flavour_fault, PROT_READ);
	ASSERT_NE(MAP_FAILED, (void *)again);
	memcpy(&word, again + page, 8);
	EXPECT_EQ(shared ? device_word(3, 0) : device_word(1, page), word);
	munmap(again, DEVICE_SMALL_BYTES);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->kept));
	evidence("pages=%d device_memory=\"%s\"", KEPT_PAGES,
		 shared ? "what was written" : "as it was");
}

/* Events that end a kept range. Each returns 0, or -errno if it failed. */
static int event_unmaps(FIXTURE_DATA(pfnmap_keep) *self)
{
	return munmap(self->device, self->bytes) ? -errno : 0;
}

static int event_unmaps_last_page(FIXTURE_DATA(pfnmap_keep) *self)
{
	return munmap(self->device + self->kept_bytes, self->stage.page) ? -errno : 0;
}

static int event_protects(FIXTURE_DATA(pfnmap_keep) *self)
{
	return mprotect(self->device, self->bytes, PROT_READ) ? -errno : 0;
}

static int event_moves(FIXTURE_DATA(pfnmap_keep) *self)
{
	void *place = mmap(NULL, self->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *moved = mremap(self->device, self->bytes, self->bytes,
			     MREMAP_MAYMOVE | MREMAP_FIXED, place);

	if (moved == MAP_FAILED)
		return -errno;
	munmap(moved, self->bytes);
	return 0;
}

static int event_covers(FIXTURE_DATA(pfnmap_keep) *self)
{
	return mmap(self->device, self->bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -errno : 0;
}

static int event_revokes(FIXTURE_DATA(pfnmap_keep) *self)
{
	return pincheck_revoke(self->stage.session, 0, NULL);
}

static int event_revokes_and_restores(FIXTURE_DATA(pfnmap_keep) *self)
{
	return event_revokes(self) ?: pincheck_revoke(self->stage.session, 1, NULL);
}

/*
 * After the event neither a read nor a write reaches the memory. The notifier comes before the
 * change, so there is no gap.
 */
static void expect_ended_by(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap_keep) *self,
			    int (*event)(FIXTURE_DATA(pfnmap_keep) *self), const char *name)
{
	int other = pincheck_open();	/* its hold outlives the stage's mapping */
	struct pincheck_event events[64];
	__u64 count = ARRAY_SIZE(events), lost, pages = 0;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, keep_range(self, other, PINCHECK_FOLLOW_WRITE));
	ASSERT_EQ(0, use_kept(self, other));
	ASSERT_EQ(0, event(self)) TH_LOG("%s", name);
	EXPECT_EQ(-ESTALE, use_kept(self, other)) TH_LOG("%s", name);
	EXPECT_EQ(-ESTALE, pincheck_write(other, self->kept, 0, "x", 1)) TH_LOG("%s", name);
	ASSERT_EQ(0, pincheck_events(other, self->kept, events, &count, &lost));
	EXPECT_LE(1, count) TH_LOG("%s", name);
	for (size_t i = 0; i < count; i++)
		pages += events[i].pages;
	EXPECT_EQ(KEPT_PAGES, pages) TH_LOG("%s", name);
	evidence("after=\"%s\" errno=ESTALE events=%llu first_reason=%u pages=%llu", name, count,
		 count ? events[0].reason : 0, pages);
	EXPECT_LE(0, pincheck_release(other, self->kept));
	close(other);
}

#define ENDED_BY(event)								\
	CASE(pfnmap_keep, ended_by_##event, .rows = "B51 B56 R58")		\
	{									\
		expect_ended_by(_metadata, self, event_##event, #event);	\
	}
ENDED_BY(unmaps)
ENDED_BY(unmaps_last_page)
ENDED_BY(protects)
ENDED_BY(moves)
ENDED_BY(covers)
ENDED_BY(revokes)
ENDED_BY(revokes_and_restores)

/* Events beside the range, or in another process, do not end it. */
CASE(pfnmap_keep, not_ended_by_others, .rows = "B52")
{
	struct toucher child;
	uint64_t word;

	ASSERT_EQ(0, toucher_start(&child, self->device + self->stage.page));
	ASSERT_EQ(0, keep_range(self, self->stage.session, PINCHECK_FOLLOW_WRITE));
	EXPECT_EQ(0, toucher_reads(&child, &word));
	EXPECT_EQ(0, toucher_end(&child));
	/* This would split a PMD. */
	if (!variant->flavour->huge)
		ASSERT_EQ(0, mprotect(self->device + self->bytes / 2, self->stage.page, PROT_READ));
	EXPECT_EQ(0, use_kept(self, self->stage.session));
	EXPECT_LE(0, pincheck_release(self->stage.session, self->kept));
	evidence("note=\"a child touched it and exited, pages beside it were protected: still good\"");
}

/* CVE-2021-22543: the memory is freed and may be anybody's: the number is not used. */
CASE(pfnmap_keep, memory_freed, .rows = "B51 R58")
{
	struct pincheck_report before, after;
	struct pincheck_follow follow = { .addr = (uintptr_t)self->device + self->stage.page };
	int other = pincheck_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, pincheck_follow(other, &follow));
	ASSERT_EQ(0, pincheck_report(other, &follow.pfn, 1, &before));
	ASSERT_EQ(0, keep_range(self, other, PINCHECK_FOLLOW_WRITE));
	ASSERT_EQ(0, use_kept(self, other));
	munmap(self->device, self->bytes);
	self->device = MAP_FAILED;
	close(self->stage.session);
	self->stage.session = -1;
	ASSERT_EQ(0, pincheck_report(other, &follow.pfn, 1, &after));
	EXPECT_EQ(1, before.refcount);
	EXPECT_EQ(-ESTALE, use_kept(self, other));
	EXPECT_LE(0, pincheck_release(other, self->kept));
	close(other);
	evidence("pfn=%llx ref_before=%d ref=%d errno=ESTALE", follow.pfn, before.refcount,
		 after.refcount);
}

/* HOLD keeps device memory, too, and a hold for reading refuses writes. */
CASE(pfnmap_keep, by_hold, .rows = "B52")
{
	struct pincheck_hold hold = {
		.kind = PINCHECK_KIND_PFNMAP, .addr = (uintptr_t)self->device, .len = self->bytes,
	};
	unsigned char byte;

	ASSERT_EQ(0, pincheck_hold(self->stage.session, &hold));
	EXPECT_EQ(self->bytes / self->stage.page, hold.pages);
	EXPECT_EQ(1, pincheck_read(self->stage.session, hold.hold, self->bytes - 1, &byte, 1));
	EXPECT_EQ(-EPERM, pincheck_write(self->stage.session, hold.hold, 0, &byte, 1));
	EXPECT_LE(0, pincheck_release(self->stage.session, hold.hold));
	hold.addr = (uintptr_t)self->stage.memory;
	hold.len = self->stage.page;
	EXPECT_EQ(-EINVAL, pincheck_hold(self->stage.session, &hold));
	EXPECT_EQ(PINCHECK_REASON_PAGES, hold.reason);
	hold.addr = (uintptr_t)self->device + self->bytes - self->stage.page;
	hold.len = 2 * self->stage.page;
	EXPECT_EQ(-EFAULT, pincheck_hold(self->stage.session, &hold));
	EXPECT_EQ(PINCHECK_REASON_UNMAPPED, hold.reason);
	EXPECT_EQ(1, hold.pages);
	EXPECT_EQ(hold.addr + self->stage.page, hold.fail_addr);
	evidence("bytes=%zu anonymous=EINVAL past_the_end=EFAULT", self->bytes);
}

/* CLEAN: a caller who cannot receive the hold's id gets no hold. */
CASE(pfnmap_keep, answer_not_written, .rows = "P3")
{
	size_t page = self->stage.page;
	struct pincheck_follow *follow = mmap(NULL, page, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pincheck_info info;

	ASSERT_NE(MAP_FAILED, (void *)follow);
	*follow = (struct pincheck_follow) {
		.size = sizeof(*follow), .flags = PINCHECK_FOLLOW_KEEP,
		.addr = (uintptr_t)self->device, .len = page,
	};
	ASSERT_EQ(0, mprotect(follow, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->stage.session, PINCHECK_IOC_FOLLOW, follow));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(0, info.session_holds);
	munmap(follow, page);
	evidence("answer=read_only errno=EFAULT holds=%llu", info.session_holds);
}

PINCHECK_TEST_MAIN
