// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds of kind memfd: the pages of a file, taken by offset, before or after the first mapping.
 * SYNC with read() and mmap(), ISOLATION from what a hole left in memory, CLEAN down to the
 * counters of the hugetlb pool. One variant a kind of file.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include "hugetlb_pool.h"
#include "../../tools/lib/knob.h"
#include "stage.h"

FIXTURE(memfd)
{
	struct stage stage;
	struct pincheck_info info;
	int file;
	size_t bytes;
	unsigned char *memory;	/* the file, while it is mapped */
	long pool_free, pool_reserved;
};

FIXTURE_VARIANT(memfd)
{
	unsigned int flags;	/* of memfd_create() */
	bool huge;		/* of hugetlb pages */
	requirement_set needs;
	__u64 page_flag;
};

FIXTURE_VARIANT_ADD(memfd, shmem)
{
	.flags = MFD_ALLOW_SEALING, .needs = NEEDS_SHMEM, .page_flag = PINCHECK_PAGE_SHMEM,
};

FIXTURE_VARIANT_ADD(memfd, hugetlb)
{
	.flags = MFD_ALLOW_SEALING | MFD_HUGETLB, .huge = true,
	.needs = NEEDS_HUGETLB, .page_flag = PINCHECK_PAGE_HUGETLB,
};

static long pool_number(const char *name)
{
	return knob_number(hugetlb_setting(name));
}

SUITE_FACTS(memfd)
{
	facts->memory = name;
}

FIXTURE_SETUP(memfd)
{
	self->file = -1;
	ASSERT_STAGE_OPEN(&self->stage);
	ASSERT_EQ(0, pincheck_info(self->stage.session, &self->info));
	SUITE_NEEDS(variant->needs);
	self->pool_free = pool_number("free_hugepages");
	self->pool_reserved = pool_number("resv_hugepages");
	self->bytes = variant->huge ? 2 * PMD_BYTES : self->stage.length;
	self->file = hugetlb_pool_memfd("pincheck", variant->flags);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, self->bytes));
}

static void unmap_file(FIXTURE_DATA(memfd) *self)
{
	if (self->memory && self->memory != MAP_FAILED)
		munmap(self->memory, self->bytes);
	self->memory = NULL;
}

FIXTURE_TEARDOWN(memfd)
{
	unmap_file(self);
	if (self->file >= 0)
		close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
	if (variant->huge && self->file >= 0) {
		EXPECT_EQ(self->pool_free, pool_number("free_hugepages"));
		EXPECT_EQ(self->pool_reserved, pool_number("resv_hugepages"));
	}
}

static int hold_file(FIXTURE_DATA(memfd) *self, __u32 flags, __u64 offset, __u64 length)
{
	self->stage.hold = (struct pincheck_hold) {
		.flags = flags, .kind = PINCHECK_KIND_MEMFD, .fd = self->file,
		.offset = offset, .len = length,
	};
	return pincheck_hold(self->stage.session, &self->stage.hold);
}

static int hold_whole_file(FIXTURE_DATA(memfd) *self)
{
	return hold_file(self, PINCHECK_HOLD_WRITE, 0, self->bytes);
}

static unsigned char *map_memfd(FIXTURE_DATA(memfd) *self)
{
	self->memory = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	return self->memory;
}

/* Writes samples of each page: whole hugetlb pages take long under emulation. */
static void fill_memory(unsigned char *memory, size_t bytes, unsigned char seed)
{
	for (size_t i = 0; i < bytes; i += 512)
		memory[i] = seed + i / PAGE_BYTES;
}

static bool is_filled(const unsigned char *memory, size_t bytes, unsigned char seed)
{
	for (size_t i = 0; i < bytes; i += 512) {
		if (memory[i] != (unsigned char)(seed + i / PAGE_BYTES))
			return false;
	}
	return true;
}

static bool is_zero(const unsigned char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (memory[i])
			return false;
	}
	return true;
}

/* Return: the bytes of the hold as the device reads them, for the caller to free, or NULL. */
static unsigned char *device_reads(FIXTURE_DATA(memfd) *self)
{
	size_t length = self->stage.hold.len;
	unsigned char *bytes = malloc(length);

	if (pincheck_read(self->stage.session, self->stage.hold.hold, 0, bytes, length) ==
	    (ssize_t)length)
		return bytes;
	free(bytes);
	return NULL;
}

static bool device_sees_fill(FIXTURE_DATA(memfd) *self, unsigned char seed)
{
	unsigned char *bytes = device_reads(self);
	bool sees = bytes && is_filled(bytes, self->stage.hold.len, seed);

	free(bytes);
	return sees;
}

/* With the feature bit holds work; without it the errno and the reason say why not. */
CASE(memfd, feature_is_the_truth, .rows = "R49")
{
	bool offered = self->info.features & PINCHECK_FEAT_MEMFD;

	EXPECT_EQ(offered ? 0 : -EOPNOTSUPP, hold_whole_file(self));
	EXPECT_EQ(offered ? PINCHECK_REASON_NONE : PINCHECK_REASON_ABSENT,
		  self->stage.hold.reason);
	evidence("memfd_pin_folios=%s reason=%s", offered ? "offered" : "absent",
		 pincheck_reason_name(self->stage.hold.reason));
}

/*
 * R50: memory allocated for a hold must not show its former contents. Writes to the whole pool and
 * releases it, so that it is dirty first.
 */
static int dirty_the_memory(FIXTURE_DATA(memfd) *self, unsigned int flags)
{
	size_t bytes = flags & MFD_HUGETLB ? self->pool_free * PMD_BYTES : 64 * self->bytes;
	int file = memfd_create("dirt", flags);
	unsigned char *memory;

	if (file < 0 || ftruncate(file, bytes))
		return -errno;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (memory == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < bytes; i += 256)
		memory[i] = 0xa5;
	munmap(memory, bytes);
	return 0;
}

CASE(memfd, hold_before_touch, .rows = "R49 R50")
{
	unsigned char *device, *memory;

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_EQ(0, dirty_the_memory(self, variant->flags));
	ASSERT_EQ(0, hold_whole_file(self));
	EXPECT_EQ(self->bytes / self->stage.page, self->stage.hold.pages);
	/* The hold takes no page that others reserved. */
	if (variant->huge)
		EXPECT_EQ(self->pool_reserved, pool_number("resv_hugepages"));
	device = device_reads(self);
	ASSERT_NE(NULL, device);
	EXPECT_TRUE(is_zero(device, self->bytes));
	memory = map_memfd(self);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	EXPECT_TRUE(is_zero(memory, self->bytes));
	fill_memory(memory, self->bytes, 0x21);
	EXPECT_TRUE(device_sees_fill(self, 0x21));
	unmap_file(self);
	free(device);
	evidence("bytes=%zu note=\"held before the first touch: zero, then as written\"",
		 self->bytes);
}

CASE(memfd, both_ways, .rows = "B3 B4 R49")
{
	unsigned char *memory = map_memfd(self), *from_file = malloc(self->bytes);

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	fill_memory(memory, self->bytes, 0x31);
	ASSERT_EQ(0, hold_whole_file(self));
	EXPECT_TRUE(device_sees_fill(self, 0x31));
	fill_memory(from_file, self->bytes, 0x51);
	EXPECT_EQ((ssize_t)self->bytes, pincheck_write(self->stage.session,
						       self->stage.hold.hold, 0, from_file,
						       self->bytes));
	EXPECT_TRUE(is_filled(memory, self->bytes, 0x51));
	memset(from_file, 0, self->bytes);
	EXPECT_EQ((ssize_t)self->bytes, pread(self->file, from_file, self->bytes, 0));
	EXPECT_TRUE(is_filled(from_file, self->bytes, 0x51));
	free(from_file);
	unmap_file(self);
	evidence("note=\"the device reads what mmap() wrote; mmap() and read() see what the device wrote\"");
}

/* The page of each offset is the one that a mapping has there, pinned, and of the right kind. */
CASE(memfd, pages_and_reports, .rows = "R49")
{
	size_t count = self->bytes / self->stage.page;
	struct pincheck_page *pages = calloc(count, sizeof(*pages));
	unsigned char *memory = map_memfd(self);
	struct pincheck_report report;

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	ASSERT_EQ(0, hold_whole_file(self));
	fill_memory(memory, self->bytes, 1);
	ASSERT_EQ(0, pincheck_pages(self->stage.session, self->stage.hold.hold, 0, count, pages));
	for (size_t i = 0; i < count; i += count / 8) {
		__u64 pfn = stage_pfn(memory + i * self->stage.page);

		EXPECT_EQ(pfn, pages[i].pfn) TH_LOG("page %zu", i);
		EXPECT_EQ(PINCHECK_MAPPED_UNKNOWN, pages[i].mapped);
		EXPECT_EQ(PINCHECK_PATH_UNKNOWN, pages[i].path);
		ASSERT_EQ(0, pincheck_report(self->stage.session, &pfn, 1, &report));
		EXPECT_NE(0, report.flags & PINCHECK_PAGE_MAYBE_DMA_PINNED);
		EXPECT_NE(0, report.flags & variant->page_flag);
		/* One pin a folio, however many of its pages are held. */
		EXPECT_EQ(1, report.pins);
	}
	evidence("pages=%zu note=\"as mapped, with one pin for each folio\"", count);
	free(pages);
	unmap_file(self);
}

/* Two pages about the middle, of one folio or of two: each read from its place. */
CASE(memfd, part_of_the_file, .rows = "R49")
{
	size_t page = self->stage.page, at = self->bytes / 2 - page;
	unsigned char *memory = map_memfd(self), bytes[2];

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	memory[at] = 0x61;
	memory[at + page] = 0x62;
	ASSERT_EQ(0, hold_file(self, PINCHECK_HOLD_WRITE, at, 2 * page));
	EXPECT_EQ(2, self->stage.hold.pages);
	for (size_t i = 0; i < 2; i++)
		EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold, i * page,
					   &bytes[i], 1));
	EXPECT_EQ(0x61, bytes[0]);
	EXPECT_EQ(0x62, bytes[1]);
	EXPECT_EQ(-EINVAL, pincheck_read(self->stage.session, self->stage.hold.hold, 2 * page,
					 bytes, 1));
	EXPECT_EQ(2, pincheck_release(self->stage.session, self->stage.hold.hold));
	unmap_file(self);
	evidence("pages=2 offset=%#zx note=\"read where they are\"", at);
}

/*
 * The file drops its pages, the device does not: it reads the old bytes, and the file does not see
 * its writes. The file gets new pages of zeros.
 */
static void lose_pages(struct __test_metadata *_metadata, FIXTURE_DATA(memfd) *self,
		       int (*lose)(int file, size_t bytes))
{
	unsigned char *memory = map_memfd(self), byte = 0xee;

	ASSERT_NE(MAP_FAILED, (void *)memory);
	fill_memory(memory, self->bytes, 0x41);
	ASSERT_EQ(0, hold_whole_file(self));
	ASSERT_EQ(0, lose(self->file, self->bytes));
	EXPECT_TRUE(device_sees_fill(self, 0x41));
	EXPECT_EQ(0, memory[0]);
	EXPECT_EQ(0, memory[self->bytes - 1]);
	EXPECT_EQ(1, pincheck_write(self->stage.session, self->stage.hold.hold, 0, &byte, 1));
	EXPECT_EQ(0, memory[0]);
	memory[0] = 0x77;
	EXPECT_EQ(1, pincheck_read(self->stage.session, self->stage.hold.hold, 0, &byte, 1));
	EXPECT_EQ(0xee, byte);
	unmap_file(self);
	EXPECT_EQ((long)(self->bytes / self->stage.page),
		  pincheck_release(self->stage.session, self->stage.hold.hold));
	evidence("note=\"the device keeps what it holds, the file has new pages of zeros\"");
}

static int punch_hole(int file, size_t bytes)
{
	return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bytes);
}

static int truncate_and_grow(int file, size_t bytes)
{
	return ftruncate(file, 0) || ftruncate(file, bytes);
}

CASE(memfd, hole_under_hold, .rows = "R49")
{
	SUITE_NEEDS(NEEDS_MEMFD);
	lose_pages(_metadata, self, punch_hole);
}

CASE(memfd, truncate_under_hold, .rows = "R49")
{
	SUITE_NEEDS(NEEDS_MEMFD);
	lose_pages(_metadata, self, truncate_and_grow);
}

/* Only the device still has the pages. */
CASE(memfd, file_gone, .rows = "R49")
{
	unsigned char *memory = map_memfd(self);

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	fill_memory(memory, self->bytes, 0x71);
	ASSERT_EQ(0, hold_whole_file(self));
	unmap_file(self);
	ASSERT_EQ(0, close(self->file));
	self->file = hugetlb_pool_memfd("pincheck", variant->flags);
	EXPECT_TRUE(device_sees_fill(self, 0x71));
	evidence("note=\"file closed and unmapped: the device still sees its bytes\"");
}

/* Holds of the same folios add up, and are released one by one. */
CASE(memfd, holds_add_up, .rows = "R49")
{
	unsigned char *memory = map_memfd(self);
	struct pincheck_report report;
	__u32 first;

	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	memory[0] = 1;
	ASSERT_EQ(0, hold_whole_file(self));
	first = self->stage.hold.hold;
	ASSERT_EQ(0, hold_file(self, 0, 0, self->stage.page));
	ASSERT_EQ(0, stage_report(&self->stage, memory, &report));
	EXPECT_EQ(2, report.pins);
	EXPECT_LT(0, pincheck_release(self->stage.session, first));
	ASSERT_EQ(0, stage_report(&self->stage, memory, &report));
	EXPECT_EQ(1, report.pins);
	EXPECT_EQ(1, pincheck_release(self->stage.session, self->stage.hold.hold));
	ASSERT_EQ(0, stage_report(&self->stage, memory, &report));
	EXPECT_EQ(0, report.pins);
	unmap_file(self);
	evidence("holds=2 pins_in_turn=2,1,0");
}

/* Sealing fails during a hold for writing, and such a hold fails after sealing. */
CASE(memfd, sealed, .rows = "R49 P40")
{
	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_EQ(0, hold_whole_file(self));
	EXPECT_EQ(-1, fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_LT(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	ASSERT_EQ(0, fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(-EPERM, hold_whole_file(self));
	EXPECT_EQ(PINCHECK_REASON_ACCESS, self->stage.hold.reason);
	/* memfd_pin_folios() does not look at seals: its callers have to. */
	EXPECT_EQ(1, self->stage.hold.slow_pages);
	EXPECT_EQ(0, hold_file(self, 0, 0, self->bytes));
	evidence("seal_while_held=EBUSY write_hold_once_sealed=EPERM read_hold_once_sealed=held");
}

CASE(memfd, charged, .rows = "R49")
{
	SUITE_NEEDS(NEEDS_MEMFD);
	ASSERT_EQ(0, vm_pin_kib());
	ASSERT_EQ(0, hold_whole_file(self));
	EXPECT_EQ((long)self->bytes / 1024, vm_pin_kib());
	EXPECT_LT(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	EXPECT_EQ(0, vm_pin_kib());
	evidence("vm_pin_kib=%zu vm_pin_kib_after=0", self->bytes / 1024);
}

/*
 * ACCURACY, CLEAN. A hugetlb file has a hole, and the pool has no page to fill it. A shmem file is
 * the control: it needs no pool.
 */
CASE(memfd, hugetlb_pool_empty, .rows = "R49 D23")
{
	bool huge = variant->huge;
	void *others;
	size_t bytes;
	int error;

	SUITE_NEEDS(NEEDS_MEMFD | NEEDS_HUGETLB);
	others = hugetlb_pool_reserve(&bytes);
	ASSERT_NE(MAP_FAILED, others);
	error = hold_whole_file(self);
	evidence("reserved_bytes=%zu outcome=\"%s\" reason=%s", bytes,
		 error ? strerror(-error) : "held", pincheck_reason_name(self->stage.hold.reason));
	EXPECT_EQ(huge ? -ENOMEM : 0, error);
	EXPECT_EQ(huge ? PINCHECK_REASON_POOL : PINCHECK_REASON_NONE, self->stage.hold.reason);
	EXPECT_EQ(0, others ? munmap(others, bytes) : 0);
	if (!error)
		EXPECT_LT(0, pincheck_release(self->stage.session, self->stage.hold.hold));
}

/* HOLD refuses these before it looks at a file, so on every kernel. */
CASE(memfd, bad_arguments, .rows = "P1")
{
	const __u64 page = self->stage.page, past = 1ULL << 63;
	const struct pincheck_hold good = { .kind = PINCHECK_KIND_MEMFD, .fd = self->file,
					    .len = page };
	struct pincheck_hold bad[12];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	bad[0].len = 0;
	bad[1].len = page + 1;
	bad[2].offset = 1;
	bad[3].offset = past;
	bad[4].offset = 0 - page;
	bad[5].len = 0 - page;
	bad[6].addr = (uintptr_t)self->stage.memory;
	bad[7].path = PINCHECK_PATH_SLOW;
	bad[8].flags = PINCHECK_HOLD_FORCE;
	bad[9].pid = getpid();
	bad[10] = bad[11] = (struct pincheck_hold) {
		.kind = PINCHECK_KIND_PIN, .path = PINCHECK_PATH_FAST, .len = page,
		.addr = (uintptr_t)self->stage.memory,
	};
	bad[10].fd = self->file;
	bad[11].offset = page;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, pincheck_hold(self->stage.session, &bad[i])) TH_LOG("%zu", i);
		EXPECT_EQ(PINCHECK_REASON_ARGUMENT, bad[i].reason) TH_LOG("%zu", i);
	}
	evidence("bad_arguments=%zu errno=EINVAL", ARRAY_SIZE(bad));
}

struct refusal {
	int file;
	__u32 flags;
	__u64 offset;
	int error;
	__u32 reason;
	bool given;	/* memfd_pin_folios() gave the page: only the module refuses */
};

static void expect_file_refused(struct __test_metadata *_metadata, FIXTURE_DATA(memfd) *self,
				struct refusal wanted)
{
	int file = self->file;

	self->file = wanted.file;
	EXPECT_EQ(wanted.error, hold_file(self, wanted.flags, wanted.offset, self->stage.page))
		TH_LOG("file %d", wanted.file);
	EXPECT_EQ(wanted.reason, self->stage.hold.reason) TH_LOG("file %d", wanted.file);
	EXPECT_EQ(wanted.offset, self->stage.hold.fail_addr);
	EXPECT_EQ(0, self->stage.hold.hold);
	EXPECT_EQ(wanted.given, self->stage.hold.slow_pages) TH_LOG("file %d", wanted.file);
	self->file = file;
}

/*
 * The kernel itself refuses other files, and pages past the end. It is the caller who has to look at the
 * mode of the file; topic memfd.sealed does so with seals.
 */
CASE(memfd, bad_files, .rows = "P1 P40")
{
	int ends[2], device = open("/dev/zero", O_RDWR);
	int read_only;
	char path[64];

	SUITE_NEEDS(NEEDS_MEMFD);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->file);
	read_only = open(path, O_RDONLY);
	ASSERT_LE(0, read_only);
	ASSERT_EQ(0, pipe(ends));
	/* Of hugetlb the kernel is asked only for pages that the file has. */
	ASSERT_NE(MAP_FAILED, (void *)map_memfd(self));
	self->memory[0] = 1;
	unmap_file(self);
	expect_file_refused(_metadata, self, (struct refusal) { -1, 0, 0, -EBADF,
								PINCHECK_REASON_ARGUMENT, false });
	expect_file_refused(_metadata, self, (struct refusal) { 1000, 0, 0, -EBADF,
								PINCHECK_REASON_ARGUMENT, false });
	expect_file_refused(_metadata, self, (struct refusal) { ends[0], 0, 0, -EINVAL,
								PINCHECK_REASON_FILE, false });
	expect_file_refused(_metadata, self, (struct refusal) { device, 0, 0, -EINVAL,
								PINCHECK_REASON_FILE, false });
	expect_file_refused(_metadata, self, (struct refusal) { self->stage.session, 0, 0, -EINVAL,
								PINCHECK_REASON_FILE, false });
	expect_file_refused(_metadata, self, (struct refusal) { read_only, PINCHECK_HOLD_WRITE, 0,
								-EACCES, PINCHECK_REASON_ACCESS, true });
	expect_file_refused(_metadata, self, (struct refusal) { self->file, 0, self->bytes, -EINVAL,
								PINCHECK_REASON_UNMAPPED, false });
	close(ends[0]);
	close(ends[1]);
	close(device);
	close(read_only);
	evidence("note=\"no file, other files, closed for writing, past the end: each refused with a reason\"");
}

PINCHECK_TEST_MAIN
