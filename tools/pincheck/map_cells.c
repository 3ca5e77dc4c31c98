// SPDX-License-Identifier: GPL-2.0-only
/* The address space of a process as cells. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pagemap.h"
#include "tools/lib/pincheck.h"
#include "tools/pincheck/map_cells.h"
#include "tools/pincheck/pagemap_present.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/process.h"

#define PAGES	1024	/* that are looked at together */

const struct look looks[LOOKS] = {
	[LOOK_NONE]	 = { '.', "none", "nothing is mapped yet", 236, "#e8e8e8" },
	[LOOK_EXCLUSIVE] = { 'e', "exclusive", "a page of this process alone", 34, "#59a14f" },
	[LOOK_FILE]	 = { 'f', "file", "a page of a file", 32, "#4e79a7" },
	[LOOK_OTHER]	 = { 'o', "other", "memory of a device, or of no kind", 245, "#9c9c9c" },
	[LOOK_SHARED]	 = { 's', "shared", "an anonymous page that others may have, too", 184, "#edc948" },
	[LOOK_HUGE]	 = { 'h', "huge", "part of a folio of several pages", 37, "#76b7b2" },
	[LOOK_SWAPPED]	 = { 'z', "swapped", "swapped out", 139, "#b07aa1" },
	[LOOK_HELD]	 = { 'R', "held", "has references that mappings do not explain", 208, "#f28e2b" },
	[LOOK_PINNED]	 = { 'P', "pinned", "looks pinned for DMA", 196, "#e15759" },
};

/**
 * struct map_reader - what page_map_read() works with
 * @part: that it fills
 */
struct map_reader {
	struct page_map *map;
	int session;
	int pagemap;
	__u64 start;
	__u64 end;
	__u64 cell_pages;
	size_t part_cells;
	size_t cells;
	struct map_part *part;
	struct progress *progress;
};

/* Does anybody besides mappings and caches refer to the page? */
static bool is_held(const struct pincheck_report *report)
{
	bool more = report->present & PINCHECK_REPORT_EXPLAINED && report->unexplained > 0;
	bool ours = report->present & PINCHECK_REPORT_LEDGER && report->folio_gets;

	return more || ours || (report->present & PINCHECK_REPORT_MIRRORS && report->mirrors);
}

/* Kernels before 5.19 have no mark for exclusive pages: a page that is mapped once is taken for exclusive. */
static bool is_exclusive(const struct pincheck_report *report)
{
	if (report->flags & PINCHECK_PAGE_KSM)
		return false;
	if (report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE)
		return report->flags & PINCHECK_PAGE_ANON_EXCLUSIVE;
	return report->present & PINCHECK_REPORT_MAPCOUNT && report->page_mapcount == 1;
}

static enum page_look look_of_report(const struct pincheck_report *report)
{
	if (!(report->present & PINCHECK_REPORT_PAGE))
		return LOOK_OTHER;
	if (report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED)
		return LOOK_PINNED;
	if (is_held(report))
		return LOOK_HELD;
	if (report->flags & PINCHECK_PAGE_HUGETLB || report->order)
		return LOOK_HUGE;
	if (report->flags & PINCHECK_PAGE_ANON)
		return is_exclusive(report) ? LOOK_EXCLUSIVE : LOOK_SHARED;
	if (report->flags & (PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM))
		return LOOK_FILE;
	return report->flags & PINCHECK_PAGE_ZERO ? LOOK_SHARED : LOOK_OTHER;
}

static void add_look(struct map_part *part, __u64 address, enum page_look look)
{
	unsigned char *cell = &part->cells[(address - part->start) / PAGE_BYTES / part->cell_pages];

	part->pages[look]++;
	if (look > *cell)
		*cell = look;
}

/* Reports of the present pages among @count from @start on, whose @entries pagemap has. */
static int look_at_entries(struct map_reader *reader, __u64 start, const uint64_t *entries, size_t count)
{
	static struct pincheck_report reports[PAGES];
	size_t present = 0, seen = 0;
	__u64 pfns[PAGES];
	int error;

	for (size_t i = 0; i < count; i++) {
		if (entries[i] & PAGEMAP_PRESENT)
			pfns[present++] = pagemap_pfn(entries[i]);
	}
	/* Without CAP_SYS_ADMIN the kernel shows page frame number 0. */
	if (present && !pfns[0])
		return -EPERM;
	error = present ? pincheck_report_ledger(reader->session, pfns, present, reports) : 0;
	for (size_t i = 0; i < count && !error; i++) {
		enum page_look look = entries[i] & PAGEMAP_PRESENT ? look_of_report(&reports[seen++]) :
				      entries[i] & PAGEMAP_SWAPPED ? LOOK_SWAPPED : LOOK_NONE;

		if (look)
			add_look(reader->part, start + i * PAGE_BYTES, look);
	}
	return error;
}

static int read_range(void *context, __u64 start, __u64 end)
{
	struct map_reader *reader = context;
	uint64_t entries[PAGES];
	int error = 0;

	for (__u64 at = start; at < end && !error; at += PAGES * PAGE_BYTES) {
		size_t count = (end - at) / PAGE_BYTES < PAGES ? (end - at) / PAGE_BYTES : PAGES;

		error = pagemap_read(reader->pagemap, (void *)(uintptr_t)at, entries, count);
		if (error == -ENODATA)
			return -ESRCH;
		if (!error)
			error = look_at_entries(reader, at, entries, count);
		progress_show(reader->progress, "pages", at - reader->part->start,
			      reader->part->end - reader->part->start);
	}
	return error;
}

static __u64 pages_of_cell(const struct map_reader *reader, __u64 pages)
{
	__u64 cell = 1;

	if (reader->cell_pages)
		return reader->cell_pages;
	while ((pages + cell - 1) / cell > reader->part_cells)
		cell *= 2;
	return cell;
}

static struct map_part *add_part(struct map_reader *reader, const struct vma *vma, __u64 start, __u64 end)
{
	struct page_map *map = reader->map;
	struct map_part *parts = reallocarray(map->parts, map->count + 1, sizeof(*parts)), *part;
	__u64 pages = (end - start) / PAGE_BYTES;

	if (!parts)
		return NULL;
	map->parts = parts;
	part = &parts[map->count++];
	*part = (struct map_part) {
		.start = start, .end = end, .cell_pages = pages_of_cell(reader, pages),
		.name = strdup(*vma->path ? vma->path : "[anon]"),
	};
	memcpy(part->permissions, vma->permissions, sizeof(part->permissions));
	part->cell_count = (pages + part->cell_pages - 1) / part->cell_pages;
	reader->cells += part->cell_count;
	if (reader->cells <= MOST_CELLS)
		part->cells = calloc(part->cell_count, 1);
	return part;
}

static int read_vma(void *context, const struct vma *vma)
{
	struct map_reader *reader = context;
	__u64 start = vma->start > reader->start ? vma->start : reader->start;
	__u64 end = vma->end < reader->end ? vma->end : reader->end;
	unsigned long long seen = 0;
	int error;

	if (start >= end)
		return 0;
	reader->part = add_part(reader, vma, start, end);
	if (reader->cells > MOST_CELLS)
		return -E2BIG;
	if (!reader->part || !reader->part->cells || !reader->part->name)
		return -ENOMEM;
	error = pagemap_present(reader->pagemap, vma, start, end, read_range, reader);
	for (size_t i = LOOK_NONE + 1; i < LOOKS; i++)
		seen += reader->part->pages[i];
	reader->part->pages[LOOK_NONE] = (end - start) / PAGE_BYTES - seen;
	return error;
}

int page_map_read(struct page_map *map, int session, __u64 start, __u64 end, __u64 cell_pages,
		  size_t part_cells, struct progress *progress)
{
	struct map_reader reader = {
		.map = map, .session = session, .pagemap = pagemap_open(map->pid), .start = start,
		.end = end, .cell_pages = cell_pages, .part_cells = part_cells, .progress = progress,
	};
	int error = reader.pagemap;

	if (reader.pagemap >= 0) {
		error = vmas_visit(map->pid, read_vma, &reader);
		close(reader.pagemap);
	}
	return error;
}

void page_map_free(struct page_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->parts[i].name);
		free(map->parts[i].cells);
	}
	free(map->parts);
}
