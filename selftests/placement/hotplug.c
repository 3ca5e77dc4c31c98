// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLEAN: memory is plugged and unplugged while REPORT and SCAN look at it. virtio-mem sets the
 * reference count of pages that it plugs (set_page_count(page, 0) in __free_pages_core()): a
 * reference that is put afterwards makes the count -1. Unplugged memory loses its memory map.
 */
#include "suite.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include "stage.h"
#include "virtio_mem.h"

#define ROUNDS		6
#define BATCH		1024	/* reports in one call */

FIXTURE(hotplug)
{
	struct stage stage;
	uint64_t first, end;	/* page frame numbers of the device's memory */
	bool stop;
	unsigned long reports, scans, offline;
};

FIXTURE_VARIANT(hotplug)
{
	void *(*looker)(void *argument);
};

static bool is_stopped(FIXTURE_DATA(hotplug) *self)
{
	return __atomic_load_n(&self->stop, __ATOMIC_RELAXED);
}

/* Reports of @count pages from @pfn on. Return: 0 or -errno */
static int report_from(int session, uint64_t pfn, size_t count, struct pincheck_report *reports)
{
	__u64 pfns[BATCH];

	for (size_t i = 0; i < count; i++)
		pfns[i] = pfn + i;
	return pincheck_report(session, pfns, count, reports);
}

static void *reports_all(void *argument)
{
	FIXTURE_DATA(hotplug) *self = argument;
	struct pincheck_report *reports = calloc(BATCH, sizeof(*reports));

	while (!is_stopped(self)) {
		for (uint64_t pfn = self->first; pfn < self->end && !is_stopped(self); pfn += BATCH) {
			if (report_from(self->stage.session, pfn, BATCH, reports))
				continue;
			self->reports += BATCH;
			for (size_t i = 0; i < BATCH; i++)
				self->offline += !!(reports[i].flags & PINCHECK_PAGE_OFFLINE);
		}
	}
	free(reports);
	return NULL;
}

static void *scans_all(void *argument)
{
	FIXTURE_DATA(hotplug) *self = argument;
	__u64 found[64];

	while (!is_stopped(self)) {
		__u64 cursor = self->first, end = self->end, count;

		while (cursor < end && !is_stopped(self)) {
			count = ARRAY_SIZE(found);
			if (pincheck_scan(self->stage.session,
					  PINCHECK_SCAN_PINNED | PINCHECK_SCAN_EXCESS, &cursor, &end,
					  found, &count))
				break;
		}
		self->scans++;
	}
	return NULL;
}

FIXTURE_VARIANT_ADD(hotplug, report) { reports_all };
FIXTURE_VARIANT_ADD(hotplug, scan) { scans_all };

FIXTURE_SETUP(hotplug)
{
	uint64_t first, end;

	ASSERT_STAGE_OPEN(&self->stage);
	SUITE_NEEDS(NEEDS_VIRTIO_MEM | NEEDS_THREADS);
	/* Find where the memory will be. */
	ASSERT_DONE(virtio_mem_resize(128));
	virtio_mem_range(&first, &end);
	self->first = first / self->stage.page;
	self->end = end / self->stage.page;
	ASSERT_DONE(virtio_mem_resize(0));
}

FIXTURE_TEARDOWN(hotplug)
{
	if (virtio_mem_offered() && virtio_mem_plugged())
		EXPECT_EQ(0, virtio_mem_resize(0));
	EXPECT_STAGE_CLEAN(&self->stage);
}

/* Return: how many pages have a reference count below 0. */
static size_t pages_below_zero(FIXTURE_DATA(hotplug) *self)
{
	struct pincheck_report *reports = calloc(BATCH, sizeof(*reports));
	size_t below = 0;

	for (uint64_t pfn = self->first; pfn < self->end; pfn += BATCH) {
		if (report_from(self->stage.session, pfn, BATCH, reports))
			continue;
		for (size_t i = 0; i < BATCH; i++)
			below += reports[i].refcount < 0;
	}
	free(reports);
	return below;
}

/*
 * First a part of a memory block is plugged: the others are PageOffline pages, whose count is set
 * when they are plugged, too. Then the whole device is unplugged.
 */
CASE_TIMEOUT(hotplug, resized_meanwhile, 120, .rows = "D7 D16")
{
	size_t below = 0;
	pthread_t looker;

	stage_use_all_cpus();
	ASSERT_EQ(0, pthread_create(&looker, NULL, variant->looker, self));
	for (size_t i = 0; i < ROUNDS; i++) {
		ASSERT_DONE(virtio_mem_resize(64));
		ASSERT_DONE(virtio_mem_resize(128));
		below += pages_below_zero(self);
		ASSERT_DONE(virtio_mem_resize(0));
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	pthread_join(looker, NULL);
	EXPECT_LT(0, self->reports + self->scans);
	EXPECT_EQ(0, below);
	evidence("first_pfn=%" PRIx64 " end_pfn=%" PRIx64 " plugged=%u reports=%lu offline=%lu scans=%lu negative=%zu",
		 self->first, self->end, ROUNDS, self->reports, self->offline, self->scans, below);
}

TOPIC_NEEDS("virtio_mem");
PINCHECK_TEST_MAIN
