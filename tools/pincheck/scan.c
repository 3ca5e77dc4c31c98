// SPDX-License-Identifier: GPL-2.0-only
/* pincheck scan: pages of the machine that look pinned, or have references that nothing explains. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/columns.h"
#include "tools/pincheck/pincheck.h"

#define BATCH	256

/* The columns unless -o names some. */
#define SHOWN	"pfn,size,refcount,mapcount,pins,unexplained,zone,kind"

struct scan {
	struct output output;
	__u32 flags;
};

/* With the ledger, because without it holds of this module look like those of somebody else. */
static int add_batch(struct table *table, int session, const __u64 *pfns, __u64 count)
{
	static struct pincheck_report reports[BATCH];
	int error = pincheck_report_ledger(session, pfns, count, reports);

	for (__u64 i = 0; !error && i < count; i++) {
		struct sample sample = { .pages = 1ULL << reports[i].order, .report = reports[i] };

		report_row(table, &sample);
	}
	return error;
}

static int scan_machine(struct table *table, int session, __u32 flags)
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

static error_t parse_scan(int key, char *argument, struct argp_state *state)
{
	struct scan *scan = state->input;

	(void)argument;
	switch (key) {
	case 'p':
		scan->flags |= PINCHECK_SCAN_PINNED;
		return 0;
	case 'u':
		scan->flags |= PINCHECK_SCAN_UNMOVABLE;
		return 0;
	case 'e':
		scan->flags |= PINCHECK_SCAN_EXCESS;
		return 0;
	case ARGP_KEY_END:
		if (!scan->flags)
			scan->flags = PINCHECK_SCAN_PINNED;
		if (!scan->output.json && !scan->output.columns)
			scan->output.columns = SHOWN;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int run_scan(void *input, struct table *table)
{
	const struct scan *scan = input;
	int session = open_session(), error;

	if (session < 0)
		return EXIT_USAGE;
	error = scan_machine(table, session, scan->flags);
	close(session);
	if (error) {
		fprintf(stderr, "pincheck: cannot scan: %s. " NEEDS_ROOT "\n",
			strerror(-error));
		return EXIT_USAGE;
	}
	return table_print(table) ? EXIT_USAGE : EXIT_KEPT;
}

int scan_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pinned", 'p', NULL, 0, "folios that look pinned (the default)", 0 },
		{ "unmovable", 'u', NULL, 0, "folios that look pinned in ZONE_MOVABLE or CMA, where they block migration", 0 },
		{ "excess", 'e', NULL, 0, "folios with references that nothing known explains", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_scan,
		.doc = "Print the folios of the machine that look pinned, or have references that "
		       "nothing explains, one on each line.",
	};
	struct scan scan = { 0 };
	const struct table_command command = {
		.argp = &argp, .input = &scan, .output = &scan.output, .columns = report_columns(),
		.run = run_scan,
	};

	return table_command(&command, argc, argv);
}
