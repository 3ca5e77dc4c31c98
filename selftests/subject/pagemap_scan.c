// SPDX-License-Identifier: GPL-2.0-only
/* PAGEMAP_SCAN: the categories of pages. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "../../tools/lib/page_size.h"
#include "pagemap_scan.h"

#define REGIONS		64

/* As struct page_region and struct pm_scan_arg of <linux/fs.h>. */
struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct scan_request {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define SCAN_CALL		_IOWR('f', 16, struct scan_request)
#define SCAN_WP_MATCHING	(1ULL << 0)
#define SCAN_CHECK_WPASYNC	(1ULL << 1)

static void note_region(const struct scan_region *region, uint64_t start, uint64_t *categories)
{
	for (uint64_t at = region->start; at < region->end; at += PAGE_BYTES)
		categories[(at - start) / PAGE_BYTES] = region->categories;
}

int pagemap_scan(int pagemap, const void *start, size_t pages, uint64_t must, uint64_t told,
		 uint64_t *categories)
{
	struct scan_region regions[REGIONS];
	uint64_t first = (uintptr_t)start;
	struct scan_request request = {
		.size = sizeof(request), .start = first, .end = first + pages * PAGE_BYTES,
		.vec = (uintptr_t)regions, .vec_len = REGIONS,
		.category_mask = must, .return_mask = told,
	};

	memset(categories, 0, pages * sizeof(*categories));
	while (request.start < request.end) {
		int got = ioctl(pagemap, SCAN_CALL, &request);

		if (got < 0)
			return -errno;
		for (int i = 0; i < got; i++)
			note_region(&regions[i], first, categories);
		request.start = request.walk_end;
	}
	return 0;
}

int pagemap_scan_protect(int pagemap, const void *start, size_t bytes)
{
	struct scan_request request = {
		.size = sizeof(request), .flags = SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)start, .end = (uintptr_t)start + bytes,
		.category_mask = SCAN_WRITTEN, .return_mask = SCAN_WRITTEN,
	};

	return ioctl(pagemap, SCAN_CALL, &request) < 0 ? -errno : 0;
}
