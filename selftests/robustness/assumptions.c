// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assumptions of the module's shims (src/compat) about the running kernel. A probe that finds an
 * interface shows that it exists, not that it does what the shim needs: FOLL_NOFAULT of 6.1 faults
 * hugetlb in. Each row is an assumption that can be tested through the device. The shims' comments
 * ("Assumes:") name these rows, the topics that test others, and what cannot be tested. Invariant:
 * ACCURACY.
 */
#include "suite.h"
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/knob.h"
#include "file.h"
#include "stage.h"

#define SECRET_MAGIC	0x5345434d

static const struct hold_row pin_fast = STAGE_ROW(PIN, FAST, 0);
static const struct hold_row longterm_fast = STAGE_ROW(PIN, FAST, HOLD_RW | HOLD_LT);
static const struct hold_row longterm_slow = STAGE_ROW(PIN, SLOW, HOLD_RW | HOLD_LT);

FIXTURE(assumptions)
{
	struct stage stage;
};

FIXTURE_VARIANT(assumptions)
{
	requirement_set needs;
	void (*test)(struct __test_metadata *_metadata, struct stage *stage);
};

#define ASSUMPTION(name, requirements)								\
	static void name(struct __test_metadata *_metadata, struct stage *stage);		\
	FIXTURE_VARIANT_ADD(assumptions, name) { .needs = requirements, .test = name };		\
	static void name(struct __test_metadata *_metadata, struct stage *stage)

FIXTURE_SETUP(assumptions)
{

	SUITE_NEEDS(variant->needs);
	ASSERT_STAGE_OPEN(&self->stage);
}

STAGE_TEARDOWN(assumptions)

CASE(assumptions, hold, .rows = "D8")
{
	variant->test(_metadata, &self->stage);
}

/* Return: enum pincheck_mapped of the first page of the stage's hold, or -1 if PAGES fails. */
static __u32 mapped_now(const struct stage *stage)
{
	struct pincheck_page page;

	if (pincheck_pages(stage->session, stage->hold.hold, 0, 1, &page))
		return -1;
	return page.mapped;
}

/* Is a page mapped at @address, as pagemap says? */
static bool is_present(const void *address)
{
	return stage_pfn(address);
}

/* lookup.h: PAGES says that dropped memory is gone, and does not fault it in. */
static void expect_not_faulted_in(struct __test_metadata *_metadata, struct stage *stage,
				  const void *address)
{
	__u32 mapped;

	ASSERT_FALSE(is_present(address));
	mapped = mapped_now(stage);
	evidence("pages_said=\"%s\" present_after=%d", pincheck_mapped_name(mapped),
		 is_present(address));
	EXPECT_TRUE(mapped == PINCHECK_MAPPED_NONE || mapped == PINCHECK_MAPPED_UNKNOWN);
	EXPECT_FALSE(is_present(address));
}

ASSUMPTION(lookup_faults_no_anonymous_memory_in, 0)
{
	ASSERT_EQ(0, stage_hold(stage, pin_fast, stage->memory, stage->page));
	ASSERT_EQ(0, madvise(stage->memory, stage->page, MADV_DONTNEED));
	expect_not_faulted_in(_metadata, stage, stage->memory);
}

ASSUMPTION(lookup_faults_no_shmem_in, 0)
{
	int file = memfd_create("assumptions", MFD_CLOEXEC);
	unsigned char *memory;

	ASSERT_EQ(0, ftruncate(file, stage->page));
	memory = mmap(NULL, stage->page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	*memory = 1;
	ASSERT_EQ(0, stage_hold(stage, pin_fast, memory, stage->page));
	ASSERT_EQ(0, madvise(memory, stage->page, MADV_DONTNEED));
	expect_not_faulted_in(_metadata, stage, memory);
	munmap(memory, stage->page);
	close(file);
}

ASSUMPTION(lookup_faults_no_huge_page_in, NEEDS_THP)
{
	size_t bytes = 2 * PMD_BYTES;
	unsigned char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *memory = (void *)(((uintptr_t)area + PMD_BYTES - 1) & -PMD_BYTES);

	ASSERT_NE(MAP_FAILED, (void *)area);
	madvise(memory, PMD_BYTES, MADV_HUGEPAGE);
	*memory = 1;
	ASSERT_EQ(0, stage_hold(stage, pin_fast, memory, stage->page));
	ASSERT_EQ(0, madvise(memory, PMD_BYTES, MADV_DONTNEED));
	expect_not_faulted_in(_metadata, stage, memory);
	munmap(area, bytes);
}

static unsigned char *map_huge_page(void *address)
{
	return mmap(address, PMD_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | hugetlb_size_flag() |
		    (address ? MAP_FIXED : 0), -1, 0);
}

/* Row D8: FOLL_NOFAULT is ignored for hugetlb until 6.5. */
ASSUMPTION(lookup_faults_no_hugetlb_in, NEEDS_HUGETLB)
{
	unsigned char *memory = map_huge_page(NULL);
	long before, after;

	ASSERT_NE(MAP_FAILED, (void *)memory);
	*memory = 1;
	ASSERT_EQ(0, stage_hold(stage, pin_fast, memory, stage->page));
	EXPECT_EQ(PINCHECK_MAPPED_SAME, mapped_now(stage));
	/* Has the effect of MADV_DONTNEED, which hugetlb has from 5.18 on. */
	ASSERT_EQ(memory, map_huge_page(memory));
	before = knob_number(HUGETLB_FREE);
	expect_not_faulted_in(_metadata, stage, memory);
	after = knob_number(HUGETLB_FREE);
	evidence("free_before=%ld free=%ld", before, after);
	EXPECT_EQ(before, after);
	*memory = 2;
	EXPECT_EQ(PINCHECK_MAPPED_OTHER, mapped_now(stage));
	munmap(memory, PMD_BYTES);
}

/* lookup.h: where the mapping allows no access GUP-fast finds no page, but there is one. */
ASSUMPTION(lookup_sees_memory_without_access, 0)
{
	__u32 mapped;

	ASSERT_EQ(0, stage_hold(stage, pin_fast, stage->memory, stage->page));
	ASSERT_EQ(0, mprotect(stage->memory, stage->page, PROT_NONE));
	mapped = mapped_now(stage);
	evidence("without_access=\"%s\"", pincheck_mapped_name(mapped));
	EXPECT_TRUE(mapped == PINCHECK_MAPPED_SAME || mapped == PINCHECK_MAPPED_UNKNOWN);
	ASSERT_EQ(0, mprotect(stage->memory, stage->page, PROT_READ | PROT_WRITE));
}

ASSUMPTION(lookup_sees_the_zero_page, 0)
{
	const struct hold_row get_slow = STAGE_ROW(GET, SLOW, 0);
	__u32 mapped;

	ASSERT_EQ(0, madvise(stage->memory, stage->page, MADV_DONTNEED));
	(void)*(volatile unsigned char *)stage->memory;
	ASSERT_EQ(0, stage_hold(stage, get_slow, stage->memory, stage->page));
	mapped = mapped_now(stage);
	evidence("zero_page=\"%s\"", pincheck_mapped_name(mapped));
	EXPECT_EQ(PINCHECK_MAPPED_SAME, mapped);
}

/* lookup.h: looking up a page that fork shared does not copy it. */
ASSUMPTION(lookup_does_not_unshare, 0)
{
	const struct hold_row get_fast = STAGE_ROW(GET, FAST, 0);
	uint64_t before, after;
	int end[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(end));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(end[1]);
		_exit(read(end[0], &byte, 1) < 0);
	}
	close(end[0]);
	before = stage_pfn(stage->memory);
	ASSERT_EQ(0, stage_hold(stage, get_fast, stage->memory, stage->page));
	EXPECT_EQ(PINCHECK_MAPPED_SAME, mapped_now(stage));
	after = stage_pfn(stage->memory);
	evidence("before_pfn=%llx pfn=%llx", (unsigned long long)before, (unsigned long long)after);
	EXPECT_EQ(before, after);
	close(end[1]);
	waitpid(child, NULL, 0);
}

/* gup.h: the slow path gives long-term pins of present memory and of absent memory. */
ASSUMPTION(gup_pins_long_by_the_slow_path, 0)
{
	ASSERT_EQ(0, madvise(stage->memory, stage->length / 2, MADV_DONTNEED));
	EXPECT_EQ(0, stage_hold(stage, longterm_slow, stage->memory, stage->length));
	evidence("pages=%llu", stage->hold.pages);
	EXPECT_EQ(STAGE_PAGES, stage->hold.pages);
}

/* Half of the memory is untouched: GUP-fast gives the other half, and the probe sees its end. */
static void expect_half_fast(struct __test_metadata *_metadata, struct stage *stage,
			     struct hold_row row)
{
	ASSERT_EQ(0, madvise(stage->memory + stage->length / 2, stage->length / 2, MADV_DONTNEED));
	EXPECT_EQ(0, stage_hold(stage, row, stage->memory, stage->length));
	evidence("pages=%llu fast=%llu slow=%llu", stage->hold.pages, stage->hold.fast_pages,
		 stage->hold.slow_pages);
	EXPECT_EQ(STAGE_PAGES, stage->hold.pages);
	EXPECT_EQ(STAGE_PAGES / 2, stage->hold.fast_pages);
	EXPECT_EQ(STAGE_PAGES / 2, stage->hold.slow_pages);
}

/* gup.h: pin_user_pages_fast_only() pins the prefix that pin_user_pages_fast() would. */
ASSUMPTION(gup_fast_pins_a_prefix_long, NEEDS_PATH)
{
	expect_half_fast(_metadata, stage, longterm_fast);
}

/* function_args.h: the address is the second argument of the probed function. */
ASSUMPTION(probe_reads_the_address, NEEDS_PATH)
{
	struct hold_row row = pin_fast;

	row.flags |= PINCHECK_HOLD_WRITE;
	expect_half_fast(_metadata, stage, row);
}

/* magic.h */
ASSUMPTION(secret_memory_has_its_magic, NEEDS_SECRETMEM)
{
	int file = file_open(&file_secretmem);
	struct statfs told;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, fstatfs(file, &told));
	evidence("magic=%lx", (long)told.f_type);
	EXPECT_EQ(SECRET_MAGIC, told.f_type);
	close(file);
}

PINCHECK_TEST_MAIN
