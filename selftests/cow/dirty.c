// SPDX-License-Identifier: GPL-2.0-only
/*
 * dirty: between two passes of a dump something happens to the memory. Whatever changed the bytes at
 * an address must read as written, and what did not change must not: the next pass copies what was
 * written, and nothing else. Each tracker is asked twice, since a read may map a page.
 */
#include "tracked.h"
#include <sys/mman.h>
#include <sys/uio.h>
#include "../../tools/lib/pagemap.h"
#include "dump.h"
#include "uprobe.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4	/* Linux 5.7 */
#endif

TRACKED_TOPIC(dirty)

#define PLAIN_PAGES	64

static int populate_plain(struct memory *memory)
{
	memset(memory->start, 1, memory->bytes);
	return memory_populate(memory);
}

static const char *check_plain(struct memory *memory)
{
	for (size_t i = 0; i < memory->samples; i++)
		if (!memory_pfn(memory, memory->sample[i]))
			return "is not there";
	return NULL;
}

/* Nobody advised anything, so that the kernel merges a new mapping with it. */
static const struct memory_kind memory_plain = {
	.name = "plain", .pages = PLAIN_PAGES, .traits = MEMORY_MANY,
	.flags = MAP_PRIVATE | MAP_ANONYMOUS, .populate = populate_plain, .check = check_plain,
};

#define DIRTY_VARIANT(memory, hold, tracker)	TRACKED_VARIANT(dirty, memory, hold, tracker)

#define CHANGED_MEMORY(X, tracker)								\
	X(plain, none, tracker)			X(thp_pmd, none, tracker)			\
	X(mthp, none, tracker)			X(hugetlb, none, tracker)			\
	X(shmem_shared, none, tracker)		X(shmem_private, none, tracker)			\
	X(ext4_shared, none, tracker)		X(ext4_private, none, tracker)		\
	X(tmpfs_huge, none, tracker)

#define DUMPED_MEMORY(X, hold, tracker)								\
	X(plain, hold, tracker)			X(thp_pmd, hold, tracker)			\
	X(thp_pte, hold, tracker)		X(mthp, hold, tracker)				\
	X(hugetlb, hold, tracker)		X(shmem_shared, hold, tracker)

CHANGED_MEMORY(DIRTY_VARIANT, soft_dirty)
CHANGED_MEMORY(DIRTY_VARIANT, uffd_async)
DUMPED_MEMORY(DIRTY_VARIANT, mirror_rw, soft_dirty)
DUMPED_MEMORY(DIRTY_VARIANT, mirror_rw, uffd_sync)
DUMPED_MEMORY(DIRTY_VARIANT, mirror_rw, uffd_async)
DUMPED_MEMORY(DIRTY_VARIANT, pin_rw_lt_fast, uffd_sync)
DUMPED_MEMORY(DIRTY_VARIANT, pin_rw_lt_fast, uffd_async)
/* Topic clear_refs has the other kinds. */
DIRTY_VARIANT(mthp, pin_rw_lt_fast, soft_dirty)
DIRTY_VARIANT(shmem_shared, pin_rw_lt_fast, soft_dirty)
DIRTY_VARIANT(plain, uring, soft_dirty)
DIRTY_VARIANT(shmem_shared, uring, soft_dirty)
DIRTY_VARIANT(plain, uring, uffd_async)

/** struct look - what the tracker and a reader see of each page */
struct look {
	bool written[PMD_PAGES_MAX];
	bool there[PMD_PAGES_MAX];
	uint64_t hash[PMD_PAGES_MAX];
};

static uint64_t hash_page(const uint64_t *words)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < PAGE_BYTES / sizeof(*words); i++)
		hash = (hash ^ words[i]) * 0x100000001b3ULL;
	return hash;
}

/* By a system call: a page without a mapping is no signal. */
static void read_bytes(const struct memory *memory, struct look *look)
{
	static uint64_t words[PAGE_BYTES_MAX / sizeof(uint64_t)];
	struct iovec into = { words, PAGE_BYTES };

	for (size_t i = 0; i < memory_pages(memory); i++) {
		struct iovec from = { memory_address(memory, i), PAGE_BYTES };

		look->there[i] = process_vm_readv(getpid(), &into, 1, &from, 1, 0) == (ssize_t)PAGE_BYTES;
		look->hash[i] = look->there[i] ? hash_page(words) : 0;
	}
}

/**
 * struct change - what happens to memory between two passes
 * @prepare: before the tracker forgets; or NULL
 * @apply: after that; or NULL
 * @same_bytes: the bytes do not change
 */
struct change {
	int (*prepare)(struct memory *memory);
	int (*apply)(struct memory *memory);
	bool same_bytes;
};

static int change_memory(struct memory *memory, const struct tracking *tracking,
			 const struct change *change, struct look *before, struct look *after)
{
	int error = change->prepare ? change->prepare(memory) : 0;

	if (!error)
		error = tracking_forget(tracking);
	read_bytes(memory, before);
	if (!error && change->apply)
		error = change->apply(memory);
	if (!error)
		error = tracking_read(tracking, memory->start, memory_pages(memory), before->written);
	read_bytes(memory, after);
	if (!error)
		error = tracking_read(tracking, memory->start, memory_pages(memory), after->written);
	return error;
}

/** struct outcome - numbers of pages */
struct outcome {
	size_t changed, clean_unread, clean_read, same, dirty;
};

static void judge_page(const struct look *before, const struct look *after, size_t page, bool changed,
		       struct outcome *outcome, struct verdict *verdict)
{
	bool unread = before->written[page], read = after->written[page];

	outcome->changed += changed;
	outcome->clean_unread += changed && !unread;
	outcome->clean_read += changed && !read;
	outcome->same += !changed;
	outcome->dirty += !changed && (unread || read);
	if (changed && (!unread || !read))
		verdict_broken(verdict, "the bytes changed, and the page reads as not written", page);
	else if (!changed && (unread || read))
		verdict_broken(verdict, "the bytes did not change, and the page reads as written", page);
}

static bool bytes_changed(const struct look *before, const struct look *after, size_t page)
{
	return after->there[page] && (!before->there[page] || before->hash[page] != after->hash[page]);
}

/* A PMD maps the memory: one mark for all its pages. */
static bool has_one_mark(const struct memory *memory)
{
	return memory->kind->traits & MEMORY_PMD || memory->kind == &memory_tmpfs_huge;
}

/* TRACKING. */
static void verdict_change(struct subject *subject, const struct change *change,
			   const struct look *before, const struct look *after, struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;
	bool one_mark = has_one_mark(memory), any = false;
	struct outcome outcome = { 0 };
	size_t page;

	verdict_start(verdict, "TRACKING");
	for (page = 0; page < memory_pages(memory); page++)
		any |= bytes_changed(before, after, page);
	if (any == change->same_bytes)
		return verdict_failed(verdict, "the change did not do what it is to do",
				      cause_say(-ENODATA, "%s", any ? "bytes changed" : "no byte changed"));
	for (page = 0; page < memory_pages(memory); page++)
		if (after->there[page])
			judge_page(before, after, page,
				   one_mark ? any : bytes_changed(before, after, page), &outcome, verdict);
	verdict_note(verdict, "tracker=%s changed=%zu clean_unread=%zu clean_once_read=%zu",
		     case_tracker()->name, outcome.changed, outcome.clean_unread, outcome.clean_read);
	verdict_note(verdict, "unchanged=%zu dirty_unchanged=%zu", outcome.same, outcome.dirty);
}

static void expect_tracked(struct __test_metadata *_metadata, struct subject *subject,
			   const struct change *change)
{
	static struct look before, after;
	static struct tracking tracking;
	struct memory *memory = &subject->memory;

	NEEDS_TRACKER(subject);
	ASSERT_DONE(tracking_begin(&tracking, case_tracker(), memory, 0));
	ASSERT_DONE(change_memory(memory, &tracking, change, &before, &after));
	EXPECT_VERDICT(verdict_change, subject, change, &before, &after);
	tracking_end(&tracking);
}

#define EXPECT_TRACKED(subject, ...)								\
	expect_tracked(_metadata, subject, &(const struct change) { __VA_ARGS__ })

/* What a change is to hit: some pages in the middle, the middle one, or all that a PMD maps. */
static char *target_of(const struct memory *memory, size_t *bytes)
{
	if (has_one_mark(memory)) {
		*bytes = memory->bytes;
		return memory->start;
	}
	*bytes = memory->kind->traits & MEMORY_MANY ? 4 * PAGE_BYTES : PAGE_BYTES;
	return memory_address(memory, memory->kind->traits & MEMORY_MANY ? 20 : memory->sample[1]);
}

static int write_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		target[at + 7] ^= 0x55;
	return 0;
}

static int advise_target(struct memory *memory, int advice)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return madvise(target, bytes, advice) ? -errno : 0;
}

static int discard_target(struct memory *memory)
{
	return advise_target(memory, MADV_DONTNEED);
}

static int write_and_discard_target(struct memory *memory)
{
	write_target(memory);
	return discard_target(memory);
}

static size_t present_pages(const struct memory *memory, const char *start, size_t bytes)
{
	size_t present = 0;

	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		present += !!(pagemap_entry(memory->pagemap, start + at) & PAGEMAP_PRESENT);
	return present;
}

/* A page that waits in an LRU batch, or for its write-out, stays: reclaim is asked again. */
static int reclaim_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);
	int error = 0;

	if (memory->kind->file && msync(memory->start, memory->bytes, MS_SYNC))
		return -errno;
	while (!error && present_pages(memory, target, bytes) && suite_has_time()) {
		error = usermem_drain_lru();
		if (!error)
			error = advise_target(memory, MADV_PAGEOUT);
		moment_goes_on(moment_end());
	}
	if (!error && present_pages(memory, target, bytes))
		error = cause_say(-EBUSY, "reclaim leaves pages of %s memory where they are",
				  memory->kind->name);
	return error;
}

static int write_and_reclaim_target(struct memory *memory)
{
	write_target(memory);
	return reclaim_target(memory);
}

static int free_target(struct memory *memory)
{
	int error = advise_target(memory, MADV_FREE);

	return error ? error : reclaim_target(memory);
}

/* The control: nothing happens. */
SCENARIO(dirty, nothing, .rows = "B20", .hold = HOLD_NONE, .event = "none")
{
	EXPECT_TRACKED(subject, .same_bytes = true);
}

/* A write by the CPU, and to these pages only. */
SCENARIO(dirty, written, .rows = "B20 B27 R67", .hold = HOLD_NONE, .event = "write")
{
	EXPECT_TRACKED(subject, .apply = write_target);
}

/*
 * MADV_DONTNEED: anonymous memory reads as zeroes, and a private copy of a file's page gives way to the
 * file's page.
 */
SCENARIO(dirty, discarded, .rows = "R69 R78", .hold = HOLD_NONE, .event = "dontneed",
	 .not_memory = MEMORY_HUGETLB | MEMORY_SHMEM | MEMORY_TRACKED)
{
	EXPECT_TRACKED(subject, .prepare = write_target, .apply = discard_target);
}

/* Of shared memory MADV_DONTNEED drops the entry only: the bytes that were written stay. */
SCENARIO(dirty, written_and_dropped, .rows = "R68", .hold = HOLD_NONE, .event = "dontneed",
	 .not_memory = MEMORY_HUGETLB | MEMORY_LARGE | MEMORY_MANY | MEMORY_ORIGINAL)
{
	EXPECT_TRACKED(subject, .apply = write_and_discard_target);
}

/* Written, reclaimed, and read in again. The mark of a shared page goes with its entry. */
SCENARIO(dirty, written_and_reclaimed, .rows = "R68", .hold = HOLD_NONE, .event = "swap",
	 .not_memory = MEMORY_HUGETLB, .needs = NEEDS_SWAP)
{
	EXPECT_TRACKED(subject, .apply = write_and_reclaim_target);
}

/* MADV_FREE, then reclaim: the process allowed the kernel to forget the bytes. */
SCENARIO(dirty, freed_and_reclaimed, .rows = "R69", .hold = HOLD_NONE, .event = "free",
	 .memory = MEMORY_MANY, .needs = NEEDS_SWAP)
{
	EXPECT_TRACKED(subject, .apply = free_target);
}

static int split_target(struct memory *memory)
{
	return usermem_split(memory->start);
}

static int write_and_split_target(struct memory *memory)
{
	write_target(memory);
	return split_target(memory);
}

static int punch_target(struct memory *memory)
{
	return advise_target(memory, MADV_REMOVE);
}

/* PTEs map a huge page that is clean: each of them has a mark of its own from now on. */
SCENARIO(dirty, mapping_split, .rows = "B26 R76", .hold = HOLD_NONE, .event = "split",
	 .memory = MEMORY_PMD, .not_memory = MEMORY_HUGETLB)
{
	EXPECT_TRACKED(subject, .apply = split_target, .same_bytes = true);
}

/* The split of a PMD that maps a file drops the PMD: page faults bring the pages back one by one. */
SCENARIO(dirty, written_and_split, .rows = "R68", .hold = HOLD_NONE, .event = "split",
	 .memory = MEMORY_LARGE | MEMORY_SHMEM)
{
	EXPECT_TRACKED(subject, .apply = write_and_split_target);
}

/* MADV_REMOVE punches a hole into the file: its pages read as zeroes. */
SCENARIO(dirty, punched, .rows = "R69 R78", .hold = HOLD_NONE, .event = "punch", .memory = MEMORY_SHMEM)
{
	EXPECT_TRACKED(subject, .apply = punch_target);
}

/* The probed page becomes a copy of the process's own before the tracker forgets. */
static int write_copy_to_probe(struct memory *memory)
{
	memory_fill_sample(memory, 0, AFTER);
	return uprobe_prepare(memory->file);
}

/* The kernel sets breakpoints only where the process may not write. */
static int set_breakpoint_and_keep(struct memory *memory)
{
	static struct uprobe breakpoint;
	int error;

	if (mprotect(memory->start, memory->bytes, PROT_READ | PROT_EXEC))
		return -errno;
	error = uprobe_set(&breakpoint, memory->file, memory->start);
	if (mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE))
		return -errno;
	return error;
}

/* A tracer's breakpoint is an instruction that the kernel writes into the process's page. */
SCENARIO(dirty, breakpoint_set, .rows = "R65 R75", .hold = HOLD_NONE, .event = "uprobe",
	 .memory = MEMORY_ORIGINAL, .needs = NEEDS_UPROBE)
{
	EXPECT_TRACKED(subject, .prepare = write_copy_to_probe, .apply = set_breakpoint_and_keep);
}

/* Mappings: from here on of anonymous memory of many pages only. */

static int map_at(char *start, size_t bytes, int protection)
{
	return mmap(start, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	       MAP_FAILED ? -errno : 0;
}

static int map_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return map_at(target, bytes, PROT_READ | PROT_WRITE);
}

static int map_target_protected(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);
	int error = map_at(target, bytes, PROT_READ);

	if (!error && mprotect(target, bytes, PROT_READ | PROT_WRITE))
		error = -errno;
	return error;
}

static int protect_all(struct memory *memory)
{
	return mprotect(memory->start, memory->bytes, PROT_READ) ? -errno : 0;
}

/*
 * The new mapping stays as it is, and the mapping before it becomes equal to it. One page of the new
 * mapping is written: up to 6.15 a mapping that has pages does not merge with one that has none.
 */
static int unprotect_before_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);
	int error = map_at(target, bytes, PROT_READ | PROT_WRITE);

	if (!error)
		*target = 3;
	if (!error && mprotect(memory->start, target - memory->start, PROT_READ | PROT_WRITE))
		error = -errno;
	return error;
}

static int unmap_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return munmap(target, bytes) ? -errno : 0;
}

static int map_first_of_target(struct memory *memory)
{
	size_t bytes;

	return map_at(target_of(memory, &bytes), PAGE_BYTES, PROT_READ | PROT_WRITE);
}

static int map_last_of_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return map_at(target + bytes - PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE);
}

static int grow_over_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);
	int error = unmap_target(memory);

	if (!error && mremap(target - PAGE_BYTES, PAGE_BYTES, PAGE_BYTES + bytes, 0) == MAP_FAILED)
		error = -errno;
	return error;
}

static char *elsewhere;

static int map_elsewhere(struct memory *memory)
{
	size_t bytes;

	target_of(memory, &bytes);
	elsewhere = usermem_map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	return elsewhere == MAP_FAILED ? -errno : 0;
}

static int write_elsewhere(struct memory *memory)
{
	size_t bytes;
	int error = map_elsewhere(memory);

	target_of(memory, &bytes);
	if (!error)
		memset(elsewhere, 2, bytes);
	return error;
}

static int move_over_target(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return mremap(elsewhere, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target) == MAP_FAILED ?
	       -errno : 0;
}

/* The mapping stays, without its pages. */
static int move_target_away(struct memory *memory)
{
	size_t bytes;
	char *target = target_of(memory, &bytes);

	return mremap(target, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
		      elsewhere) == MAP_FAILED ? -errno : 0;
}

/* A new mapping in the place of one that was dumped. It merges with both neighbours. */
SCENARIO(dirty, mapped_anew, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mmap")
{
	EXPECT_TRACKED(subject, .apply = map_target);
}

/* The new mapping cannot merge until mprotect() makes it equal to its neighbours. */
SCENARIO(dirty, mapped_anew_then_merged, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mprotect")
{
	EXPECT_TRACKED(subject, .apply = map_target_protected);
}

/* A clean neighbour becomes equal to the new mapping. */
SCENARIO(dirty, mapped_anew_then_neighbour_merged, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mprotect")
{
	EXPECT_TRACKED(subject, .prepare = protect_all, .apply = unprotect_before_target);
}

/* A hole is filled: behind a clean mapping, before one, and between two. */
SCENARIO(dirty, mapped_behind, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mmap")
{
	EXPECT_TRACKED(subject, .prepare = unmap_target, .apply = map_first_of_target);
}

SCENARIO(dirty, mapped_before, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mmap")
{
	EXPECT_TRACKED(subject, .prepare = unmap_target, .apply = map_last_of_target);
}

SCENARIO(dirty, mapped_between, .rows = "R70", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mmap")
{
	EXPECT_TRACKED(subject, .prepare = unmap_target, .apply = map_target);
}

/* The mapping before the hole grows over what was dumped there. */
SCENARIO(dirty, grown_over, .rows = "R69", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mremap")
{
	EXPECT_TRACKED(subject, .apply = grow_over_target);
}

/* Memory that nobody touched moves over what was dumped. */
SCENARIO(dirty, untouched_moved_over, .rows = "R69", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mremap")
{
	EXPECT_TRACKED(subject, .prepare = map_elsewhere, .apply = move_over_target);
}

/* Memory that was written before the first pass moves over what was dumped. */
SCENARIO(dirty, touched_moved_over, .rows = "R77", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mremap")
{
	EXPECT_TRACKED(subject, .prepare = write_elsewhere, .apply = move_over_target);
}

/* The pages move away and leave their mapping, which reads as zeroes. */
SCENARIO(dirty, moved_away, .rows = "R69", .hold = HOLD_NONE, .memory = MEMORY_MANY,
	 .event = "mremap")
{
	EXPECT_TRACKED(subject, .prepare = map_elsewhere, .apply = move_target_away);
}

/*
 * A migration in passes, with a device that writes: through a pin, of which only clear_refs knows
 * (9348b73c2e1b), or through a mirror, which faults as a CPU does.
 */
SCENARIO(dirty, incremental_dump, .rows = "B20 B24 R66 R67 R74", .not_hold = HOLD_NONE, .event = "dump")
{
	static struct tracking tracking;
	static struct dump dump;

	NEEDS_TRACKER(subject);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(tracking_begin(&tracking, case_tracker(), &subject->memory, 0));
	ASSERT_DONE(dump_in_passes(subject, &tracking, &dump));
	EXPECT_DUMP_COMPLETE(subject, &dump);
	tracking_end(&tracking);
}

PINCHECK_TEST_MAIN
