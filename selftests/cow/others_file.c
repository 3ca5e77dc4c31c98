// SPDX-License-Identifier: GPL-2.0-only
/*
 * others_file: somebody who has the file, but not the mapping, changes it under held pages: a hole, a
 * new size, a seal. The pages that leave the file stay with the device, which must not see what others
 * write to the file later; and a file is not sealed against writes as long as a device may write.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "file.h"
#include "hugetlb_pool.h"

#define OTHERS_FILE_HOLDS(X, topic, memory)							\
	X(topic, memory, none)			X(topic, memory, pin_rw_lt_fast)		\
	X(topic, memory, pin_ro_slow)		X(topic, memory, get_rw_fast)			\
	X(topic, memory, mirror_rw)

static int open_for_seals(size_t bytes, unsigned int flags)
{
	int file = hugetlb_pool_memfd("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	if (file >= 0 && ftruncate(file, bytes)) {
		close(file);
		file = -1;
	}
	return file < 0 ? -errno : file;
}

static int open_memfd_for_seals(size_t bytes)
{
	return open_for_seals(bytes, 0);
}

static int open_hugetlb_for_seals(size_t bytes)
{
	return open_for_seals(bytes, MFD_HUGETLB);
}

static const struct file_kind file_for_seals = {
	.name = "memfd", .needs = NEEDS_SHMEM, .open = open_memfd_for_seals,
};

static const struct file_kind file_hugetlb_for_seals = {
	.name = "memfd_hugetlb", .folio = FOLIO_PMD, .needs = NEEDS_HUGETLB,
	.open = open_hugetlb_for_seals,
};

static const char *check_file_page(struct memory *memory)
{
	struct pincheck_report report;
	__u64 pfn = memory_pfn(memory, 0);

	if (!pfn || page_reports(memory->session, &pfn, 1, &report))
		return "is not present";
	return report.flags & PINCHECK_PAGE_ANON ? "is not of a file" : NULL;
}

static const struct memory_kind memory_sealable = {
	.name = "sealable", .file = &file_for_seals, .flags = MAP_SHARED, .traits = MEMORY_SHMEM,
	.needs = NEEDS_SHMEM, .populate = memory_populate, .check = check_file_page,
};

/* The size of a huge page is that of the running kernel. */
static struct memory_kind memory_sealable_hugetlb;

static void __attribute__((constructor)) memory_sealable_hugetlb_set(void)
{
	memory_sealable_hugetlb = (struct memory_kind) {
		.name = "sealable_hugetlb", .file = &file_hugetlb_for_seals, .flags = MAP_SHARED,
		.traits = MEMORY_LARGE | MEMORY_PMD | MEMORY_HUGETLB, .needs = NEEDS_HUGETLB,
		.pages = PMD_BYTES / PAGE_BYTES,
		.populate = memory_populate, .check = check_file_page,
	};
}

TOPIC(others_file)
OTHERS_FILE_HOLDS(TOPIC_VARIANT, others_file, sealable)
OTHERS_FILE_HOLDS(TOPIC_VARIANT, others_file, sealable_hugetlb)

/* The device has its old page and its old bytes; a mirror has the page that the file has now. */
static void verdict_left_behind(struct subject *subject, struct verdict *verdict)
{
	if (subject_holds(subject, HOLD_NONE))
		verdict_cpu_sees(subject, AFTER, verdict);
	else if (subject_holds(subject, HOLD_MIRROR))
		verdict_sync(subject, AFTER, verdict);
	else
		verdict_follows_page(subject, BEFORE, AFTER, verdict);
}

/* ISOLATION: no sample is mapped at the page of @before. */
static void verdict_other_pages(struct subject *subject, const struct witness *before,
				struct verdict *verdict)
{
	const struct memory *memory = &subject->memory;

	verdict_start(verdict, "ISOLATION");
	for (size_t i = 0; i < memory->samples; i++) {
		uint64_t pfn = memory_pfn(memory, memory->sample[i]);

		if (!pfn || (subject->hold.taken && before->held[i] == pfn &&
			     !subject_holds(subject, HOLD_MIRROR)))
			verdict_broken(verdict, "the held page is in the file again",
				       memory->sample[i]);
	}
	verdict_note(verdict, "before_pfn=%llx", (unsigned long long)before->mapped[0]);
}

/* ISOLATION. A hole below the held pages: the file gets pages of zeroes, and the process writes there. */
SCENARIO(others_file, hole_punched, .rows = "B6 B10 R72", .event = "punch_hole")
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(fallocate(memory->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			      memory->bytes) ? -errno : 0);
	memory_fill(memory, AFTER);
	EXPECT_VERDICT(verdict_other_pages, subject, &before);
	EXPECT_VERDICT(verdict_left_behind, subject);
}

/* ISOLATION. The file is made empty, and as large as before. */
SCENARIO(others_file, truncated, .rows = "B6 B10 R72", .event = "truncate")
{
	struct memory *memory = &subject->memory;
	struct witness before;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(witness_take(subject, &before));
	ASSERT_DONE(ftruncate(memory->file, 0) ? -errno : 0);
	ASSERT_DONE(ftruncate(memory->file, memory->bytes) ? -errno : 0);
	memory_fill(memory, AFTER);
	EXPECT_VERDICT(verdict_other_pages, subject, &before);
	EXPECT_VERDICT(verdict_left_behind, subject);
}

static int seal(int file)
{
	return fcntl(file, F_ADD_SEALS, F_SEAL_WRITE) ? -errno : 0;
}

/* ISOLATION: the seal is given only if no reference to a page is left that might write. */
static void verdict_seal(struct subject *subject, bool released, struct verdict *verdict)
{
	bool held = !released && subject->hold.taken && !subject_holds(subject, HOLD_MIRROR);
	int outcome = seal(subject->memory.file), expected = held ? -EBUSY : 0;

	verdict_start(verdict, "ISOLATION");
	if (outcome != expected)
		verdict_broken(verdict, held ? "a file was sealed while a device may write to it" :
			       "nobody holds a page, and yet the file is not sealed", 0);
	verdict_note(verdict, "outcome=\"%s\"", outcome ? strerror(-outcome) : "sealed");
}

/*
 * ISOLATION. F_SEAL_WRITE while a device holds pages that no process maps any more. The kernel waits for
 * 150 ms, and looks for references that it cannot explain; it cannot tell readers from writers.
 */
SCENARIO(others_file, sealed, .rows = "B10 R72", .event = "seal", .not_hold = HOLD_MIRROR)
{
	struct memory *memory = &subject->memory;

	ASSERT_DONE(subject_hold(subject));
	ASSERT_DONE(munmap(memory->start, memory->bytes) ? -errno : 0);
	memory->mapped = false;
	EXPECT_VERDICT(verdict_seal, subject, false);
	ASSERT_DONE(subject_release(subject));
	EXPECT_VERDICT(verdict_seal, subject, true);
	close(memory->file);
}

PINCHECK_TEST_MAIN
