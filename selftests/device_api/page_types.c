// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own pages: of a type (page tables, slab), reserved, or allocated by kernel code.
 * Their owner decides what their struct page means. ACCURACY demands that a word which is no
 * mapcount is not reported as one, and that the module takes no reference on them, because their
 * owner may set the count. One variant a kind of page.
 */
#include "suite.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "stage.h"
#include "virtio_mem.h"

/* Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h). */
#define KPF_SLAB		7
#define KPF_COMPOUND_TAIL	16
#define KPF_OFFLINE		23
#define KPF_PGTABLE		26
#define NO_KPF			64	/* no bit: memory that kernel code allocated */

/* Less than a memory block: its other pages are PageOffline. */
#define PLUG_MIB	64

#define PAGES_MAX	1024	/* judged in one case */
#define BATCH		512	/* entries of /proc/kpageflags read at once */
#define ROUNDS		20000	/* reports of one page, while another CPU reports it, too */

FIXTURE(page_types)
{
	struct stage stage;
	int kpageflags;
	__u64 *pfns;
	size_t count;
	unsigned char *memory;	/* maps the zero page */
	bool stop;
};

FIXTURE_VARIANT(page_types)
{
	unsigned int bit;	/* of /proc/kpageflags; 0: the zero page */
	bool typed;
	__u64 flag;		/* of the report */
};

FIXTURE_VARIANT_ADD(page_types, table) { KPF_PGTABLE, true, PINCHECK_PAGE_TYPED };
FIXTURE_VARIANT_ADD(page_types, slab) { KPF_SLAB, true, PINCHECK_PAGE_SLAB };
FIXTURE_VARIANT_ADD(page_types, offline)
{
	KPF_OFFLINE, true, PINCHECK_PAGE_TYPED | PINCHECK_PAGE_OFFLINE,
};
FIXTURE_VARIANT_ADD(page_types, of_nobody) { NO_KPF, false, 0 };
FIXTURE_VARIANT_ADD(page_types, reserved) { 0, false, PINCHECK_PAGE_ZERO };

static bool has_bit(uint64_t entry, unsigned int bit)
{
	return bit == NO_KPF ? !entry : entry & 1ULL << bit;
}

/*
 * Is the page of this kind, and in use? Pages found in all memory come and go. A page with a type
 * may be in use without references: slab is since 9aec2fb0fd5e ("slab: allocate frozen pages",
 * 6.15). Of such a compound page only the head has the type; /proc/kpageflags copies it to the
 * other pages.
 */
static bool is_kind(FIXTURE_DATA(page_types) *self, unsigned int bit, __u64 pfn)
{
	struct pincheck_report report;
	uint64_t entry;

	if (pincheck_report(self->stage.session, &pfn, 1, &report) ||
	    (bit == NO_KPF && report.refcount <= 0))
		return false;
	if (!bit)
		return true;
	return pread(self->kpageflags, &entry, sizeof(entry), pfn * sizeof(entry)) == sizeof(entry) &&
	       has_bit(entry, bit) && (report.refcount > 0 || !has_bit(entry, KPF_COMPOUND_TAIL));
}

/* Finds the first PAGES_MAX pages of a kind in the machine's memory. */
static void find_pages(FIXTURE_DATA(page_types) *self, unsigned int bit)
{
	uint64_t entries[BATCH];
	ssize_t got;

	for (__u64 pfn = 0; self->count < PAGES_MAX; pfn += BATCH) {
		got = pread(self->kpageflags, entries, sizeof(entries), pfn * sizeof(*entries));
		if (got <= 0)
			return;
		for (size_t i = 0; i < got / sizeof(*entries) && self->count < PAGES_MAX; i++)
			if (has_bit(entries[i], bit) && is_kind(self, bit, pfn + i))
				self->pfns[self->count++] = pfn + i;
	}
}

/* Finds the zero page: memory that was only read maps it. */
static void find_zero_page(FIXTURE_DATA(page_types) *self)
{
	self->memory = mmap(NULL, self->stage.page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self->memory == MAP_FAILED)
		return;
	(void)*(volatile unsigned char *)self->memory;
	self->pfns[0] = stage_pfn(self->memory);
	self->count = self->pfns[0] != 0;
}

SUITE_FACTS(page_types)
{
	facts->memory = name;
}

FIXTURE_SETUP(page_types)
{
	ASSERT_STAGE_OPEN(&self->stage);
	self->kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	self->pfns = calloc(PAGES_MAX, sizeof(*self->pfns));
	SUITE_NEEDS(NEEDS_KPAGEFLAGS | (variant->bit == KPF_OFFLINE ? NEEDS_VIRTIO_MEM : 0));
	if (variant->bit == KPF_OFFLINE)
		ASSERT_DONE(virtio_mem_resize(PLUG_MIB));
	if (variant->bit)
		find_pages(self, variant->bit);
	else
		find_zero_page(self);
	ASSERT_LT(0, self->count);
}

FIXTURE_TEARDOWN(page_types)
{
	if (self->memory && self->memory != MAP_FAILED)
		munmap(self->memory, self->stage.page);
	free(self->pfns);
	if (self->kpageflags >= 0)
		close(self->kpageflags);
	if (variant->bit == KPF_OFFLINE && virtio_mem_offered() && virtio_mem_plugged()) {
		EXPECT_EQ(0, virtio_mem_resize(0));
	}
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* The report does not take a page's type for its mapcount, and has no negative count. */
CASE(page_types, mapcount, .rows = "D12")
{
	const __u32 mapcounts = PINCHECK_REPORT_MAPCOUNT | PINCHECK_REPORT_FOLIO_MAPCOUNT |
				PINCHECK_REPORT_ENTIRE_MAPCOUNT;
	size_t judged = 0, mapcounts_seen = 0, negative = 0, unnamed = 0;
	struct pincheck_report report;

	for (size_t i = 0; i < self->count; i++) {
		ASSERT_EQ(0, pincheck_report(self->stage.session, &self->pfns[i], 1, &report));
		if (!is_kind(self, variant->bit, report.pfn))
			continue;
		judged++;
		mapcounts_seen += variant->typed && (report.present & mapcounts);
		negative += report.page_mapcount < 0 || report.folio_mapcount < 0 ||
			    report.entire_mapcount < 0 || report.refcount < 0;
		unnamed += (report.flags & variant->flag) != variant->flag;
	}
	EXPECT_LT(0, judged);
	EXPECT_EQ(0, mapcounts_seen);
	EXPECT_EQ(0, negative);
	EXPECT_EQ(0, unnamed);
	evidence("judged=%zu pages=%zu first_pfn=%llx mapcounts=%zu negative=%zu unnamed=%zu",
		 judged, self->count, self->pfns[0], mapcounts_seen, negative, unnamed);
}

/* Reports and scans the page as long as the other thread reports it. */
static void *report_and_scan(void *argument)
{
	FIXTURE_DATA(page_types) *self = argument;
	struct pincheck_report report;
	__u64 pfn = self->pfns[0];

	while (!__atomic_load_n(&self->stop, __ATOMIC_RELAXED)) {
		__u64 cursor = pfn, end = pfn + 1, found, count = 1;

		pincheck_report(self->stage.session, &pfn, 1, &report);
		pincheck_scan(self->stage.session, PINCHECK_SCAN_EXCESS, &cursor, &end, &found,
			      &count);
	}
	return NULL;
}

/*
 * A report does not count its own references, but those of another report and of a scan. On such a
 * page there must be none.
 */
CASE(page_types, no_reference, .rows = "D7")
{
	struct pincheck_report report, first;
	size_t judged = 0, differs = 0;
	pthread_t other;

	SUITE_NEEDS(NEEDS_THREADS);
	ASSERT_EQ(0, pincheck_report(self->stage.session, self->pfns, 1, &first));
	stage_use_all_cpus();
	ASSERT_EQ(0, pthread_create(&other, NULL, report_and_scan, self));
	for (size_t i = 0; i < ROUNDS && suite_has_time(); i++) {
		if (pincheck_report(self->stage.session, self->pfns, 1, &report))
			break;
		/* The page was freed meanwhile: the case ends. */
		if (!is_kind(self, variant->bit, report.pfn))
			break;
		judged++;
		differs += report.refcount != first.refcount;
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	pthread_join(other, NULL);
	EXPECT_LT(0, judged);
	EXPECT_EQ(0, differs);
	evidence("pfn=%llx ref=%d ref_changed=%zu looks=%zu", self->pfns[0], first.refcount,
		 differs, judged);
}

TOPIC_NEEDS("virtio_mem");
PINCHECK_TEST_MAIN
