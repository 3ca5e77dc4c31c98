// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory fails (hwpoison) while a device holds it: device I/O neither reads nor writes the page,
 * the page report says so, and the pages beside it are served. Invariants: ACCURACY; on real
 * hardware CLEAN, too, because touching such memory is a machine check in kernel mode. One variant
 * a kind of memory and of hold.
 *
 * For hugetlb the kernel tells a module only that some page of a folio failed, so the module
 * refuses the whole folio.
 */
#include "suite.h"
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "hugetlb_pool.h"
#include "stage.h"

#define POISONED	5	/* index of the page that fails, in the first unit */
#define SMALL_PAGES	8	/* in a unit of memory without huge pages */

FIXTURE(poison)
{
	struct stage stage;
	unsigned char *area, *memory;
	size_t area_bytes, unit, bytes;
	int file;
};

FIXTURE_VARIANT(poison)
{
	__u32 kind;
	requirement_set needs;
	bool hugetlb, thp;
};

#define BASE	.needs = NEEDS_POISON
#define THP	.needs = NEEDS_POISON | NEEDS_THP, .thp = true
#define HUGETLB	.needs = NEEDS_POISON | NEEDS_HUGETLB, .hugetlb = true

FIXTURE_VARIANT_ADD(poison, base_pin) { BASE, .kind = PINCHECK_KIND_PIN };
FIXTURE_VARIANT_ADD(poison, base_get) { BASE, .kind = PINCHECK_KIND_GET };
FIXTURE_VARIANT_ADD(poison, base_mirror) { BASE | NEEDS_MIRROR, .kind = PINCHECK_KIND_MIRROR };
FIXTURE_VARIANT_ADD(poison, thp_pin) { THP, .kind = PINCHECK_KIND_PIN };
FIXTURE_VARIANT_ADD(poison, thp_get) { THP, .kind = PINCHECK_KIND_GET };
FIXTURE_VARIANT_ADD(poison, hugetlb_pin) { HUGETLB, .kind = PINCHECK_KIND_PIN };
FIXTURE_VARIANT_ADD(poison, hugetlb_get) { HUGETLB, .kind = PINCHECK_KIND_GET };
FIXTURE_VARIANT_ADD(poison, hugetlb_mirror)
{
	.needs = NEEDS_POISON | NEEDS_HUGETLB | NEEDS_MIRROR, .hugetlb = true,
	.kind = PINCHECK_KIND_MIRROR,
};
FIXTURE_VARIANT_ADD(poison, hugetlb_memfd)
{
	.needs = NEEDS_POISON | NEEDS_HUGETLB | NEEDS_MEMFD, .hugetlb = true,
	.kind = PINCHECK_KIND_MEMFD,
};

/* The process maps the page that fails, so it gets SIGBUS. */
static void on_bus_error(int signal)
{
	(void)signal;
}

/* Maps memory aligned to the unit, so that a huge page can be the first of it. */
static int map_aligned(FIXTURE_DATA(poison) *self, bool thp)
{
	self->area_bytes = self->bytes + self->unit;
	self->area = mmap(NULL, self->area_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self->area == MAP_FAILED)
		return -errno;
	self->memory = self->area + self->unit - (uintptr_t)self->area % self->unit;
	if (!thp)
		return stage_no_huge_pages(self->area, self->area_bytes);
	return madvise(self->area, self->area_bytes, MADV_HUGEPAGE) ? -errno : 0;
}

static int map_hugetlb_file(FIXTURE_DATA(poison) *self)
{
	self->file = hugetlb_pool_memfd("poison", MFD_HUGETLB);
	if (self->file < 0 || ftruncate(self->file, self->bytes))
		return -errno;
	self->area_bytes = self->bytes;
	self->area = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	self->memory = self->area;
	return self->area == MAP_FAILED ? -errno : 0;
}

SUITE_FACTS(poison)
{
	facts->memory = variant->hugetlb ? "hugetlb" : variant->thp ? "thp_pmd" : "base";
	facts->hold = pincheck_kind_name(variant->kind);
	facts->event = "poison";
}

FIXTURE_SETUP(poison)
{
	self->file = -1;
	self->area = MAP_FAILED;
	ASSERT_STAGE_OPEN(&self->stage);
	SUITE_NEEDS(variant->needs);
	self->unit = variant->thp || variant->hugetlb ? PMD_BYTES : SMALL_PAGES * self->stage.page;
	self->bytes = 2 * self->unit;
	signal(SIGBUS, on_bus_error);
	ASSERT_EQ(0, variant->hugetlb ? map_hugetlb_file(self) : map_aligned(self, variant->thp));
	memset(self->memory, 7, self->bytes);
}

FIXTURE_TEARDOWN(poison)
{
	if (self->area != MAP_FAILED)
		munmap(self->area, self->area_bytes);
	if (self->file >= 0)
		close(self->file);
	EXPECT_STAGE_CLEAN(&self->stage);
}

static int hold_memory(FIXTURE_DATA(poison) *self, __u32 kind)
{
	const bool by_file = kind == PINCHECK_KIND_MEMFD;

	self->stage.hold = (struct pincheck_hold) {
		.flags = PINCHECK_HOLD_WRITE, .kind = kind, .len = self->bytes,
		.fd = by_file ? self->file : 0,
		.addr = by_file ? 0 : (uintptr_t)self->memory,
		.path = kind == PINCHECK_KIND_PIN || kind == PINCHECK_KIND_GET ?
			PINCHECK_PATH_FAST : 0,
	};
	return pincheck_hold(self->stage.session, &self->stage.hold);
}

/* A mirror finds the page again, and the kernel refuses that before the module checks the page. */
static bool is_refused(__u32 kind, ssize_t done)
{
	return done == -EIO || (kind == PINCHECK_KIND_MIRROR && done == -EFAULT);
}

/* Are both a read and a write of this page refused (or, if not @refused, served)? */
static bool io_is(FIXTURE_DATA(poison) *self, __u32 kind, size_t page, bool refused)
{
	const __u64 at = page * self->stage.page;
	unsigned char bytes[8] = { 0 };
	ssize_t got = pincheck_read(self->stage.session, self->stage.hold.hold, at, bytes, 8);
	ssize_t put;

	/* A read returns the bytes that were written there. */
	if (!refused && (got != 8 || bytes[0] != 7 || bytes[7] != 7))
		return false;
	put = pincheck_write(self->stage.session, self->stage.hold.hold, at, bytes, 8);
	return refused ? is_refused(kind, got) && is_refused(kind, put) : put == 8;
}

/* Marks a page as failed. EBUSY: a hold or the page's size stopped the kernel after that. */
static int make_page_fail(void *page, size_t bytes)
{
	if (!madvise(page, bytes, MADV_HWPOISON) || errno == EBUSY || errno == EHWPOISON)
		return 0;
	return -errno;
}

/*
 * Splits the huge page by paging out a part: once freed whole, a huge page with a failed part is
 * reused, failed base pages are not. Return: the order of the failed page, or -errno.
 */
static int split_failed(FIXTURE_DATA(poison) *self, __u64 pfn)
{
	struct pincheck_report report;
	int error;

	if (madvise(self->memory, self->stage.page, MADV_PAGEOUT))
		return -errno;
	error = pincheck_report(self->stage.session, &pfn, 1, &report);
	return error ? error : (int)report.order;
}

/* Does the report know whether the page failed, and is that @failed? */
static bool reports_failure(const struct pincheck_report *report, bool failed)
{
	return (report->flags_known & PINCHECK_PAGE_HWPOISON) &&
	       !!(report->flags & PINCHECK_PAGE_HWPOISON) == failed;
}

/*
 * A page fails under a hold. From then on the module refuses that page, or the whole hugetlb folio
 * that has it, and no other.
 */
CASE(poison, refused_and_told, .rows = "D1")
{
	const size_t page = self->stage.page, pages = self->bytes / page;
	const size_t unit_pages = self->unit / page;
	size_t wrong_io = 0, wrong_report = 0, failed = 0;
	struct pincheck_report *reports = calloc(pages, sizeof(*reports));
	__u64 *pfns = calloc(pages, sizeof(*pfns));

	for (size_t i = 0; i < pages; i++) {
		pfns[i] = stage_pfn(self->memory + i * page);
		ASSERT_NE(0, pfns[i]);
	}
	ASSERT_EQ(0, hold_memory(self, variant->kind));
	for (size_t i = 0; i < pages; i++) {
		ASSERT_TRUE(io_is(self, variant->kind, i, false)) TH_LOG("page %zu", i);
	}
	ASSERT_EQ(0, pincheck_report(self->stage.session, pfns, pages, reports));
	for (size_t i = 0; i < pages; i++)
		wrong_report += !reports_failure(&reports[i], false);
	ASSERT_EQ(0, make_page_fail(self->memory + POISONED * page, page));
	ASSERT_EQ(0, pincheck_report(self->stage.session, pfns, pages, reports));
	for (size_t i = 0; i < pages; i++) {
		const bool bad = variant->hugetlb ? i < unit_pages : i == POISONED;

		failed += bad;
		wrong_io += !io_is(self, variant->kind, i, bad);
		wrong_report += !reports_failure(&reports[i], bad);
	}
	EXPECT_EQ(0, wrong_io);
	EXPECT_EQ(0, wrong_report);
	EXPECT_LE(0, pincheck_release(self->stage.session, self->stage.hold.hold));
	if (variant->thp) {
		EXPECT_EQ(0, split_failed(self, pfns[POISONED]));
	}
	evidence("page=%d pfn=%llx pages=%zu failed=%zu wrong_io=%zu wrong_reports=%zu", POISONED,
		 pfns[POISONED], pages, failed, wrong_io, wrong_report);
	free(pfns);
	free(reports);
}

PINCHECK_TEST_MAIN
