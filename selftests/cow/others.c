// SPDX-License-Identifier: GPL-2.0-only
/*
 * others: other processes and tracers read, write and advise memory that a device holds. What they
 * write, the device sees; what they do beside the held page, the held page does not notice; a page
 * that is held stays the process's page (B10, B11).
 */
#include "other_suite.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "file.h"
#include "guard.h"
#include "other_write.h"
#include "uprobe.h"

/* No hold, a driver's pin, what O_DIRECT and vmsplice() held, a mirror. */
#define OTHERS_HOLDS(X, topic, memory)								\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, get_rw_fast)		X(topic, memory, mirror_rw)

/* Shared memory is never copied, so the kind of reference matters less. */
#define OTHERS_FEW_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)

TOPIC(others)
OTHERS_HOLDS(TOPIC_VARIANT, others, base)
OTHERS_HOLDS(TOPIC_VARIANT, others, thp_pmd)
OTHERS_FEW_HOLDS(TOPIC_VARIANT, others, shmem_shared)
OTHERS_FEW_HOLDS(TOPIC_VARIANT, others, hugetlb)
TOPIC_VARIANT(others, base, uring)
TOPIC_VARIANT(others, thp_pmd, uring)
TOPIC_VARIANT(others, shmem_shared, uring)
TOPIC_VARIANT(others, hugetlb, uring)
/* For breakpoints: a file that may be executed. */
OTHERS_HOLDS(TOPIC_VARIANT, others, shmem_private)
OTHERS_HOLDS(TOPIC_VARIANT, others, ext4_private)

static int write_process_vm(const struct memory *memory, pid_t owner)
{
	uint64_t words[AREA_WORDS];
	int error = 0;

	for (size_t i = 0; i < memory->samples && !error; i++) {
		struct iovec mine = { words, AREA_BYTES };
		struct iovec theirs = { area_address(memory, i), AREA_BYTES };

		pattern_make(memory, CPU_AREA, i, AFTER, words);
		error = all_area_bytes(process_vm_writev(owner, &mine, 1, &theirs, 1, 0));
	}
	return error;
}

static int read_process_vm(const struct memory *memory, pid_t owner)
{
	uint64_t words[AREA_WORDS];
	int error = 0;

	for (size_t i = 0; i < memory->samples && !error; i++) {
		struct iovec mine = { words, AREA_BYTES };
		struct iovec theirs = { area_address(memory, i), AREA_BYTES };

		error = all_area_bytes(process_vm_readv(owner, &mine, 1, &theirs, 1, 0));
		if (!error && pattern_generation(memory, CPU_AREA, i, words) != BEFORE)
			error = -EBADMSG;
	}
	return error;
}

static int advise_process_cold(const struct memory *memory, pid_t owner)
{
	return other_event_advise(memory, owner, MADV_COLD);
}

static int by_proc_mem(struct subject *subject)
{
	return other_event_by_process(subject, write_proc_mem);
}

static int by_tracer(struct subject *subject)
{
	return other_event_by_process(subject, poke_as_tracer);
}

static int by_process_vm_writev(struct subject *subject)
{
	return other_event_by_process(subject, write_process_vm);
}

static int by_process_vm_readv(struct subject *subject)
{
	return other_event_by_process(subject, read_process_vm);
}

static int by_process_madvise(struct subject *subject)
{
	return other_event_by_process(subject, advise_process_cold);
}

/* SYNC. A debugger writes: the kernel pins the page for a moment, and copies into that page. */
OTHER_EVENT(others, proc_mem_writes, .rows = "B10 B11", .not_memory = MEMORY_ORIGINAL) {
	.happen = by_proc_mem, .then = AFTER
};

OTHER_EVENT(others, tracer_pokes, .rows = "B10 B11", .not_memory = MEMORY_ORIGINAL) {
	.happen = by_tracer, .then = AFTER
};

OTHER_EVENT(others, process_vm_writes, .rows = "B10 B11", .not_memory = MEMORY_ORIGINAL) {
	.happen = by_process_vm_writev, .then = AFTER
};

/* A remote pin for reading comes and goes beside the hold. */
OTHER_EVENT(others, process_vm_reads, .rows = "B10 B11", .not_memory = MEMORY_ORIGINAL) {
	.happen = by_process_vm_readv
};

/* MADV_COLD by another process ages the pages: neither the mapping nor the page changes. */
OTHER_EVENT(others, advised_cold, .rows = "B10 B11",
	    .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB) {
	.happen = by_process_madvise
};

/* The memory as the CPU has it, with the CPU's areas of AFTER, in a file that is on its disk. */
static int write_pages_after(const struct memory *memory, int file)
{
	char *copy = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
	int error = 0;

	for (size_t i = 0; i < memory->samples && !error; i++) {
		uint64_t words[AREA_WORDS];
		size_t start = memory->sample[i] * PAGE_BYTES;

		memcpy(copy, memory->start + start, PAGE_BYTES);
		pattern_make(memory, CPU_AREA, i, AFTER, words);
		memcpy(copy + area_offset(memory, CPU_AREA, i) - start, words, AREA_BYTES);
		if (pwrite(file, copy, PAGE_BYTES, i * PAGE_BYTES) != (ssize_t)PAGE_BYTES)
			error = -EIO;
	}
	free(copy);
	return !error && fsync(file) ? -errno : error;
}

static int read_pages_direct(const struct memory *memory, int file)
{
	int direct = file_open_direct(file, O_RDONLY), error = 0;

	if (direct < 0)
		return direct;
	for (size_t i = 0; i < memory->samples && !error; i++) {
		char *page = memory_address(memory, memory->sample[i]);

		if (pread(direct, page, PAGE_BYTES, i * PAGE_BYTES) != (ssize_t)PAGE_BYTES)
			error = -EIO;
	}
	close(direct);
	return error;
}

static int read_direct(struct subject *subject)
{
	int file = file_open(&file_ext4), error;

	if (file < 0)
		return file;
	error = write_pages_after(&subject->memory, file);
	if (!error)
		error = read_pages_direct(&subject->memory, file);
	close(file);
	return error;
}

/* A second device, a disk, writes to the memory. */
OTHER_EVENT(others, disk_reads_direct, .rows = "B10 B11 R34", .needs = NEEDS_EXT4,
	    .not_memory = MEMORY_ORIGINAL) {
	.happen = read_direct, .then = AFTER
};

/* The bytes before the CPU's area go into a pipe without a copy: the page itself is in the pipe. */
static int splice_heads(const struct memory *memory, int pipe)
{
	for (size_t i = 0; i < memory->samples; i++) {
		size_t page = memory->sample[i] * PAGE_BYTES;
		struct iovec head = { memory->start + page, area_offset(memory, CPU_AREA, i) - page };

		if (vmsplice(pipe, &head, 1, 0) != (ssize_t)head.iov_len)
			return -errno;
	}
	return 0;
}

static int splice_file(const struct memory *memory, int pipe)
{
	for (size_t i = 0; i < memory->samples; i++) {
		loff_t page = memory->sample[i] * PAGE_BYTES;
		size_t head = area_offset(memory, CPU_AREA, i) - page;

		if (splice(memory->file, &page, pipe, NULL, head, 0) != (ssize_t)head)
			return -errno;
	}
	return 0;
}

/* Then more bytes are written to the pipe. They may not go into the page behind the spliced ones. */
static int write_behind(const struct memory *memory,
			int (*fill)(const struct memory *memory, int pipe))
{
	uint64_t words[AREA_WORDS];
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pattern_make(memory, CPU_AREA, memory->samples - 1, LATER, words);
	error = fill(memory, ends[1]);
	if (!error)
		error = all_area_bytes(write(ends[1], words, AREA_BYTES));
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int write_behind_vmsplice(struct subject *subject)
{
	return write_behind(&subject->memory, splice_heads);
}

static int write_behind_splice(struct subject *subject)
{
	return write_behind(&subject->memory, splice_file);
}

/* ISOLATION, as CVE-2022-0847: a pipe appends to its last page only if that page is its own. */
OTHER_EVENT(others, written_behind_vmsplice, .rows = "B6 B10", .not_memory = MEMORY_ORIGINAL) {
	.happen = write_behind_vmsplice
};

OTHER_EVENT(others, written_behind_splice, .rows = "B6 B10", .memory = MEMORY_SHMEM) {
	.happen = write_behind_splice
};

/* To other addresses and back. The page tables move as a whole where a PMD's range is aligned. */
static int move_and_back(struct subject *subject)
{
	struct memory *memory = &subject->memory;
	char *other = usermem_map(memory->bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (other == MAP_FAILED ||
	    mremap(memory->start, memory->bytes, memory->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		   other) == MAP_FAILED ||
	    mremap(other, memory->bytes, memory->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		   memory->start) == MAP_FAILED)
		return -errno;
	return 0;
}

OTHER_EVENT(others, moved_and_back, .rows = "B10 B11",
	    .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB) {
	.happen = move_and_back
};

/* Huge pages of the pool move by code of their own (550a7d60bd5e, Linux 5.16). */
OTHER_EVENT(others, hugetlb_moved_and_back, .rows = "B10 B11", .memory = MEMORY_HUGETLB,
	    .needs = NEEDS_HUGETLB_MREMAP) {
	.happen = move_and_back
};

/* munlock() and mlock() move pages between lists of reclaim, by batches that refer to the page. */
static int lock_and_unlock(struct subject *subject)
{
	const struct memory *memory = &subject->memory;

	if (mlock(memory->start, memory->bytes) || munlock(memory->start, memory->bytes))
		return -errno;
	return usermem_drain_lru();
}

OTHER_EVENT(others, locked, .rows = "B10 B11", .not_memory = MEMORY_ORIGINAL) {
	.happen = lock_and_unlock
};

/* All base pages but the first. */
static int advise_beside(struct subject *subject, int advice)
{
	const struct memory *memory = &subject->memory;

	return madvise(memory_address(memory, 1), memory->bytes - PAGE_BYTES, advice) ? -errno : 0;
}

static int zap_beside(struct subject *subject)
{
	return advise_beside(subject, MADV_DONTNEED);
}

static int guard_beside(struct subject *subject)
{
	int error = advise_beside(subject, MADV_GUARD_INSTALL);

	return error ? error : advise_beside(subject, MADV_GUARD_REMOVE);
}

static int punch_beside(struct subject *subject)
{
	return advise_beside(subject, MADV_REMOVE);
}

/* The neighbours of the held page go; of a huge page, the PMD is split, and the rest is zapped. */
OTHER_EVENT(others, zapped_beside, .rows = "B10 B11 B22", .hold = HOLD_WRITE,
	    .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB | MEMORY_SHMEM) {
	.happen = zap_beside, .part = true, .unheld = UNHELD_LEAVES, .loses = true
};

/* Guard regions zap the pages below them. */
OTHER_EVENT(others, guarded_beside, .rows = "B10 B11", .hold = HOLD_WRITE, .needs = NEEDS_GUARD,
	    .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB | MEMORY_SHMEM) {
	.happen = guard_beside, .part = true, .unheld = UNHELD_LEAVES, .loses = true
};

/* A hole in the file beside the held page. */
OTHER_EVENT(others, punched_beside, .rows = "B10 B11", .hold = HOLD_WRITE, .memory = MEMORY_SHMEM) {
	.happen = punch_beside, .part = true, .unheld = UNHELD_LEAVES, .loses = true
};

static int guard_all(struct subject *subject, int advice)
{
	const struct memory *memory = &subject->memory;

	return madvise(memory->start, memory->bytes, advice) ? -errno : 0;
}

/* ISOLATION: a guard region maps no page. */
static void verdict_guarded(struct subject *subject, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;

	verdict_start(verdict, "ISOLATION");
	if (verdict_lacks_pages(verdict))
		return;
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t pfn = memory_pfn(memory, memory->sample[i]);

		if (pfn)
			verdict_broken(verdict, "a page is mapped in the guard region", memory->sample[i]);
		if (!i)
			verdict_note(verdict, "samples=%zu pfn=%" PRIx64, memory->samples, pfn);
	}
}

/*
 * ISOLATION. A guard region takes the pages from the process, and the device keeps the pages that it
 * holds. Without the region the process gets other pages: neither sees what the other writes.
 */
SCENARIO(others, guarded_over, .rows = "B6 B14", .event = "guard", .needs = NEEDS_GUARD,
	 .not_hold = HOLD_NONE | HOLD_MIRROR, .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB | MEMORY_SHMEM)
{
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(guard_all(subject, MADV_GUARD_INSTALL));
	EXPECT_VERDICT(verdict_guarded, subject);
	EXPECT_VERDICT(verdict_write_protected, subject);
	EXPECT_DEVICE_SEES(subject, BEFORE);
	ASSERT_DONE(guard_all(subject, MADV_GUARD_REMOVE));
	memory_fill(&subject->memory, AFTER);
	EXPECT_FOLLOWS_PAGE(subject, BEFORE, AFTER);
}

/* ISOLATION, SYNC. A device gets no page of a guard region, and none is made for the device. */
SCENARIO(others, held_while_guarded, .rows = "B3 B4", .event = "guard", .needs = NEEDS_GUARD,
	 .not_hold = HOLD_NONE | HOLD_MIRROR, .not_memory = MEMORY_ORIGINAL | MEMORY_HUGETLB | MEMORY_SHMEM)
{
	ASSERT_DONE(guard_all(subject, MADV_GUARD_INSTALL));
	EXPECT_EQ(-EFAULT, subject_hold(subject));
	EXPECT_VERDICT(verdict_guarded, subject);
	ASSERT_DONE(guard_all(subject, MADV_GUARD_REMOVE));
	ASSERT_DONE(subject_hold(subject));
	memory_fill(&subject->memory, AFTER);
	EXPECT_SYNC(subject, AFTER);
}

static struct uprobe breakpoint = { .event = -1 };

/* The kernel sets breakpoints only where the process may not write. */
static int set_breakpoint(struct subject *subject)
{
	struct memory *memory = &subject->memory;
	int error;

	if (mprotect(memory->start, memory->bytes, PROT_READ | PROT_EXEC))
		return -errno;
	error = uprobe_set(&breakpoint, memory->file, memory->start);
	if (mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE))
		return -errno;
	return error;
}

static int remove_breakpoint(struct subject *subject)
{
	(void)subject;
	return uprobe_remove(&breakpoint);
}

/* The page is the process's own copy of a page of the file. */
static int write_copies(struct subject *subject)
{
	memory_fill(&subject->memory, BEFORE);
	return uprobe_prepare(subject->memory.file);
}

static int write_copies_and_set(struct subject *subject)
{
	int error = write_copies(subject);

	return error ? error : set_breakpoint(subject);
}

/*
 * SYNC, R65. A tracer sets a breakpoint, and removes it again. The kernel writes an instruction into
 * the page: up to 6.15 into a copy, which takes the place of the page in the page table.
 */
OTHER_EVENT(others, breakpoint_set, .rows = "B10 B11 R65", .memory = MEMORY_ORIGINAL,
	    .needs = NEEDS_UPROBE) {
	.begin = write_copies, .happen = set_breakpoint, .unheld = UNHELD_ANY
};

OTHER_EVENT(others, breakpoint_removed, .rows = "B10 B11 R65", .memory = MEMORY_ORIGINAL,
	    .needs = NEEDS_UPROBE) {
	.begin = write_copies_and_set, .happen = remove_breakpoint, .unheld = UNHELD_ANY
};

PINCHECK_TEST_MAIN
