// SPDX-License-Identifier: GPL-2.0-only
/* The address space of a process as a picture: an SVG file that needs nothing else. */
#include <errno.h>
#include <stdio.h>
#include "tools/pincheck/map_cells.h"
#include "tools/pincheck/pincheck.h"

#define COLUMNS	64
#define CELL	12	/* pixels */
#define LEFT	130	/* the addresses are there */
#define MARGIN	16
#define HEADING	22
#define LINE	16
#define WIDTH	(LEFT + COLUMNS * CELL + MARGIN)

static size_t rows_of_part(const struct map_part *part)
{
	return (part->cell_count + COLUMNS - 1) / COLUMNS;
}

static bool is_empty_row(const struct map_part *part, size_t row)
{
	for (size_t i = row * COLUMNS; i < (row + 1) * COLUMNS && i < part->cell_count; i++) {
		if (part->cells[i])
			return false;
	}
	return true;
}

static void put_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '&' || *text == '<' || *text == '>' || *text == '"')
			fprintf(to, "&#%d;", *text);
		else if ((unsigned char)*text >= ' ')
			fputc(*text, to);
	}
}

static void put_legend(FILE *to, int y)
{
	int x = MARGIN;

	for (size_t i = LOOKS; i-- > 0;) {
		fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>"
			"<text x=\"%d\" y=\"%d\"><title>%s</title>%s</text>\n", x, y, CELL, CELL, looks[i].svg,
			x + CELL + 4, y + CELL - 2, looks[i].what, looks[i].name);
		x += 100;
	}
}

/* Neighbours of the same state are one rectangle. */
static void put_row(FILE *to, const struct map_part *part, size_t row, int y)
{
	size_t first = row * COLUMNS, end = first + COLUMNS, next;
	__u64 bytes = part->cell_pages * PAGE_BYTES;

	if (end > part->cell_count)
		end = part->cell_count;
	fprintf(to, "<text x=\"%d\" y=\"%d\" class=\"address\">%llx</text>\n", LEFT - 8, y + CELL - 2,
		part->start + first * bytes);
	for (size_t i = first; i < end; i = next) {
		const struct look *look = &looks[part->cells[i]];
		__u64 behind;

		for (next = i + 1; next < end && part->cells[next] == part->cells[i]; next++)
			;
		behind = part->start + next * bytes;
		fprintf(to, "<rect x=\"%zu\" y=\"%d\" width=\"%zu\" height=\"%d\" fill=\"%s\"><title>"
			"%llx-%llx %s</title></rect>\n", LEFT + (i - first) * CELL, y, (next - i) * CELL, CELL,
			look->svg, part->start + i * bytes, behind < part->end ? behind : part->end,
			look->name);
	}
}

/* Lines between the cells, over all rows at once. */
static void put_grid(FILE *to, int y, int height)
{
	fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"url(#grid)\" "
		"pointer-events=\"none\"/>\n", LEFT, y, COLUMNS * CELL, height);
}

static int put_part(FILE *to, const struct map_part *part, int y)
{
	size_t rows = rows_of_part(part);
	int top;

	fprintf(to, "<text x=\"%d\" y=\"%d\" class=\"name\">%llx-%llx %s, a cell: %llu KiB, ", MARGIN,
		y + LINE, part->start, part->end, part->permissions,
		part->cell_pages * PAGE_BYTES / 1024);
	put_escaped(to, part->name);
	fputs("</text>\n", to);
	y += HEADING;
	top = y;
	for (size_t row = 0; row < rows; row++) {
		if (is_empty_row(part, row))
			continue;
		put_row(to, part, row, y);
		y += CELL;
	}
	put_grid(to, top, y - top);
	return y + 4;
}

static int height_of_map(const struct page_map *map)
{
	int height = MARGIN + HEADING + 2 * LINE + MARGIN;

	for (size_t i = 0; i < map->count; i++) {
		height += HEADING + 4;
		for (size_t row = 0; row < rows_of_part(&map->parts[i]); row++)
			height += is_empty_row(&map->parts[i], row) ? 0 : CELL;
	}
	return height;
}

int page_map_svg(const struct page_map *map, const char *path)
{
	FILE *to = fopen(path, "we");
	int y = MARGIN, height = height_of_map(map), error;

	if (!to)
		return -errno;
	fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<style>text{font:12px monospace;fill:#222}"
		".name{font-weight:bold}.address{text-anchor:end;fill:#666;font-size:11px}</style>\n"
		"<defs><pattern id=\"grid\" width=\"%d\" height=\"%d\" patternUnits=\"userSpaceOnUse\" x=\"%d\" "
		"y=\"0\"><path d=\"M%d 0V%d\" stroke=\"#fff\" stroke-opacity=\"0.5\" fill=\"none\"/></pattern></defs>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", WIDTH, height, WIDTH, height, CELL,
		CELL, LEFT, CELL, CELL);
	fprintf(to, "<text x=\"%d\" y=\"%d\" class=\"name\">Memory of process %d (", MARGIN, y + LINE, map->pid);
	put_escaped(to, map->command);
	fprintf(to, "). Rows without pages are left out.</text>\n");
	put_legend(to, y + HEADING);
	y += HEADING + 2 * LINE;
	for (size_t i = 0; i < map->count; i++)
		y = put_part(to, &map->parts[i], y);
	fputs("</svg>\n", to);
	error = ferror(to) ? -EIO : 0;
	return fclose(to) || error ? -EIO : 0;
}
