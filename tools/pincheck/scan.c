// SPDX-License-Identifier: GPL-2.0-only
/* pincheck scan: pages of the machine that look pinned, or are held by nobody known. */
#include <argp.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/pincheck.h"

#define BATCH	256

struct scan {
	__u32 flags;
	bool json;
};

enum column { PFN, PAGES, REFERENCES, PINS, MAPPED, ZONE, KIND, COLUMNS };

static const struct {
	const char *name;
	int type;
	int flags;
} columns[COLUMNS] = {
	[PFN]		= { "PFN", SCOLS_JSON_STRING, SCOLS_FL_RIGHT },
	[PAGES]		= { "PAGES", SCOLS_JSON_NUMBER, SCOLS_FL_RIGHT },
	[REFERENCES]	= { "REFERENCES", SCOLS_JSON_NUMBER, SCOLS_FL_RIGHT },
	[PINS]		= { "PINS", SCOLS_JSON_NUMBER, SCOLS_FL_RIGHT },
	[MAPPED]	= { "MAPPED", SCOLS_JSON_NUMBER, SCOLS_FL_RIGHT },
	[ZONE]		= { "ZONE", SCOLS_JSON_NUMBER, SCOLS_FL_RIGHT },
	[KIND]		= { "KIND", SCOLS_JSON_STRING, 0 },
};

static const struct {
	__u64 flag;
	const char *name;
} words[] = {
	{ PINCHECK_PAGE_ANON, "anon" }, { PINCHECK_PAGE_SHMEM, "shmem" },
	{ PINCHECK_PAGE_HUGETLB, "hugetlb" }, { PINCHECK_PAGE_FILE, "file" },
	{ PINCHECK_PAGE_KSM, "ksm" }, { PINCHECK_PAGE_ZERO, "zero" },
	{ PINCHECK_PAGE_SLAB, "slab" }, { PINCHECK_PAGE_RESERVED, "reserved" },
	{ PINCHECK_PAGE_SWAPCACHE, "swapcache" }, { PINCHECK_PAGE_MAYBE_DMA_PINNED, "pinned" },
	{ PINCHECK_PAGE_MOVABLE_ZONE, "movable" }, { PINCHECK_PAGE_CMA, "cma" },
};

static void fill_number(struct libscols_line *line, enum column column, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	scols_line_set_data(line, column, text);
}

static void fill_kind(struct libscols_line *line, const struct pincheck_report *report)
{
	char text[160] = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(report->flags & words[i].flag))
			continue;
		if (*text)
			strcat(text, " ");
		strcat(text, words[i].name);
	}
	scols_line_set_data(line, KIND, text);
}

/* What the kernel does not tell stays empty; null in JSON. */
static void add_line(struct libscols_table *table, const struct pincheck_report *report)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[32];

	snprintf(text, sizeof(text), "%#llx", report->pfn);
	scols_line_set_data(line, PFN, text);
	fill_number(line, PAGES, 1LL << report->order);
	fill_number(line, REFERENCES, report->refcount);
	fill_number(line, PINS, report->pins);
	if (report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT)
		fill_number(line, MAPPED, report->folio_mapcount);
	fill_number(line, ZONE, report->zone);
	fill_kind(line, report);
}

static int add_batch(struct libscols_table *table, int session, const __u64 *pfns, __u64 count)
{
	static struct pincheck_report reports[BATCH];
	int error = pincheck_report(session, pfns, count, reports);

	for (__u64 i = 0; !error && i < count; i++)
		add_line(table, &reports[i]);
	return error;
}

static int scan_all(struct libscols_table *table, int session, __u32 flags)
{
	__u64 pfns[BATCH], cursor = 0, end = 0, count;
	int error;

	do {
		count = BATCH;
		error = pincheck_scan(session, flags, &cursor, &end, pfns, &count);
		if (!error)
			error = add_batch(table, session, pfns, count);
	} while (!error && cursor < end);
	return error;
}

static struct libscols_table *new_table(bool json)
{
	struct libscols_table *table = scols_new_table();

	scols_table_set_name(table, "pages");
	scols_table_enable_json(table, json);
	for (size_t i = 0; i < COLUMNS; i++) {
		struct libscols_column *column;

		column = scols_table_new_column(table, columns[i].name, 0, columns[i].flags);
		scols_column_set_json_type(column, columns[i].type);
	}
	return table;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct scan *scan = state->input;

	(void)argument;
	switch (key) {
	case 'j':
		scan->json = true;
		return 0;
	case 'p':
		scan->flags |= PINCHECK_SCAN_PINNED;
		return 0;
	case 'u':
		scan->flags |= PINCHECK_SCAN_UNMOVABLE;
		return 0;
	case 'e':
		scan->flags |= PINCHECK_SCAN_EXCESS;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int scan_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pinned", 'p', NULL, 0, "folios that look pinned (the default)", 0 },
		{ "unmovable", 'u', NULL, 0, "those of them in ZONE_MOVABLE or CMA", 0 },
		{ "excess", 'e', NULL, 0, "folios with references that nothing known explains", 0 },
		{ "json", 'j', NULL, 0, "print JSON", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Pages of the machine that look pinned, or are held by nobody known.",
	};
	struct libscols_table *table;
	struct scan scan = { 0 };
	int session, error;

	argp_parse(&argp, argc, argv, 0, NULL, &scan);
	if (!scan.flags)
		scan.flags = PINCHECK_SCAN_PINNED;
	table = new_table(scan.json);
	session = pincheck_open();
	error = session < 0 ? session : scan_all(table, session, scan.flags);
	if (error)
		fprintf(stderr, "pincheck: cannot scan by %s: %s. %s\n", PINCHECK_DEVICE,
			strerror(-error), pincheck_open_hint(error));
	else
		scols_print_table(table);
	scols_unref_table(table);
	if (session >= 0)
		close(session);
	return error ? EXIT_USAGE : 0;
}
