// SPDX-License-Identifier: GPL-2.0-only
/*
 * pincheck scan: folios of the machine that look pinned, or have references that nothing explains, with the
 * processes that map them and the drivers that hold them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/block.h"
#include "tools/pincheck/found_columns.h"
#include "tools/pincheck/pincheck.h"
#include "tools/pincheck/sums.h"

/* The columns unless -o names some. */
#define SHOWN	"pfn,size,pins,unexplained,zone,kind,pid,command,address,holder"

#define NO_BLOCK	(~0ULL)

/**
 * struct scan - the arguments
 * @flags: PINCHECK_SCAN_*
 * @pid: only what this process maps; 0: all
 * @by: sum up; NULL: a row for each folio
 * @block: say what hinders this memory block; NO_BLOCK: none is named
 */
struct scan {
	struct output output;
	__u32 flags;
	pid_t pid;
	const struct grouping *by;
	struct sums *sums;
	unsigned long long block;
	struct progress progress;
	struct table *table;
};

static void check_arguments(struct scan *scan, struct argp_state *state)
{
	if (scan->block != NO_BLOCK && (scan->flags || scan->pid || scan->by))
		argp_error(state, "--block looks at all that hinders the block: leave the other options out");
	if (!scan->flags)
		scan->flags = PINCHECK_SCAN_PINNED;
	if (!scan->by && scan->block == NO_BLOCK && !scan->output.json && !scan->output.columns)
		scan->output.columns = SHOWN;
}

static error_t parse_scan(int key, char *argument, struct argp_state *state)
{
	struct scan *scan = state->input;

	switch (key) {
	case 'P':
		scan->flags |= PINCHECK_SCAN_PINNED;
		return 0;
	case 'u':
		scan->flags |= PINCHECK_SCAN_UNMOVABLE;
		return 0;
	case 'e':
		scan->flags |= PINCHECK_SCAN_EXCESS;
		return 0;
	case 'p':
		scan->pid = parse_number(state, "--pid", argument);
		if (!scan->pid)
			argp_error(state, "--pid: 0 is no process. Look for processes with ps");
		return 0;
	case 'b':
		scan->by = grouping_named(argument);
		if (!scan->by)
			argp_error(state, "--by: '%s' is none of process, cgroup, mapping, block, node, "
				   "holder", argument);
		return 0;
	case 'B':
		scan->block = parse_number(state, "--block", argument);
		return 0;
	case ARGP_KEY_END:
		check_arguments(scan, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct columns *choose_columns(const void *input)
{
	const struct scan *scan = input;

	return scan->by ? sum_columns() : scan->block != NO_BLOCK ? block_columns() : found_columns();
}

static void take_found(void *context, const struct found *found)
{
	struct scan *scan = context;

	if (scan->by)
		sums_add(&scan->sums, scan->by, found);
	else
		found_row(scan->table, found);
}

/* A process that ended during the scan was perhaps looked at in part. */
static int scan_machine(struct scan *scan, int session)
{
	struct search search = {
		.session = session, .flags = scan->flags, .pid = scan->pid,
		.owners = scan->pid || (scan->by ? grouping_needs_owners(scan->by) :
						   found_needs_owners(scan->output.columns)),
		.visit = take_found, .context = scan, .progress = scan->progress,
	};
	int error = search_run(&search);

	search_says_unreadable(&search);
	if (error)
		report_device_failure("cannot scan", error);
	if (!error && scan->pid && process_refusal(scan->pid))
		error = -ESRCH;
	return error;
}

static int run_scan(void *input, struct table *table)
{
	struct scan *scan = input;
	int session, error, code;

	if (scan->pid && process_refusal(scan->pid))
		return EXIT_USAGE;
	progress_begin(&scan->progress);
	session = open_session();
	if (session < 0)
		return EXIT_USAGE;
	scan->table = table;
	if (scan->block != NO_BLOCK) {
		code = block_scan(session, scan->block, &scan->progress, &scan->output, table);
	} else {
		error = scan_machine(scan, session);
		sums_rows(scan->sums, table);
		code = error || table_print(table) ? EXIT_USAGE : EXIT_KEPT;
	}
	close(session);
	return code;
}

int scan_command(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "pinned", 'P', NULL, 0, "folios that look pinned (the default)", 0 },
		{ "unmovable", 'u', NULL, 0, "folios that look pinned in ZONE_MOVABLE or CMA, where they block migration", 0 },
		{ "excess", 'e', NULL, 0, "folios with references that nothing known explains", 0 },
		{ "pid", 'p', "PID", 0, "only folios that this process maps", 0 },
		{ "by", 'b', "WHAT", 0, "sum up by process, cgroup, mapping, block, node or holder", 0 },
		{ "block", 'B', "N", 0, "print what keeps memory block N from going offline", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse_scan,
		.doc = "Print the folios of the machine that look pinned, or have references that "
		       "nothing explains, one on each line, with the process that maps the folio and "
		       "the driver that holds it.",
	};
	struct scan scan = { .block = NO_BLOCK };
	const struct table_command command = {
		.argp = &argp, .input = &scan, .output = &scan.output, .columns = found_columns(),
		.more = sum_columns(), .also = block_columns(),
		.choose = choose_columns, .run = run_scan,
	};

	return table_command(&command, argc, argv);
}
