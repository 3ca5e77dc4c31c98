// SPDX-License-Identifier: GPL-2.0-only
/*
 * shared_tables: two processes that map the same hugetlb file have one page table for it, where the
 * mapping covers all that a table of PMDs can map (CONFIG_ARCH_WANT_HUGE_PMD_SHARE). What one of them does
 * to its mapping must first take it out of the table, and reaches neither the other process nor a device
 * that holds the page (B10, B11); what it writes reaches both.
 *
 * The proof that the table is shared: both processes map the page, and it counts one mapping.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "file.h"
#include "hugetlb_pool.h"

/* What one table of PMDs maps: as many entries as one page has. */
#define TABLE_BYTES	(PMD_BYTES * (PAGE_BYTES / sizeof(uint64_t)))

#define SHARED_TABLES_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, pin_ro_fast)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, mirror_rw)

/* The file is large, and has the pages that are touched. */
static int open_wide_file(size_t bytes)
{
	int file = hugetlb_pool_memfd("wide", MFD_CLOEXEC | MFD_HUGETLB);

	(void)bytes;
	if (file >= 0 && ftruncate(file, TABLE_BYTES)) {
		close(file);
		file = -1;
	}
	return file < 0 ? -errno : file;
}

static const struct file_kind file_wide = {
	.name = "wide", .folio = FOLIO_PMD, .needs = NEEDS_HUGETLB, .open = open_wide_file,
};

/* Return: TABLE_BYTES of the file at an address where a table begins, or MAP_FAILED. */
static char *map_wide_file(int file)
{
	uintptr_t area = (uintptr_t)mmap(NULL, 2 * TABLE_BYTES, PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == (uintptr_t)MAP_FAILED)
		return MAP_FAILED;
	area = (area + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1);
	return mmap((void *)area, TABLE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED | MAP_NORESERVE, file, 0);
}

/* The memory is one huge page in the middle: a change of that page splits the mapping. */
static int populate_in_table(struct memory *memory)
{
	char *start = map_wide_file(memory->file);

	if (start == MAP_FAILED)
		return -errno;
	munmap(memory->start, memory->bytes);
	memory_resize(memory, start + TABLE_BYTES / 2, PMD_BYTES);
	return memory_populate(memory);
}

static const char *check_in_table(struct memory *memory)
{
	struct pincheck_report report;
	__u64 pfn = memory_pfn(memory, 0);

	if (!pfn || page_reports(memory->session, &pfn, 1, &report))
		return "is not present";
	return report.flags & PINCHECK_PAGE_HUGETLB ? NULL : "is not of hugetlb";
}

/* The size of a huge page is that of the running kernel. */
static struct memory_kind memory_in_table;

static void __attribute__((constructor)) memory_in_table_set(void)
{
	memory_in_table = (struct memory_kind) {
		.name = "in_table", .file = &file_wide, .flags = MAP_SHARED | MAP_NORESERVE,
		.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_HUGETLB, .needs = NEEDS_HUGETLB,
		.pages = PMD_BYTES / PAGE_BYTES,
		.populate = populate_in_table, .check = check_in_table,
	};
}

TOPIC(shared_tables)
SHARED_TABLES_HOLDS(TOPIC_VARIANT, shared_tables, in_table)
TOPIC_VARIANT(shared_tables, in_table, uring)

/* Return: how often the page that both processes map is mapped, or a negative errno. */
static int mappings_of_page(struct subject *subject)
{
	const struct memory *memory = &subject->memory;
	struct pincheck_report report;
	__u64 pfn = memory_pfn(memory, 0);
	int error = pfn ? page_reports(memory->session, &pfn, 1, &report) : -ENOENT;

	if (error)
		return error;
	return report.present & PINCHECK_REPORT_MAPCOUNT ? report.page_mapcount :
	       report.folio_mapcount;
}

/* A child that has read from the memory, so that it has a table. */
static int fork_and_share(struct subject *subject)
{
	struct view view;
	int error = subject_fork(subject, 1);

	if (!error)
		error = child_look(&subject->child, 0, &view);
	return error;
}

/* ACCURACY: both processes map the page, by one entry (@shared) or by two. */
static void verdict_table(struct subject *subject, bool shared, struct verdict *verdict)
{
	uint64_t own = memory_pfn(&subject->memory, 0), theirs = child_pfn(&subject->child, 0, 0);
	int mappings = mappings_of_page(subject);

	verdict_start(verdict, "ACCURACY");
	if (verdict_lacks_pages(verdict))
		return;
	if (!own || own != theirs)
		verdict_broken(verdict, "the processes do not map the same page", 0);
	if (mappings != (shared ? 1 : 2))
		verdict_broken(verdict, shared ? "the page table is not shared" :
			       "the page table is shared still", 0);
	verdict_note(verdict, "pfn=%llx child_pfn=%llx mappings=%d", (unsigned long long)own,
		     (unsigned long long)theirs, mappings);
}

/* SYNC: the child reads by its own entry what the process wrote. */
static void verdict_child_reads(struct subject *subject, enum generation newest, struct verdict *verdict)
{
	struct view view = { 0 };
	int error = child_look(&subject->child, 0, &view);

	verdict_start(verdict, "SYNC");
	if (error)
		verdict_failed(verdict, "asking the child", error);
	for (size_t i = 0; i < subject->memory.samples && !error; i++) {
		if (view.seen[CPU_AREA][i] != newest)
			verdict_broken(verdict, "the child does not see what the process wrote",
				       subject->memory.sample[i]);
	}
	verdict_note(verdict, "child_sees=%s expected=%s", generation_name(view.seen[CPU_AREA][0]),
		     generation_name(newest));
}

static int unmap_all(const struct memory *memory, void *argument)
{
	(void)argument;
	return munmap(memory->start - TABLE_BYTES / 2, TABLE_BYTES) ? -errno : 0;
}

static int unmap_beside(const struct memory *memory, void *argument)
{
	(void)argument;
	return munmap(memory->start + memory->bytes, PMD_BYTES) ? -errno : 0;
}

static int forbid_writes(const struct memory *memory, void *argument)
{
	(void)argument;
	return mprotect(memory->start, memory->bytes, PROT_READ) ? -errno : 0;
}

/* SYNC. The device gets the page by the shared table; the child writes by it. */
SCENARIO(shared_tables, child_writes, .rows = "B10 B11", .event = "write")
{
	ASSERT_DONE(fork_and_share(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CPU_SEES(subject, BY_CHILD);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, BY_CHILD);
	EXPECT_VERDICT(verdict_table, subject, true);
}

/* SYNC. The child leaves the table: the entries stay, for the other process. */
SCENARIO(shared_tables, child_unmaps, .rows = "B10 B11", .event = "munmap")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fork_and_share(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(child_run(&subject->child, 0, unmap_all, NULL));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* SYNC. The child splits its mapping, has a table of its own, and goes on with the same page. */
SCENARIO(shared_tables, child_unmaps_beside, .rows = "B10 B11", .event = "munmap")
{
	struct witness before;

	ASSERT_DONE(fork_and_share(subject));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(child_run(&subject->child, 0, unmap_beside, NULL));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_child_reads, subject, AFTER);
	EXPECT_VERDICT(verdict_table, subject, false);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* SYNC, ISOLATION. The child forbids itself to write, and nobody else. */
SCENARIO(shared_tables, child_protects, .rows = "B10 B11", .event = "mprotect")
{
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fork_and_share(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(child_run(&subject->child, 0, forbid_writes, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_CHILD_MAY_NOT_WRITE(subject, 0);
	EXPECT_VERDICT(verdict_child_reads, subject, AFTER);
	EXPECT_VERDICT(verdict_table, subject, false);
	EXPECT_SAME_PAGE(subject, &before);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* SYNC. The process forbids itself to write: the child and the device may write still. */
SCENARIO(shared_tables, parent_protects, .rows = "B10 B11", .event = "mprotect")
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(fork_and_share(subject));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(forbid_writes(memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CPU_SEES(subject, BY_CHILD);
	EXPECT_SAME_PAGE(subject, &before);
	ASSERT_DONE(mprotect(memory->start, memory->bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, BY_CHILD);
}

/* Where the whole mapping can go: the child has the place, too. */
static char *other_place;

static int move_table(char *from, char *to)
{
	return mremap(from, TABLE_BYTES, TABLE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ?
	       -errno : 0;
}

static int move_all_away(const struct memory *memory, void *unused)
{
	(void)unused;
	return move_table(memory->start - TABLE_BYTES / 2, other_place);
}

/* The page is touched first, where the mapping is now. */
static int move_all_back(const struct memory *memory, void *unused)
{
	(void)unused;
	(void)*(volatile char *)(other_place + TABLE_BYTES / 2);
	return move_table(other_place, memory->start - TABLE_BYTES / 2);
}

/* SYNC: the entry of the process that did nothing has the page of @before still, without a fault. */
static void verdict_other_keeps(uint64_t before, uint64_t now, struct verdict *verdict)
{
	verdict_start(verdict, "SYNC");
	if (verdict_lacks_pages(verdict))
		return;
	if (now != before)
		verdict_broken(verdict, "the other process lost its entry", 0);
	verdict_note(verdict, "before_pfn=%llx pfn=%llx", (unsigned long long)before,
		     (unsigned long long)now);
}

/* SYNC. The child moves its mapping: the entries of the table are the other process's, too. */
SCENARIO(shared_tables, child_moves, .rows = "B10 B11", .event = "mremap", .needs = NEEDS_HUGETLB_MREMAP)
{
	uint64_t page = memory_pfn(&subject->memory, 0);

	other_place = map_wide_file(subject->memory.file);
	ASSERT_DONE(fork_and_share(subject));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(child_run(&subject->child, 0, move_all_away, NULL));
	EXPECT_VERDICT(verdict_other_keeps, page, memory_pfn(&subject->memory, 0));
	ASSERT_DONE(child_run(&subject->child, 0, move_all_back, NULL));
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_child_reads, subject, AFTER);
	EXPECT_VERDICT(verdict_other_keeps, page, child_pfn(&subject->child, 0, 0));
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* SYNC. The process whose device holds the page moves its mapping. */
SCENARIO(shared_tables, parent_moves, .rows = "B10 B11", .event = "mremap", .needs = NEEDS_HUGETLB_MREMAP)
{
	struct memory *memory = &subject->memory;
	uint64_t page = memory_pfn(memory, 0);

	other_place = map_wide_file(memory->file);
	ASSERT_DONE(fork_and_share(subject));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(move_all_away(memory, NULL));
	EXPECT_VERDICT(verdict_other_keeps, page, child_pfn(&subject->child, 0, 0));
	ASSERT_DONE(move_all_back(memory, NULL));
	ASSERT_DONE(child_fill(&subject->child, 0, BY_CHILD));
	EXPECT_CPU_SEES(subject, BY_CHILD);
	EXPECT_VERDICT(verdict_other_keeps, page, memory_pfn(memory, 0));
	if (subject->hold.taken)
		EXPECT_SYNC(subject, BY_CHILD);
}

/* SYNC. The child ends: the table loses a user. */
SCENARIO(shared_tables, child_exits, .rows = "B10 B11", .event = "exit")
{
	struct witness before;

	ASSERT_DONE(fork_and_share(subject));
	ASSERT_DONE(subject_hold(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(child_end(&subject->child));
	EXPECT_SAME_PAGE(subject, &before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_CPU_SEES(subject, AFTER);
	if (subject->hold.taken)
		EXPECT_SYNC(subject, AFTER);
}

/* The device has its old page and its old bytes; a mirror has the page that the file has now. */
static void verdict_behind_hole(struct subject *subject, struct verdict *verdict)
{
	if (subject_holds(subject, HOLD_NONE))
		verdict_cpu_sees(subject, AFTER, verdict);
	else if (subject_holds(subject, HOLD_MIRROR))
		verdict_sync(subject, AFTER, verdict);
	else
		verdict_follows_page(subject, BEFORE, AFTER, verdict);
}

/* ISOLATION: neither process maps anything where @before was. */
static void verdict_unmapped_by_all(struct subject *subject, uint64_t before, struct verdict *verdict)
{
	verdict_start(verdict, "ISOLATION");
	if (verdict_lacks_pages(verdict))
		return;
	if (memory_pfn(&subject->memory, 0) || child_pfn(&subject->child, 0, 0))
		verdict_broken(verdict, "a process maps the page that left the file", 0);
	verdict_note(verdict, "before_pfn=%llx", (unsigned long long)before);
}

/* ISOLATION. A hole in the file: no process maps the old page any more, the device alone has it. */
SCENARIO(shared_tables, hole_punched, .rows = "B6 B10", .event = "punch_hole")
{
	struct memory *memory = &subject->memory;
	uint64_t before = memory_pfn(memory, 0);

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(fork_and_share(subject));
	EXPECT_VERDICT(verdict_table, subject, true);
	ASSERT_DONE(fallocate(memory->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      TABLE_BYTES / 2, memory->bytes) ? -errno : 0);
	EXPECT_VERDICT(verdict_unmapped_by_all, subject, before);
	memory_fill(&subject->memory, AFTER);
	EXPECT_VERDICT(verdict_child_reads, subject, AFTER);
	EXPECT_VERDICT(verdict_table, subject, true);
	EXPECT_VERDICT(verdict_behind_hole, subject);
}

PINCHECK_TEST_MAIN
