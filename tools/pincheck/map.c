// SPDX-License-Identifier: GPL-2.0-only
/* pincheck map: the address space of a process as a picture, in the terminal or as SVG. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/pincheck/map_cells.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/process.h"
#include "tools/table/table.h"

#define ADDRESS_WIDTH	14	/* and a space */
#define MOST_WIDTH	256

/* Cells of a mapping, unless --cell says what a cell is: all of the process, or a range that was named. */
#define PART_CELLS	256
#define RANGE_CELLS	2048

enum when { NEVER, AUTO, ALWAYS };

/**
 * struct map - the arguments
 * @start: of the range that is shown, up to @end
 * @cell: base pages of a cell; 0: each mapping has cells of a size that suits it
 * @width: cells of a line; 0: what the terminal has room for
 * @color: use colors
 * @svg: the file for a picture
 */
struct map {
	struct output output;
	pid_t pid;
	__u64 start;
	__u64 end;
	unsigned long long cell;
	unsigned long long width;
	enum when color;
	const char *svg;
};

static void parse_cell(struct map *map, struct argp_state *state, const char *argument)
{
	unsigned long long bytes = parse_number(state, "--cell", argument);

	map->cell = bytes / PAGE_BYTES;
	if (!map->cell || bytes & (bytes - 1))
		argp_error(state, "--cell: give bytes that are a power of two, %lu at least, as 64K",
			   (unsigned long)PAGE_BYTES);
}

static void parse_color(struct map *map, struct argp_state *state, const char *argument)
{
	static const char *const words[] = { [NEVER] = "never", [AUTO] = "auto", [ALWAYS] = "always" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(argument, words[i])) {
			map->color = i;
			return;
		}
	}
	argp_error(state, "--color: '%s' is none of never, auto, always", argument);
}

static void parse_place(struct map *map, struct argp_state *state, const char *argument)
{
	switch (state->arg_num) {
	case 0:
		map->pid = parse_number(state, "PID", argument);
		return;
	case 1:
		map->start = parse_number(state, "ADDRESS", argument) & ~(PAGE_BYTES - 1);
		return;
	case 2:
		map->end = map->start + parse_number(state, "LENGTH", argument);
		map->end = (map->end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
		if (map->end <= map->start)
			argp_error(state, "LENGTH: the range is empty, or ends behind all addresses");
		return;
	}
	argp_error(state, "give one PID, and one ADDRESS and LENGTH");
}

static error_t parse_map(int key, char *argument, struct argp_state *state)
{
	struct map *map = state->input;

	switch (key) {
	case 'z':
		parse_cell(map, state, argument);
		return 0;
	case 'w':
		map->width = parse_number(state, "--width", argument);
		if (!map->width || map->width > MOST_WIDTH)
			argp_error(state, "--width: give 1 to %d cells", MOST_WIDTH);
		return 0;
	case 'c':
		parse_color(map, state, argument);
		return 0;
	case 's':
		map->svg = argument;
		return 0;
	case ARGP_KEY_ARG:
		parse_place(map, state, argument);
		return 0;
	case ARGP_KEY_END:
		if (!map->pid || state->arg_num == 2)
			argp_error(state, "name a process, and a range or none: PID [ADDRESS LENGTH]");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

enum map_column { START, END, PERMISSIONS, NAME, PAGES, STATES, MAP_COLUMNS = STATES + LOOKS };

static const struct columns *map_columns(void)
{
	static struct column rows[MAP_COLUMNS] = {
		[START]		= { "START", CELL_HEX, false, "first address of the mapping" },
		[END]		= { "END", CELL_HEX, false, "address behind the last" },
		[PERMISSIONS]	= { "PERMISSIONS", CELL_TEXT, false, "as in /proc/PID/maps" },
		[NAME]		= { "NAME", CELL_TEXT, false, "file, or name in brackets" },
		[PAGES]		= { "PAGES", CELL_NUMBER, false, "base pages of addresses" },
		[STATES + LOOK_NONE]	  = { "NONE", CELL_NUMBER, false, "of these: nothing is mapped yet" },
		[STATES + LOOK_EXCLUSIVE] = { "EXCLUSIVE", CELL_NUMBER, false, "of this process alone" },
		[STATES + LOOK_FILE]	  = { "FILE", CELL_NUMBER, false, "of a file" },
		[STATES + LOOK_OTHER]	  = { "OTHER", CELL_NUMBER, false, "of a device, or of no kind" },
		[STATES + LOOK_SHARED]	  = { "SHARED", CELL_NUMBER, false, "anonymous, perhaps of others, too" },
		[STATES + LOOK_HUGE]	  = { "HUGE", CELL_NUMBER, false, "of folios of several pages" },
		[STATES + LOOK_SWAPPED]	  = { "SWAPPED", CELL_NUMBER, false, "swapped out" },
		[STATES + LOOK_HELD]	  = { "HELD", CELL_NUMBER, false, "have unexplained references" },
		[STATES + LOOK_PINNED]	  = { "PINNED", CELL_NUMBER, false, "look pinned" },
	};
	static const struct columns columns = { "mappings", rows, MAP_COLUMNS };

	return &columns;
}

static void put_map_rows(const struct page_map *pages, struct table *table)
{
	for (size_t i = 0; i < pages->count; i++) {
		const struct map_part *part = &pages->parts[i];

		table_row(table);
		table_set(table, START, "%#llx", part->start);
		table_set(table, END, "%#llx", part->end);
		table_set(table, PERMISSIONS, "%s", part->permissions);
		table_set(table, NAME, "%s", part->name);
		table_set(table, PAGES, "%llu", (part->end - part->start) / PAGE_BYTES);
		for (size_t look = 0; look < LOOKS; look++)
			table_set(table, STATES + look, "%llu", part->pages[look]);
	}
}

/* https://no-color.org: a variable that is not empty forbids colors, an option allows them again. */
static bool wants_color(const struct map *map)
{
	const char *forbidden = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (map->color != AUTO)
		return map->color == ALWAYS;
	return isatty(STDOUT_FILENO) && !(forbidden && *forbidden) &&
	       !(terminal && !strcmp(terminal, "dumb"));
}

static size_t cells_of_line(const struct map *map)
{
	struct winsize size;
	size_t width = 64;

	if (map->width)
		return map->width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col <= ADDRESS_WIDTH + 1)
		return width;
	/* A power of two, so that the addresses of lines are round. */
	for (width = 8; 2 * width + ADDRESS_WIDTH + 1 <= size.ws_col && 2 * width <= MOST_WIDTH; width *= 2)
		;
	return width;
}

static void put_cell(enum page_look look, bool color)
{
	unsigned int text = look == LOOK_NONE ? 240 : look == LOOK_PINNED ? 231 : 16;

	if (color)
		printf("\033[48;5;%um\033[38;5;%um%c", looks[look].terminal, text, looks[look].letter);
	else
		putchar(looks[look].letter);
}

static void put_line(const struct map_part *part, size_t first, size_t width, bool color)
{
	printf("%*llx ", ADDRESS_WIDTH, part->start + first * part->cell_pages * PAGE_BYTES);
	for (size_t i = first; i < first + width && i < part->cell_count; i++)
		put_cell(part->cells[i], color);
	puts(color ? "\033[0m" : "");
}

static bool is_empty_line(const struct map_part *part, size_t first, size_t width)
{
	for (size_t i = first; i < first + width && i < part->cell_count; i++) {
		if (part->cells[i])
			return false;
	}
	return true;
}

static void put_size(__u64 bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;

	for (bytes /= 1024; bytes >= 1024 && !(bytes % 1024) && units[unit + 1]; unit++)
		bytes /= 1024;
	printf("%llu%c", bytes, units[unit]);
}

static void put_skipped(size_t lines)
{
	if (lines)
		printf("%*s %zu line%s without pages\n", ADDRESS_WIDTH, "", lines, lines > 1 ? "s" : "");
}

static void put_part(const struct map_part *part, size_t width, bool color)
{
	size_t skipped = 0;

	printf("%llx-%llx %s ", part->start, part->end, part->permissions);
	put_size(part->end - part->start);
	if (part->cell_pages > 1) {
		fputs(", a cell: ", stdout);
		put_size(part->cell_pages * PAGE_BYTES);
	}
	printf(" %s\n", part->name);
	for (size_t first = 0; first < part->cell_count; first += width) {
		if (is_empty_line(part, first, width)) {
			skipped++;
			continue;
		}
		put_skipped(skipped);
		skipped = 0;
		put_line(part, first, width, color);
	}
	put_skipped(skipped);
}

static void put_legend_lines(bool color)
{
	for (size_t i = LOOKS; i-- > 0;) {
		putchar(' ');
		put_cell(i, color);
		printf("%s %-10s %s\n", color ? "\033[0m" : "", looks[i].name, looks[i].what);
	}
}

static int print_map(const struct map *map, const struct page_map *pages)
{
	bool color = wants_color(map);
	size_t width = cells_of_line(map);

	printf("Memory of process %d (%s). A cell of several pages has the first state of this list that one has:\n",
	       (int)pages->pid, pages->command);
	put_legend_lines(color);
	for (size_t i = 0; i < pages->count; i++)
		put_part(&pages->parts[i], width, color);
	return fflush(stdout) ? -errno : 0;
}

static int put_map(const struct map *map, const struct page_map *pages, struct table *table)
{
	int error = 0;

	if (map->svg) {
		error = page_map_svg(pages, map->svg);
		if (error)
			fprintf(stderr, "pincheck: cannot write %s: %s. Name a file in a directory where you "
				"may write\n", map->svg, strerror(-error));
		return error;
	}
	if (!map->output.json && !map->output.raw && !map->output.columns)
		return print_map(map, pages);
	put_map_rows(pages, table);
	return table_print(table);
}

static void say_map_failure(const struct map *map, int error)
{
	if (error == -E2BIG)
		fprintf(stderr, "pincheck: the map has more than %lu cells. Give a larger --cell, or a range\n",
			MOST_CELLS);
	else if (error == -ENOENT)
		fprintf(stderr, "pincheck: process %d has no mapping in this range. Look into /proc/%d/maps\n",
			map->pid, map->pid);
	else if (error != -ESRCH || !process_refusal(map->pid))
		report_device_failure("cannot read the map", error);
}

static int run_map(void *input, struct table *table)
{
	struct map *map = input;
	struct page_map pages = { .pid = map->pid };
	struct progress progress;
	int session, error;

	if (process_refusal(map->pid))
		return EXIT_USAGE;
	progress_begin(&progress);
	session = open_session();
	if (session < 0)
		return EXIT_USAGE;
	process_name(map->pid, pages.command, sizeof(pages.command));
	error = page_map_read(&pages, session, map->start, map->end, map->cell,
			      map->end == ULLONG_MAX ? PART_CELLS : RANGE_CELLS, &progress);
	progress_end(&progress);
	close(session);
	if (!error && !pages.count)
		error = -ENOENT;
	if (error)
		say_map_failure(map, error);
	else
		error = put_map(map, &pages, table);
	page_map_free(&pages);
	return error ? EXIT_USAGE : EXIT_KEPT;
}

int map_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "cell", 'z', "BYTES", 0, "bytes of a cell: zoom [what suits each mapping]", 0 },
		{ "width", 'w', "CELLS", 0, "cells of a line [what the terminal has room for, or 64]", 0 },
		{ "color", 'c', "WHEN", 0, "never, auto (on a terminal, unless NO_COLOR is set) or always [auto]", 0 },
		{ "svg", 's', "FILE", 0, "write a picture to FILE instead", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_map, .args_doc = "PID [ADDRESS LENGTH]",
		.doc = "Print the memory of a process as a picture: a cell is a page or several, and its letter "
		       "and color say in which state they are. With -o, -r or -j, a table of the "
		       "mappings says how many pages are in each state.",
	};
	struct map map = { .end = ULLONG_MAX, .color = AUTO };
	const struct table_command command = {
		.argp = &argp, .input = &map, .output = &map.output, .columns = map_columns(),
		.run = run_map,
	};

	return table_command(&command, argc, argv);
}
