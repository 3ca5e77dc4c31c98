// SPDX-License-Identifier: GPL-2.0-only
/*
 * PFNMAP: device memory, mapped by page frame number: what mmap() allows and refuses, that GUP
 * refuses all of it, and what ptrace sees. One variant a flavour of the mapping.
 */
#include "suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "device_memory.h"
#include "stage.h"

FIXTURE(pfnmap)
{
	struct stage stage;
	unsigned char *device;
	size_t bytes;
};

DEVICE_TOPIC(pfnmap)

SUITE_FACTS(pfnmap)
{
	facts->memory = name;
}

FIXTURE_SETUP(pfnmap)
{
	DEVICE_SETUP(0);
}

/* New device memory is zero, and keeps what the CPU writes. */
CASE(pfnmap, cpu_reads_and_writes, .rows = "P32")
{
	struct pincheck_revoke counts;
	size_t other = 0;

	for (size_t i = 0; i < self->bytes; i++)
		other += self->device[i] != 0;
	EXPECT_EQ(0, other);
	device_fill(self->device, self->bytes, 7);
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 7));
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &counts));
	EXPECT_EQ(1, counts.mapped);
	EXPECT_EQ(0, counts.refused_faults);
	/* Each flavour maps the memory by faults of its size, or at once. */
	EXPECT_EQ(variant->flavour == &flavour_fault ? self->bytes / self->stage.page : 0,
		  counts.small_faults);
	EXPECT_EQ(variant->flavour->huge, counts.huge_faults);
	evidence("bytes=%zu small_faults=%llu huge_faults=%llu note=\"zero at first\"", self->bytes,
		 counts.small_faults, counts.huge_faults);
}

/* All flavours map the same memory; other sessions have other memory. */
CASE(pfnmap, same_memory, .rows = "P32")
{
	int other_session = pincheck_open();
	unsigned char *same, *other;

	ASSERT_LE(0, other_session);
	same = device_map(self->stage.session, &flavour_fault, PROT_READ | PROT_WRITE);
	other = device_map(other_session, variant->flavour, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)same);
	ASSERT_NE(MAP_FAILED, (void *)other);
	device_fill(same, DEVICE_SMALL_BYTES, 3);
	EXPECT_EQ(0, device_differs(self->device, DEVICE_SMALL_BYTES, 3));
	EXPECT_NE(0, device_differs(other, DEVICE_SMALL_BYTES, 3));
	device_fill(other, DEVICE_SMALL_BYTES, 4);
	EXPECT_EQ(0, device_differs(self->device, DEVICE_SMALL_BYTES, 3));
	munmap(same, DEVICE_SMALL_BYTES);
	munmap(other, self->bytes);
	close(other_session);
	evidence("note=\"seen by another flavour of the session, not by another session\"");
}

/*
 * A mapping from within the memory, whose address and offset do not fit a PMD: the memory is mapped
 * by pages, each at its place.
 */
CASE(pfnmap, part_of_it, .rows = "B54")
{
	size_t page = self->stage.page, bytes = self->bytes - 2 * page, wrong = 0;
	struct pincheck_revoke before, after;
	unsigned char *memory;
	uint64_t word;

	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, 4));
	ASSERT_EQ(0, munmap(self->device, self->bytes));
	memory = mmap(self->device, bytes, PROT_READ, variant->flavour->map | MAP_FIXED_NOREPLACE,
		      self->stage.session, variant->flavour->offset + page);
	ASSERT_EQ(self->device, memory);
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &before));
	for (size_t i = 0; i < bytes; i += page) {
		memcpy(&word, memory + i, sizeof(word));
		wrong += word != device_word(4, page + i);
	}
	ASSERT_EQ(0, pincheck_revoke(self->stage.session, 1, &after));
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(before.huge_faults, after.huge_faults);
	EXPECT_EQ(variant->flavour->comes_back ? bytes / page : 0,
		  after.small_faults - before.small_faults);
	evidence("pages=%zu small_faults=%llu huge_faults=0 note=\"from the second page on, each in its place\"",
		 bytes / page, after.small_faults - before.small_faults);
}

/* Row B53: GUP refuses device memory, by either path, and leaves no reference. */
static void expect_gup_refused(struct __test_metadata *_metadata, FIXTURE_DATA(pfnmap) *self,
			       struct hold_row row)
{
	EXPECT_EQ(-EFAULT, stage_hold(&self->stage, row, self->device, self->bytes))
		TH_LOG("kind %u path %u flags %#x", row.kind, row.path, row.flags);
	EXPECT_EQ(PINCHECK_REASON_PFNMAP, self->stage.hold.reason);
	EXPECT_EQ(0, self->stage.hold.pages);
	EXPECT_EQ((uintptr_t)self->device, self->stage.hold.fail_addr);
}

CASE(pfnmap, gup_refused, .rows = "B53")
{
	static const struct hold_row rows[] = {
#define HOLD_ROW(name, kind, path, flags)	STAGE_ROW(kind, path, flags),
		FOR_EACH_HOLD_ROW(HOLD_ROW)
		STAGE_ROW(PIN, FAST, PINCHECK_HOLD_FORCE),
		STAGE_ROW(PIN, SLOW, PINCHECK_HOLD_FORCE),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_gup_refused(_metadata, self, rows[i]);
	/* Again with all page table entries present: GUP-fast reads those. */
	EXPECT_NE(0, device_differs(self->device, self->bytes, 9));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_gup_refused(_metadata, self, rows[i]);
	evidence("ways=%zu errno=EFAULT reason=pfnmap note=\"to pin or get it, untouched and touched\"",
		 ARRAY_SIZE(rows));
}

/* HMM refuses device memory before the module sees an answer that it would have to refuse. */
CASE(pfnmap, hmm_refused, .rows = "B53 P40")
{
	static const struct hold_row rows[] = {
#define OTHER_HOLD_ROW(name, kind, path, flags)	STAGE_ROW(kind, path, flags),
		FOR_EACH_OTHER_HOLD_ROW(OTHER_HOLD_ROW)
	};

	SUITE_NEEDS(NEEDS_MIRROR);
	EXPECT_NE(0, device_differs(self->device, self->bytes, 9));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_gup_refused(_metadata, self, rows[i]);
		EXPECT_EQ(0, self->stage.hold.slow_pages);
	}
	evidence("ways=%zu errno=EFAULT reason=pfnmap note=\"to mirror it\"", ARRAY_SIZE(rows));
}

static ssize_t proc_access(void *buffer, size_t bytes, const void *address, bool write_it)
{
	int file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	off_t at = (uintptr_t)address;
	ssize_t done;

	if (file < 0)
		return -errno;
	done = write_it ? pwrite(file, buffer, bytes, at) : pread(file, buffer, bytes, at);
	done = done < 0 ? -errno : done;
	close(file);
	return done;
}

/*
 * Where GUP refuses, /proc/PID/mem asks the driver (access_process_vm). Only the driver checks what
 * the mapping allows. For a private mapping the driver has no answer.
 */
CASE(pfnmap, proc_mem, .rows = "B53")
{
	size_t at = self->stage.page - 8;	/* across two pages */
	uint64_t words[2] = { 0 };
	const bool shared = variant->flavour->map == MAP_SHARED;

	memset(self->device + at, 0x5a, sizeof(words));
	EXPECT_EQ(shared ? 16 : -EIO, proc_access(words, sizeof(words), self->device + at, false));
	EXPECT_EQ(shared ? 0x5a5a5a5a5a5a5a5aULL : 0, words[1]);
	memset(words, 0x6b, sizeof(words));
	EXPECT_EQ(shared ? 16 : -EIO, proc_access(words, sizeof(words), self->device + at, true));
	EXPECT_EQ(shared ? 0x6b : 0x5a, self->device[at + 15]);

	/* R59: /proc/self/mem writes by force, but not through a read-only mapping. */
	ASSERT_EQ(0, mprotect(self->device, self->bytes, PROT_READ));
	memset(words, 0x7c, sizeof(words));
	EXPECT_EQ(-EIO, proc_access(words, sizeof(words), self->device + at, true));
	EXPECT_EQ(shared ? 0x6b : 0x5a, self->device[at + 15]);
	evidence("proc_self_mem=\"%s\" through_read_only=EIO", shared ? "read and written" : "EIO");
}

/* The mapping moves, splits and is inherited, but does not grow: all bytes stay in place. */
CASE(pfnmap, moves_and_splits, .rows = "P32")
{
	size_t half = self->bytes / 2;
	unsigned char *elsewhere, *moved;
	struct toucher child;
	uint64_t word;

	ASSERT_EQ(0, device_fill_by(self->stage.session, self->bytes, 5));
	elsewhere = mmap(NULL, self->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)elsewhere);
	EXPECT_EQ(MAP_FAILED, mremap(self->device, half, self->bytes, MREMAP_MAYMOVE));
	moved = mremap(self->device + half, half, half, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere);
	ASSERT_NE(MAP_FAILED, (void *)moved) TH_LOG("%s", strerror(errno));
	EXPECT_EQ(0, device_differs(self->device, half, 5));
	ASSERT_EQ(0, munmap(self->device, half - self->stage.page));
	for (size_t i = 0; i < half; i += self->stage.page) {
		memcpy(&word, moved + i, sizeof(word));
		EXPECT_EQ(device_word(5, half + i), word);
	}
	memcpy(&word, self->device + half - self->stage.page, sizeof(word));
	EXPECT_EQ(device_word(5, half - self->stage.page), word);
	EXPECT_EQ(SIGSEGV, touch_read(self->device, &word));
	ASSERT_EQ(0, toucher_start(&child, moved));
	EXPECT_EQ(0, toucher_reads(&child, &word));
	EXPECT_EQ(device_word(5, half), word);
	EXPECT_EQ(0, toucher_end(&child));
	munmap(elsewhere, self->bytes);
	evidence("note=\"half moved, all but a page of the rest unmapped, inherited: each page in its place\"");
}

/* CLEAN: a mapping alone keeps the session, and ends the session with it. */
CASE(pfnmap, outlives_descriptor, .rows = "P19")
{
	struct pin_accounting now, with_it;

	ASSERT_EQ(0, pin_accounting_read(&with_it));
	close(self->stage.session);
	self->stage.session = -1;
	device_fill(self->device, self->bytes, 6);
	EXPECT_EQ(0, device_differs(self->device, self->bytes, 6));
	ASSERT_EQ(0, pin_accounting_read(&now));
	EXPECT_EQ(with_it.sessions, now.sessions);
	munmap(self->device, self->bytes);
	self->device = MAP_FAILED;
	ASSERT_EQ(0, pin_accounting_read(&now));
	EXPECT_EQ(with_it.sessions - 1, now.sessions);
	evidence("note=\"descriptor closed: the mapping kept the session until munmap()\"");
}

/* CLEAN: a mapping prevents unloading the module. */
CASE(pfnmap, keeps_module, .rows = "P26")
{
	struct pin_accounting now;

	close(self->stage.session);
	self->stage.session = -1;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "pincheck", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, pin_accounting_read(&now));
	EXPECT_NE(0, device_differs(self->device, self->bytes, 6));
	evidence("delete_module=EWOULDBLOCK note=\"with nothing but a mapping\"");
}

PINCHECK_TEST_MAIN
