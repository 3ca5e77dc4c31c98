// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a benchmark, and the budgets of the design. */
#include <stdio.h>
#include <string.h>
#include "tools/pincheck/bench_figures.h"
#include "tools/pincheck/pincheck.h"

/* A number of bytes is told by counters that every CPU has a part of. */
#define TOLERANCE	1.001

static const struct figure_row rows[] = {
	{ "pin_vs_kernel", NULL, BY_ICOUNT, AT_MOST, 1.05,
	  "HOLD and RELEASE of 64 MiB against the kernel's own calls: the worse of these" },
	{ "pin_vs_kernel_base", "pin_vs_kernel_base", BY_ICOUNT, AT_MOST, 1.05, "base pages" },
	{ "pin_vs_kernel_thp", "pin_vs_kernel_thp", BY_ICOUNT, AT_MOST, 1.05, "THP" },
	{ "pin_vs_kernel_base_time", "pin_vs_kernel_base", BY_TIME, TOLD, 0, "base pages" },
	{ "pin_vs_kernel_thp_time", "pin_vs_kernel_thp", BY_TIME, TOLD, 0, "THP" },
	{ "pin_instructions_per_page_base", "pin_ns_per_page_base", BY_ICOUNT, TOLD, 0,
	  "HOLD and RELEASE of a base page" },
	{ "pin_instructions_per_page_thp", "pin_ns_per_page_thp", BY_ICOUNT, TOLD, 0,
	  "of a page of a THP" },
	{ "pin_ns_per_page_base", "pin_ns_per_page_base", BY_TIME, TOLD, 0, "of a base page" },
	{ "pin_ns_per_page_thp", "pin_ns_per_page_thp", BY_TIME, TOLD, 0, "of a page of a THP" },
	{ "bytes_per_page", "bytes_per_page", BY_ICOUNT, AT_MOST, 8,
	  "kernel memory for each base page held" },
	{ "bytes_per_hold", "bytes_per_hold", BY_ICOUNT, TOLD, 0, "and for each hold" },
	{ "report_vs_proc", "report_vs_proc_aged", BY_ICOUNT, AT_LEAST, 10,
	  "REPORT against pagemap, kpagecount, kpageflags: memory that lies in pieces" },
	{ "report_vs_proc_base", "report_vs_proc_base", BY_ICOUNT, TOLD, 0,
	  "memory in one piece, read in a few calls" },
	{ "report_vs_proc_scattered", "report_vs_proc_scattered", BY_ICOUNT, TOLD, 0,
	  "no two frames side by side" },
	{ "report_vs_proc_thp", "report_vs_proc_thp", BY_ICOUNT, TOLD, 0, "THP" },
	{ "report_vs_proc_hugetlb", "report_vs_proc_hugetlb", BY_ICOUNT, TOLD, 0, "hugetlb" },
	{ "report_vs_proc_time", "report_vs_proc_aged", BY_TIME, TOLD, 0, "memory in pieces" },
	{ "report_vs_proc_base_time", "report_vs_proc_base", BY_TIME, TOLD, 0, "in one piece" },
	{ "report_vs_proc_scattered_time", "report_vs_proc_scattered", BY_TIME, TOLD, 0,
	  "no two side by side" },
	{ "report_vs_proc_thp_time", "report_vs_proc_thp", BY_TIME, TOLD, 0, "THP" },
	{ "report_vs_proc_hugetlb_time", "report_vs_proc_hugetlb", BY_TIME, TOLD, 0, "hugetlb" },
	{ "report_pages_per_run", "report_pages_per_run_aged", BY_ICOUNT, TOLD, 0,
	  "how many frames lie side by side in memory in pieces" },
	{ "report_pages_per_run_base", "report_pages_per_run_base", BY_ICOUNT, TOLD, 0,
	  "and in memory in one piece" },
	{ "report_instructions_per_page", "report_ns_per_page_aged", BY_ICOUNT, TOLD, 0,
	  "one report, memory in pieces" },
	{ "report_instructions_per_page_thp", "report_ns_per_page_thp", BY_ICOUNT, TOLD, 0,
	  "one report, THP" },
	{ "proc_instructions_per_page", "proc_ns_per_page_aged", BY_ICOUNT, TOLD, 0,
	  "the three files, memory in pieces" },
	{ "proc_instructions_per_page_base", "proc_ns_per_page_base", BY_ICOUNT, TOLD, 0,
	  "the three files, memory in one piece" },
	{ "scan_instructions_per_pfn", "scan_ns_per_pfn", BY_ICOUNT, AT_MOST, 60,
	  "SCAN of all memory: 60 are 50 million a second at 3 thousand million instructions" },
	{ "scan_mpfns_per_s", "scan_mpfns_per_s", BY_TIME, TOLD, 0,
	  "million page frames a second, as fast as this machine is (emulated: not native)" },
	{ "scan_excess_instructions_per_pfn", "scan_excess_ns_per_pfn", BY_ICOUNT, TOLD, 0,
	  "SCAN for excess references, which reports every page in use" },
	{ "two_threads_vs_one", "two_threads_vs_one", BY_TIME, TOLD, 0,
	  "holds taken by two sessions of one process against one: at most 2" },
	{ "two_processes_vs_one", "two_processes_vs_one", BY_TIME, TOLD, 0,
	  "by sessions of two processes" },
	{ "cases_per_s", "cases_per_s", BY_RUN, AT_LEAST, 100, "the suite" },
	{ "image_to_first_test_s", "image_to_first_test_s", BY_RUN, AT_MOST, 10,
	  "kernel image to the first test" },
};

void stream_add(struct stream *stream, const char *name, double value)
{
	if (stream->count == STREAM_MAX)
		return;
	snprintf(stream->numbers[stream->count].name, STREAM_NAME, "%s", name);
	stream->numbers[stream->count++].value = value;
}

static bool stream_get(const struct stream *stream, const char *name, double *value)
{
	for (size_t i = 0; i < stream->count; i++) {
		if (strcmp(stream->numbers[i].name, name))
			continue;
		*value = stream->numbers[i].value;
		return true;
	}
	return false;
}

static bool worst_pin(const struct stream *stream, double *value)
{
	double thp;

	if (!stream_get(stream, "pin_vs_kernel_base", value) ||
	    !stream_get(stream, "pin_vs_kernel_thp", &thp))
		return false;
	*value = thp > *value ? thp : *value;
	return true;
}

static bool row_value(const struct figure_row *row, const struct stream *stream, double *value)
{
	return row->key ? stream_get(stream, row->key, value) : worst_pin(stream, value);
}

/* Where nobody counted instructions, ratios are those of the clock, and have no other row. */
static bool by_clock(const struct figure_row *row, const struct stream streams[SOURCES])
{
	return row->by == BY_ICOUNT && !streams[BY_ICOUNT].count &&
	       !strstr(row->name, "_instructions_");
}

void figures_fill(struct figures *figures, const struct stream streams[SOURCES])
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct figure figure = { .row = &rows[i] };

		figure.by = by_clock(&rows[i], streams) ? BY_TIME : rows[i].by;
		if (row_value(&rows[i], &streams[figure.by], &figure.value))
			figures->figures[figures->count++] = figure;
	}
}

bool figure_met(const struct figure *figure)
{
	if (figure->row->rule == AT_LEAST)
		return figure->value * TOLERANCE >= figure->row->budget;
	return figure->value <= figure->row->budget * TOLERANCE;
}
