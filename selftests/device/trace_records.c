// SPDX-License-Identifier: GPL-2.0-only
/* A trace of the device, as a test has it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../../tools/lib/pincheck.h"
#include "trace_records.h"

#define PROBES	"/sys/kernel/debug/kprobes/list"

int trace_start(struct trace_records *trace, int session, pid_t pid, uint32_t flags)
{
	struct pincheck_trace request = {
		.flags = flags, .pid = pid, .records = TRACE_RECORDS,
	};

	trace->session = session;
	trace->count = 0;
	return pincheck_trace(session, &request);
}

int trace_collect(struct trace_records *trace)
{
	int error = pincheck_trace_read(trace->session, trace->records, TRACE_RECORDS,
					&trace->state);

	trace->count = error ? 0 : trace->state.count;
	return error;
}

const struct pincheck_traced *trace_call(const struct trace_records *trace,
					 const struct pincheck_traced *record, bool release)
{
	record = record ? record + 1 : trace->records;
	for (; record < trace->records + trace->count; record++) {
		if (record->type == PINCHECK_TRACED_CALL &&
		    record->flags & PINCHECK_TRACED_INSIDE &&
		    release == !!(record->flags & PINCHECK_TRACED_RELEASE))
			return record;
	}
	return NULL;
}

int64_t trace_pins(const struct trace_records *trace, bool release)
{
	int64_t pins = 0;

	for (size_t i = 0; i < trace->count; i++) {
		const struct pincheck_traced *record = &trace->records[i];

		if (record->type == PINCHECK_TRACED_CALL && record->result > 0 &&
		    release == !!(record->flags & PINCHECK_TRACED_RELEASE))
			pins += record->result;
	}
	return pins;
}

static size_t unfold_runs(const __u64 *runs, size_t count, uint64_t *pfns, size_t most)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t page = 0; page < PINCHECK_RUN_PAGES(runs[i]) && found < most; page++)
			pfns[found++] = PINCHECK_RUN_PFN(runs[i]) + page;
	return found;
}

size_t trace_pages(const struct trace_records *trace, const struct pincheck_traced *record,
		   uint64_t *pfns, size_t most)
{
	const struct pincheck_traced *more = record + 1, *end = trace->records + trace->count;
	size_t found = unfold_runs(record->call_runs, PINCHECK_TRACED_CALL_RUNS, pfns, most);

	for (; more < end; more++) {
		if (more->type == PINCHECK_TRACED_PAGES && more->call == record->call)
			found += unfold_runs(more->runs, PINCHECK_TRACED_RUNS, pfns + found,
					     most - found);
	}
	return found;
}

bool trace_probed(void)
{
	FILE *list = fopen(PROBES, "re");
	bool probed = false;
	char line[256];

	while (list && !probed && fgets(line, sizeof(line), list))
		probed = strstr(line, "unpin_user_pages");
	if (list)
		fclose(list);
	return probed;
}
