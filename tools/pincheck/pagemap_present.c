// SPDX-License-Identifier: GPL-2.0-only
/* The parts of a mapping that have pages. */
#include <linux/ioctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include "tools/lib/array.h"
#include "tools/pincheck/pagemap_present.h"

/* Smaller ranges are read at once. */
#define SPARSE_BYTES	(16ULL << 20)

#define REGIONS		64

/* PAGEMAP_SCAN leaves mappings out that are made by page frame number (VM_PFNMAP). Those are of devices. */
static bool may_be_sparse(const struct vma *vma, __u64 bytes)
{
	return bytes >= SPARSE_BYTES && !vma->inode && strncmp(vma->path, "/", 1);
}

/* As struct page_region and struct pm_scan_arg of <linux/fs.h>: the headers of the build machine may be older. */
struct present_region {
	__u64 start;
	__u64 end;
	__u64 categories;
};

struct present_request {
	__u64 size;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 walk_end;
	__u64 regions;
	__u64 room;
	__u64 max_pages;
	__u64 category_inverted;
	__u64 category_mask;
	__u64 category_anyof_mask;
	__u64 return_mask;
};

#define PRESENT_SCAN	_IOWR('f', 16, struct present_request)
#define PRESENT		(1ULL << 3)	/* PAGE_IS_PRESENT */

int pagemap_present(int pagemap, const struct vma *vma, __u64 start, __u64 end,
		    int (*visit)(void *context, __u64 start, __u64 end), void *context)
{
	struct present_region regions[REGIONS];
	struct present_request request = {
		.size = sizeof(request), .start = start, .end = end,
		.regions = (uintptr_t)regions, .room = ARRAY_SIZE(regions),
		.category_mask = PRESENT, .return_mask = PRESENT,
	};
	int error = 0;

	if (!may_be_sparse(vma, end - start))
		return visit(context, start, end);
	while (!error && request.start < end) {
		int found = ioctl(pagemap, PRESENT_SCAN, &request);

		if (found < 0)
			return visit(context, request.start, end);
		for (int i = 0; i < found && !error; i++)
			error = visit(context, regions[i].start, regions[i].end);
		if (request.walk_end <= request.start)
			break;
		request.start = request.walk_end;
	}
	return error;
}
