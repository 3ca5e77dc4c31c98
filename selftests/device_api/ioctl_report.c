// SPDX-License-Identifier: GPL-2.0-only
/*
 * REPORT with wrong page frame numbers, strides and pointers. Each length of the list is a variant.
 * Invariants: ACCURACY of the reports, CLEAN.
 */
#include "suite.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "stage.h"

FIXTURE(ioctl_report)
{
	struct stage stage;
	unsigned char *buffer;
};

FIXTURE_VARIANT(ioctl_report)
{
	__u64 count;
};

FIXTURE_VARIANT_ADD(ioctl_report, one) { 1 };
FIXTURE_VARIANT_ADD(ioctl_report, few) { 7 };
/* More reports than fit into one page: the module must work in steps. */
FIXTURE_VARIANT_ADD(ioctl_report, many) { 3000 };

#define REPORT_BYTES	(3000 * 256)

FIXTURE_SETUP(ioctl_report)
{

	ASSERT_STAGE_OPEN(&self->stage);
	self->buffer = mmap(NULL, REPORT_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->buffer);
}

FIXTURE_TEARDOWN(ioctl_report)
{
	munmap(self->buffer, REPORT_BYTES);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int issue_report(const struct stage *stage, __u32 stride, __u64 count, const __u64 *pfns,
			void *reports)
{
	struct pincheck_report_request request = {
		.size = sizeof(request), .report_size = stride, .count = count,
		.pfns = (uintptr_t)pfns, .reports = (uintptr_t)reports,
	};

	return ioctl(stage->session, PINCHECK_IOC_REPORT, &request) < 0 ? -errno : 0;
}

/* A PFN without a page is no error: the report says that there is no page. */
CASE(ioctl_report, pfns_without_a_page, .rows = "P16")
{
	static const __u64 beyond[] = {
		~0ULL, ~0ULL - 1, 1ULL << 63, 1ULL << 52, 1ULL << 40, (1ULL << 46) / 4096,
	};
	struct pincheck_report *reports = (void *)self->buffer;
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));

	for (__u64 i = 0; i < variant->count; i++)
		pfns[i] = beyond[i % ARRAY_SIZE(beyond)];
	EXPECT_EQ(0, issue_report(&self->stage, sizeof(*reports), variant->count, pfns, reports));
	for (__u64 i = 0; i < variant->count; i++) {
		EXPECT_EQ(pfns[i], reports[i].pfn);
		ASSERT_EQ(0, reports[i].present) TH_LOG("pfn %#llx", pfns[i]);
		ASSERT_EQ(0, reports[i].flags) TH_LOG("pfn %#llx", pfns[i]);
	}
	free(pfns);
	evidence("pfns=%llu present=0", variant->count);
}

/* All PFNs from 0 on: firmware holes, reserved pages, free pages, slab. */
CASE(ioctl_report, first_pages_of_the_machine, .rows = "P16")
{
	struct pincheck_report *reports = (void *)self->buffer;
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));
	__u64 present = 0;

	for (__u64 i = 0; i < variant->count; i++)
		pfns[i] = i;
	EXPECT_EQ(0, issue_report(&self->stage, sizeof(*reports), variant->count, pfns, reports));
	for (__u64 i = 0; i < variant->count; i++) {
		EXPECT_EQ(i, reports[i].pfn);
		EXPECT_EQ(0, reports[i].flags & ~reports[i].flags_known);
		present += !!(reports[i].present & PINCHECK_REPORT_PAGE);
	}
	free(pfns);
	evidence("present=%llu pfns=%llu", present, variant->count);
}

/* A page of this process: the report agrees with what the process knows of it. */
CASE(ioctl_report, page_of_our_own, .rows = "B1")
{
	struct pincheck_report *reports = (void *)self->buffer;
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));

	for (__u64 i = 0; i < variant->count; i++)
		pfns[i] = i < STAGE_PAGES ? stage_pfn(self->stage.memory + i * self->stage.page) :
			  pfns[i - STAGE_PAGES];
	ASSERT_EQ(0, issue_report(&self->stage, sizeof(*reports), variant->count, pfns, reports));
	for (__u64 i = 0; i < variant->count; i++) {
		ASSERT_EQ(pfns[i], reports[i].pfn);
		ASSERT_TRUE(reports[i].present & PINCHECK_REPORT_PAGE);
		ASSERT_TRUE(reports[i].flags & PINCHECK_PAGE_ANON);
		ASSERT_EQ(0, reports[i].order);
		ASSERT_EQ(0, reports[i].flags & (PINCHECK_PAGE_HUGETLB | PINCHECK_PAGE_KSM));
		ASSERT_EQ(0, reports[i].pins);
		if (reports[i].present & PINCHECK_REPORT_MAPCOUNT) {
			ASSERT_EQ(1, reports[i].page_mapcount);
		}
	}
	free(pfns);
	evidence("reports=%llu map=1 ref=%d", variant->count, reports[0].refcount);
}

#define KINDS	7

/* Pages with different reports; each ends a run of pages that have equal reports. */
static int mixed_pages(FIXTURE_DATA(ioctl_report) *self, __u64 pfns[KINDS])
{
	const struct hold_row pin = STAGE_ROW(PIN, FAST, HOLD_RW);
	unsigned char *page[KINDS];

	for (size_t i = 0; i < KINDS; i++)
		page[i] = self->stage.memory + i * self->stage.page;
	/* 0 and 1 are alike, 2 is pinned, 3 read-only, 4 the zero page, 5 of a file, 6 dropped. */
	if (mmap(page[4], 2 * self->stage.page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == MAP_FAILED ||
	    mmap(page[5], self->stage.page, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    madvise(page[3], self->stage.page, MADV_COLD))
		return -errno;
	*page[5] = *(volatile unsigned char *)page[4] + 1;
	for (size_t i = 0; i < KINDS; i++)
		pfns[i] = stage_pfn(page[i]);
	if (munmap(page[6], self->stage.page))
		return -errno;
	/* Pinned after all pages are marked accessed: page 2 differs by its pin only. */
	if (stage_hold(&self->stage, pin, page[0], 3 * self->stage.page) ||
	    pincheck_release(self->stage.session, self->stage.hold.hold) < 0)
		return -EIO;
	return stage_hold(&self->stage, pin, page[2], self->stage.page);
}

static int reports_alone(const struct stage *stage, __u64 count, const __u64 *pfns,
			 struct pincheck_report *reports)
{
	int error = 0;

	for (__u64 i = 0; i < count && !error; i++)
		error = issue_report(stage, sizeof(*reports), 1, &pfns[i], &reports[i]);
	return error;
}

/**
 * struct comparison - reports of pages, requested one at a time and all at once
 * @kinds: runs of pages with equal reports
 * @different: pages whose two reports differ
 */
struct comparison {
	struct pincheck_report *alone, *again, *together;
	int kinds;
	int different;
};

static int compare_once(const struct stage *stage, __u64 count, const __u64 *pfns,
			struct comparison *comparison)
{
	int error = reports_alone(stage, count, pfns, comparison->alone);

	if (!error)
		error = issue_report(stage, sizeof(*comparison->together), count, pfns,
				     comparison->together);
	if (!error)
		error = reports_alone(stage, count, pfns, comparison->again);
	if (!error && memcmp(comparison->alone, comparison->again, count * sizeof(*comparison->alone)))
		error = -EAGAIN;
	return error;
}

/*
 * Repeats the comparison if it differs: other tasks may hold a reference for a moment. Return: 0 or
 * -errno.
 */
static int compare_reports(const struct stage *stage, __u64 count, const __u64 *pfns,
			   struct comparison *comparison)
{
	struct pincheck_report *memory = calloc(3 * count, sizeof(*memory));
	int error = memory ? -EAGAIN : -ENOMEM;

	*comparison = (struct comparison) { memory, memory + count, memory + 2 * count, 1, 0 };
	for (int looks = 0; looks < 50 && error == -EAGAIN; looks++)
		error = compare_once(stage, count, pfns, comparison);
	for (__u64 i = 0; i < count && !error; i++) {
		const struct pincheck_report *report = &comparison->together[i];

		comparison->kinds += i && (report->flags != report[-1].flags ||
					   report->page_mapcount != report[-1].page_mapcount);
		comparison->different += !!memcmp(report, &comparison->alone[i], sizeof(*report));
	}
	free(memory);
	return error;
}

/* ACCURACY. The report of a page does not depend on the pages before it in the list. */
CASE(ioctl_report, together_as_alone, .rows = "P16")
{
	__u64 *pfns = calloc(variant->count, sizeof(*pfns)), mixed[KINDS];
	struct comparison comparison;

	ASSERT_EQ(0, mixed_pages(self, mixed));
	for (__u64 i = 0; i < variant->count; i++)
		pfns[i] = mixed[i * i / 3 % KINDS];
	ASSERT_EQ(0, compare_reports(&self->stage, variant->count, pfns, &comparison));
	EXPECT_EQ(0, comparison.different);
	free(pfns);
	evidence("reports=%llu runs=%d different=%d", variant->count, comparison.kinds,
		 comparison.different);
}

/* Unmaps some pages of a THP, one by one, but not the first. */
static int make_holes(unsigned char *memory, size_t page, size_t count)
{
	for (size_t i = 1; i < count; i += 1 + i % 3)
		if (madvise(memory + i * page, page, MADV_DONTNEED))
			return -errno;
	return 0;
}

/* Starts a child that maps the THP with such holes. Return: its pid or -errno */
static pid_t child_with_holes(unsigned char *memory, size_t page, size_t count)
{
	int done[2];
	char byte = 0;
	pid_t child;

	if (pipe(done))
		return -errno;
	child = fork();
	if (!child) {
		byte = !make_holes(memory, page, count);
		for (byte = write(done[1], &byte, 1);; pause())
			;
	}
	if (child > 0 && (read(done[0], &byte, 1) != 1 || !byte))
		child = -EIO;
	close(done[0]);
	close(done[1]);
	return child;
}

/*
 * The same for the pages of one THP, which its parent maps whole and a child maps with holes; and
 * then for a THP of which PTEs map some pages.
 */
CASE(ioctl_report, folio_together_as_alone, .rows = "P16")
{
	const size_t thp = 2 << 20, page = self->stage.page;
	__u64 count = variant->count < 512 ? variant->count : 512, pfns[512];
	unsigned char *memory = mmap(NULL, 2 * thp, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct comparison whole, comparison;
	pid_t child;

	SUITE_NEEDS(NEEDS_THP);
	ASSERT_NE(MAP_FAILED, (void *)memory);
	memory = (unsigned char *)(((uintptr_t)memory + thp - 1) & ~(thp - 1));
	ASSERT_EQ(0, madvise(memory, thp, MADV_HUGEPAGE));
	for (size_t i = 0; i < thp; i += page)
		memory[i] = 1;
	for (__u64 i = 0; i < count; i++)
		pfns[i] = stage_pfn(memory + i * page);
	ASSERT_EQ(pfns[0] + count - 1, pfns[count - 1]);
	child = child_with_holes(memory, page, count);
	ASSERT_LT(0, child);
	EXPECT_EQ(0, compare_reports(&self->stage, count, pfns, &whole));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ASSERT_EQ(0, make_holes(memory, page, count));
	ASSERT_EQ(0, compare_reports(&self->stage, count, pfns, &comparison));
	EXPECT_EQ(0, whole.different + comparison.different);
	if (count > 1) {
		EXPECT_LT(1, whole.kinds);
		EXPECT_LT(1, comparison.kinds);
	}
	evidence("mapped_by=pmd reports=%llu runs=%d different=%d", count, whole.kinds,
		 whole.different);
	evidence("mapped_by=pte runs=%d different=%d", comparison.kinds, comparison.different);
}

/* The stride of a newer header: the module writes the bytes that it knows and clears the others. */
CASE(ioctl_report, stride_larger, .rows = "P2")
{
	const __u32 stride = sizeof(struct pincheck_report) + 24;
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));

	for (__u64 i = 0; i < variant->count; i++)
		pfns[i] = i ? pfns[0] : stage_pfn(self->stage.memory);
	memset(self->buffer, 0x5c, REPORT_BYTES);
	ASSERT_EQ(0, issue_report(&self->stage, stride, variant->count, pfns, self->buffer));
	for (__u64 i = 0; i < variant->count; i++) {
		struct pincheck_report *report = (void *)(self->buffer + i * stride);

		ASSERT_EQ(pfns[i], report->pfn);
		for (size_t byte = sizeof(*report); byte < stride; byte++) {
			ASSERT_EQ(0, self->buffer[i * stride + byte]);
		}
	}
	ASSERT_EQ(0x5c, self->buffer[variant->count * stride]);
	free(pfns);
	evidence("stride=%u report_bytes=%zu note=\"the tails are cleared\"", stride,
		 sizeof(struct pincheck_report));
}

CASE(ioctl_report, stride_bad, .rows = "P1")
{
	static const __u32 strides[] = {
		0, 1, 7, PINCHECK_REPORT_SIZE_ABI1 - 1, PINCHECK_REPORT_SIZE_ABI1 - 8,
		4097, 1U << 20, 0x80000000, 0xffffffff,
	};
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));

	memset(self->buffer, 0x5c, PAGE_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(strides); i++) {
		EXPECT_EQ(-EINVAL, issue_report(&self->stage, strides[i], variant->count, pfns,
						self->buffer)) TH_LOG("stride %#x", strides[i]);
		EXPECT_EQ(0x5c, self->buffer[0]) TH_LOG("stride %#x", strides[i]);
	}
	free(pfns);
	evidence("strides=%zu errno=EINVAL", ARRAY_SIZE(strides));
}

/* Bad addresses of both lists, and counts whose product with the size wraps. */
CASE(ioctl_report, pointers_bad, .rows = "P3")
{
	const __u32 stride = sizeof(struct pincheck_report);
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));
	const struct stage *stage = &self->stage;
	const __u64 *kernel = (void *)0xffff888000000000;

	EXPECT_EQ(-EFAULT, issue_report(stage, stride, variant->count, NULL, self->buffer));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, variant->count, kernel, self->buffer));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, variant->count, pfns, NULL));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, variant->count, pfns, (void *)kernel));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, 1ULL << 61, kernel, self->buffer));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, ~0ULL, kernel, self->buffer));
	EXPECT_EQ(-EFAULT, issue_report(stage, stride, ~0ULL, pfns, (void *)kernel));
	EXPECT_EQ(0, issue_report(stage, stride, 0, NULL, NULL));
	free(pfns);
	evidence("bad_pointers=EFAULT count_0=accepted");
}

PINCHECK_TEST_MAIN
