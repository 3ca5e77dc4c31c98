// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: FOLLOW, from an address of device memory to its page frame number. Once the page table is
 * unlocked the number is worthless, unless a notifier watches it. One variant a flavour of the
 * mapping.
 */
#include "suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include "device_memory.h"
#include "file.h"
#include "stage.h"

#define DISPLAY		0xb8000UL	/* address of the text display of a PC */

FIXTURE(pfnmap_follow)
{
	struct stage stage;
	struct pincheck_follow follow;	/* the last request */
	unsigned char *device;
	size_t bytes;
};

DEVICE_TOPIC(pfnmap_follow)

SUITE_FACTS(pfnmap_follow)
{
	facts->memory = name;
}

FIXTURE_SETUP(pfnmap_follow)
{
	DEVICE_SETUP(NEEDS_PFNMAP);
	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, 1));
}

static int follow_at(FIXTURE_DATA(pfnmap_follow) *self, __u32 flags, const void *address)
{
	self->follow = (struct pincheck_follow) {
		.flags = flags, .addr = (uintptr_t)address,
		.len = flags & PINCHECK_FOLLOW_KEEP ? self->stage.page : 0,
	};
	return pincheck_follow(self->stage.session, &self->follow);
}

/*
 * Each page's number belongs to its offset in the memory, whatever size the entry maps, and the
 * page has what the CPU wrote. FOLLOW says that nothing keeps the number.
 */
CASE(pfnmap_follow, every_offset, .rows = "B51 B52 B54")
{
	const bool private_one = variant->flavour->map == MAP_PRIVATE;
	const __u32 wanted = PINCHECK_FOLLOWED_SPECIAL | PINCHECK_FOLLOWED_VALUE |
			     PINCHECK_FOLLOWED_OURS;
	size_t wrong = 0, page = self->stage.page;
	struct pincheck_report report;
	__u64 first = 0;

	for (size_t i = 0; i < self->bytes; i += page) {
		ASSERT_EQ(0, follow_at(self, 0, self->device + i)) TH_LOG("offset %#zx", i);
		first = i ? first : self->follow.pfn;
		wrong += self->follow.pfn != first + i / page ||
			 self->follow.value != device_word(1, i) ||
			 (self->follow.told & ~PINCHECK_FOLLOWED_WRITABLE) != wanted;
		/* FOLLOW may give the size of the entry; if so, the size is right. */
		if (self->follow.leaf)
			EXPECT_EQ(variant->flavour->huge ? PINCHECK_DEVICE_BYTES : page,
				  self->follow.leaf);
		/* A private mapping is writable, but its entries of device memory are not. */
		EXPECT_TRUE(!private_one || !(self->follow.told & PINCHECK_FOLLOWED_WRITABLE));
	}
	EXPECT_EQ(0, wrong);
	ASSERT_EQ(0, pincheck_report(self->stage.session, &first, 1, &report));
	EXPECT_EQ(first, report.head);
	EXPECT_EQ(0, self->follow.hold);
	evidence("pages=%zu first_pfn=%llx entry_bytes=%llu told=%#x order=%u", self->bytes / page,
		 first, self->follow.leaf, self->follow.told, report.order);
}

/* FOLLOW reads the word at the address, not at the start of the page. */
CASE(pfnmap_follow, within_a_page, .rows = "P32")
{
	unsigned char *same = device_map(self->stage.session, &flavour_fault,
					 PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, (void *)same);
	for (size_t i = 0; i < 2 * self->stage.page; i += 8)
		memcpy(same + i, &i, sizeof(i));
	for (size_t i = 0; i < 2 * self->stage.page; i += 8) {
		ASSERT_EQ(0, follow_at(self, 0, self->device + i));
		EXPECT_EQ(i, self->follow.value);
	}
	munmap(same, DEVICE_SMALL_BYTES);
	evidence("pages=2 note=\"each word is as another flavour wrote it\"");
}

static void expect_refusals(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap_follow) *self,
			    const void *address, int error, __u32 reason)
{
	const __u32 flags[] = { 0, PINCHECK_FOLLOW_WRITE, PINCHECK_FOLLOW_KEEP };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(error, follow_at(self, flags[i], address)) TH_LOG("flags %#x", flags[i]);
		EXPECT_EQ(reason, self->follow.reason);
		EXPECT_EQ(0, self->follow.value);
		EXPECT_EQ(0, self->follow.hold);
	}
}

/* FOLLOW leaves memory with pages to GUP. Topic asked has what the kernel's function says of it. */
CASE(pfnmap_follow, memory_with_pages, .rows = "B53")
{
	int file = file_tmpfs.open(self->stage.page);
	unsigned char *shared = mmap(NULL, self->stage.page, PROT_READ | PROT_WRITE, MAP_SHARED,
				     file, 0);

	SUITE_NEEDS(NEEDS_SHMEM);
	ASSERT_NE(MAP_FAILED, (void *)shared);
	shared[0] = 1;
	expect_refusals(_metadata, self, self->stage.memory, -EINVAL, PINCHECK_REASON_PAGES);
	expect_refusals(_metadata, self, shared, -EINVAL, PINCHECK_REASON_PAGES);
	munmap(shared, self->stage.page);
	expect_refusals(_metadata, self, shared, -EFAULT, PINCHECK_REASON_UNMAPPED);
	close(file);
	evidence("anonymous=EINVAL shmem=EINVAL hole=EFAULT");
}

/* The kernel gave the entry of @pfn, which allows no writing, and the module did not use it. */
static void expect_given(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap_follow) *self,
			 __u64 pfn)
{
	const __u32 no = PINCHECK_FOLLOWED_WRITABLE | PINCHECK_FOLLOWED_VALUE;

	EXPECT_EQ(PINCHECK_FOLLOWED_GIVEN, self->follow.told & (PINCHECK_FOLLOWED_GIVEN | no));
	EXPECT_EQ(pfn, self->follow.pfn);
	EXPECT_EQ(0, self->follow.value);
}

/* FOLLOW for writing is refused, and writes nothing, where the mapping is read-only. */
CASE(pfnmap_follow, read_only, .rows = "R59 P40")
{
	unsigned char byte = 0x77;
	__u64 pfn;

	ASSERT_EQ(0, mprotect(self->device, self->bytes, PROT_READ));
	EXPECT_EQ(0, follow_at(self, 0, self->device));
	EXPECT_EQ(0, self->follow.told & PINCHECK_FOLLOWED_WRITABLE);
	pfn = self->follow.pfn;
	EXPECT_EQ(-EACCES, follow_at(self, PINCHECK_FOLLOW_WRITE, self->device));
	EXPECT_EQ(PINCHECK_REASON_ACCESS, self->follow.reason);
	/* The kernel gives the entry, and says that it does not allow writing: the caller must look. */
	expect_given(_metadata, self, pfn);
	EXPECT_EQ(-EACCES, follow_at(self, PINCHECK_FOLLOW_WRITE | PINCHECK_FOLLOW_KEEP,
				     self->device));
	ASSERT_EQ(0, follow_at(self, PINCHECK_FOLLOW_KEEP, self->device));
	EXPECT_EQ(-EPERM, pincheck_write(self->stage.session, self->follow.hold, 0, &byte, 1));
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 1));
	EXPECT_LE(0, pincheck_release(self->stage.session, self->follow.hold));
	ASSERT_EQ(0, mprotect(self->device, self->bytes, PROT_NONE));
	EXPECT_EQ(-EACCES, follow_at(self, 0, self->device));
	/* The kernel does not look at what the mapping allows. */
	expect_given(_metadata, self, pfn);
	evidence("mapping=read_only note=\"WRITE is refused, a hold for reading does not write\"");
}

/* Neither a mapping nor FOLLOW nor KEEP takes a reference that could be relied on. */
CASE(pfnmap_follow, no_reference, .rows = "B52 R58")
{
	struct pincheck_report before, after;
	struct pincheck_info info_before, info;
	struct toucher child;
	uint64_t word;
	__u64 pfn;

	ASSERT_EQ(0, follow_at(self, 0, self->device));
	pfn = self->follow.pfn;
	ASSERT_EQ(0, pincheck_report(self->stage.session, &pfn, 1, &before));
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info_before));
	EXPECT_EQ(1, before.refcount);
	EXPECT_EQ(0, before.page_mapcount);
	ASSERT_EQ(0, device_differs(self->device, self->bytes, 1));
	ASSERT_EQ(0, toucher_start(&child, self->device));
	EXPECT_EQ(0, toucher_reads(&child, &word));
	ASSERT_EQ(0, follow_at(self, PINCHECK_FOLLOW_KEEP, self->device));
	EXPECT_NE(0, self->follow.told & PINCHECK_FOLLOWED_KEPT);
	ASSERT_EQ(0, pincheck_report(self->stage.session, &pfn, 1, &after));
	EXPECT_EQ(1, after.refcount);
	EXPECT_EQ(0, after.page_mapcount);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &info));
	EXPECT_EQ(info_before.acquired, info.acquired);
	EXPECT_EQ(1, info.session_holds);
	EXPECT_EQ(0, vm_pin_kib());
	EXPECT_EQ(0, toucher_end(&child));
	evidence("ref=%d map=%d note=\"mapped by two processes, followed, kept\"", after.refcount,
		 after.page_mapcount);
}

/* FOLLOW reads memory of other drivers and of the kernel, and never writes it. */
CASE(pfnmap_follow, foreign, .rows = "B53")
{
	unsigned long start = 0, end;
	char line[256], name[64];
	int error = -ENOENT;
	FILE *maps = fopen("/proc/self/maps", "re");

	ASSERT_NE(NULL, maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %63s", &start, &end, name) == 3 &&
		    !strcmp(name, "[vvar]"))
			break;
		start = 0;
	}
	fclose(maps);
	if (start) {
		error = follow_at(self, 0, (void *)start);
		EXPECT_EQ(0, self->follow.told & PINCHECK_FOLLOWED_OURS);
	}
	/* Some kernels map vvar with pages. */
	EXPECT_TRUE(!error || (error == -EINVAL && self->follow.reason == PINCHECK_REASON_PAGES) ||
		    error == -ENOENT) TH_LOG("error %d", error);
	if (!error) {
		EXPECT_EQ(-EACCES, follow_at(self, PINCHECK_FOLLOW_WRITE | PINCHECK_FOLLOW_KEEP,
					     (void *)start));
		ASSERT_EQ(0, follow_at(self, PINCHECK_FOLLOW_KEEP, (void *)start));
		EXPECT_LE(0, pincheck_release(self->stage.session, self->follow.hold));
	}
	evidence("mapping=vvar outcome=\"%s\" pfn_told=%d value_told=%d told=%#x",
		 error ? strerror(-error) : "followed", !!self->follow.pfn,
		 !!(self->follow.told & PINCHECK_FOLLOWED_VALUE), self->follow.told);
}

/* Return: a mapping of the display's memory of a PC, which is not RAM, or MAP_FAILED. */
static unsigned char *map_display(FIXTURE_DATA(pfnmap_follow) *self)
{
	int memory = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	unsigned char *display;

	if (memory < 0)
		return MAP_FAILED;
	display = mmap(NULL, self->stage.page, PROT_READ, MAP_SHARED, memory, DISPLAY);
	close(memory);
	return display;
}

/*
 * The section of the display's memory is online and has a memory map, and yet it is not RAM:
 * neither FOLLOW nor a hold reads it.
 */
CASE(pfnmap_follow, not_ram, .rows = "D4")
{
	unsigned char *display, byte = 0;
	ssize_t got;

	SUITE_NEEDS(NEEDS_DISPLAY);
	display = map_display(self);
	ASSERT_NE(MAP_FAILED, (void *)display);
	ASSERT_EQ(0, follow_at(self, 0, display));
	EXPECT_EQ(DISPLAY / self->stage.page, self->follow.pfn);
	EXPECT_EQ(0, self->follow.told & (PINCHECK_FOLLOWED_VALUE | PINCHECK_FOLLOWED_OURS));
	EXPECT_EQ(0, self->follow.value);
	ASSERT_EQ(0, follow_at(self, PINCHECK_FOLLOW_KEEP, display));
	got = pincheck_read(self->stage.session, self->follow.hold, 0, &byte, 1);
	EXPECT_EQ(-EIO, got);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->follow.hold));
	munmap(display, self->stage.page);
	evidence("pfn=%llx told=%#x hold_reads=%zd", self->follow.pfn, self->follow.told, got);
}

CASE(pfnmap_follow, bad_arguments, .rows = "P1")
{
	const __u64 page = self->stage.page, at = (uintptr_t)self->device;
	const struct pincheck_follow bad[] = {
		{ .addr = at + 1 },
		{ .addr = at + 4 },
		{ .addr = at, .len = page },
		{ .addr = 1ULL << 63 },
		{ .addr = -8ULL },
		{ .addr = at, .flags = PINCHECK_FOLLOW_KEEP },
		{ .addr = at + 8, .len = page, .flags = PINCHECK_FOLLOW_KEEP },
		{ .addr = at, .len = page + 8, .flags = PINCHECK_FOLLOW_KEEP },
		{ .addr = at, .len = -page, .flags = PINCHECK_FOLLOW_KEEP },
		{ .addr = -page, .len = page, .flags = PINCHECK_FOLLOW_KEEP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		self->follow = bad[i];
		EXPECT_EQ(-EINVAL, pincheck_follow(self->stage.session, &self->follow))
			TH_LOG("%zu", i);
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, self->follow.reason) TH_LOG("%zu", i);
	}
	evidence("bad_arguments=%zu errno=EINVAL", ARRAY_SIZE(bad));
}

PINCHECK_TEST_MAIN
