/* SPDX-License-Identifier: GPL-2.0-only */
/* The address space of a process as cells: a cell is a page or several, and has one state. */
#ifndef PINCHECK_MAP_CELLS_H
#define PINCHECK_MAP_CELLS_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>
#include "tools/pincheck/progress.h"

/** enum page_look - the state of a page. A cell of several pages has the greatest of theirs */
enum page_look {
	LOOK_NONE,
	LOOK_EXCLUSIVE,
	LOOK_FILE,
	LOOK_OTHER,
	LOOK_SHARED,
	LOOK_HUGE,
	LOOK_SWAPPED,
	LOOK_HELD,
	LOOK_PINNED,
	LOOKS
};

/**
 * struct look - how a state is shown
 * @letter: in text
 * @name: in the legend, and as a column
 * @what: explains it
 * @terminal: color of the background, a number of 256
 * @svg: color
 */
struct look {
	char letter;
	const char *name;
	const char *what;
	unsigned int terminal;
	const char *svg;
};

extern const struct look looks[LOOKS];

/**
 * struct map_part - a mapping, or the part of it that was asked for
 * @name: of the file, or "[anon]"
 * @cell_pages: base pages of a cell, a power of two
 * @cells: enum page_look, @cell_count of them
 * @pages: number of pages of each state
 */
struct map_part {
	__u64 start;
	__u64 end;
	char permissions[5];
	char *name;
	__u64 cell_pages;
	unsigned char *cells;
	size_t cell_count;
	unsigned long long pages[LOOKS];
};

/** struct page_map - all parts that were asked for */
struct page_map {
	pid_t pid;
	char command[32];
	struct map_part *parts;
	size_t count;
};

/** MOST_CELLS - of a page_map */
#define MOST_CELLS	(1UL << 20)

/**
 * page_map_read() - read the states of all pages of @pid from @start to @end
 * @cell_pages: base pages of a cell; 0: what fits @part_cells cells of a mapping
 *
 * Return: 0; -E2BIG: more than MOST_CELLS cells; -ESRCH: the process ended; or another negative errno
 */
int page_map_read(struct page_map *map, int session, __u64 start, __u64 end, __u64 cell_pages,
		  size_t part_cells, struct progress *progress);

void page_map_free(struct page_map *map);

/** page_map_svg() - write the map to @path as a picture. Return: 0 or -errno */
int page_map_svg(const struct page_map *map, const char *path);

#endif
