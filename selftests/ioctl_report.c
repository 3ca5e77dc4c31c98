// SPDX-License-Identifier: GPL-2.0-only
/*
 * REPORT with page frame numbers, strides and pointers that do not fit. One variant a length of
 * the list. Invariants: ACCURACY of what is told, CLEAN.
 */
#include "suite.h"
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
/* More than the module can have in a page at once: it must go on in steps. */
FIXTURE_VARIANT_ADD(ioctl_report, many) { 3000 };

#define REPORT_BYTES	(3000 * 256)

FIXTURE_SETUP(ioctl_report)
{
	char why[WHY];

	ASSERT_EQ(0, stage_open(&self->stage, why, sizeof(why))) TH_LOG("%s", why);
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

/* PFNs without a page behind them are no error: the report says that there is none. */
TEST_F(ioctl_report, pfns_without_a_page)
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
	evidence("%llu PFNs without a page: present 0 each", variant->count);
}

/* From PFN 0 on, whatever is there: firmware holes, reserved pages, free pages, slab. */
TEST_F(ioctl_report, first_pages_of_the_machine)
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
	evidence("%llu of the first %llu PFNs have a page", present, variant->count);
}

/* A page of ours: the report agrees with what a process knows of its own page. */
TEST_F(ioctl_report, page_of_our_own)
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
	evidence("%llu reports of our pages: anon, mapcount 1, refcount %d", variant->count,
		 reports[0].refcount);
}

/* Strides of a newer header: known bytes first, what this module does not know is cleared. */
TEST_F(ioctl_report, stride_larger)
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
	evidence("stride %u for %zu bytes: tails cleared", stride, sizeof(struct pincheck_report));
}

TEST_F(ioctl_report, stride_bad)
{
	static const __u32 strides[] = {
		0, 1, 7, PINCHECK_REPORT_SIZE_ABI1 - 1, PINCHECK_REPORT_SIZE_ABI1 - 8,
		4097, 1U << 20, 0x80000000, 0xffffffff,
	};
	__u64 *pfns = calloc(variant->count, sizeof(*pfns));

	memset(self->buffer, 0x5c, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(strides); i++) {
		EXPECT_EQ(-EINVAL, issue_report(&self->stage, strides[i], variant->count, pfns,
						self->buffer)) TH_LOG("stride %#x", strides[i]);
		EXPECT_EQ(0x5c, self->buffer[0]) TH_LOG("stride %#x", strides[i]);
	}
	free(pfns);
	evidence("%zu strides: EINVAL", ARRAY_SIZE(strides));
}

/* Bad addresses on either side, and counts whose product with a size would wrap. */
TEST_F(ioctl_report, pointers_bad)
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
	evidence("bad PFN and report pointers: EFAULT; count 0 looks at neither");
}

PINCHECK_TEST_MAIN
