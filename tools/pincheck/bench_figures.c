// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a benchmark, and their budgets. */
#include <stdio.h>
#include <string.h>
#include "tools/pincheck/bench_figures.h"
#include "tools/pincheck/pincheck.h"

/* Numbers of bytes come from counters of which every CPU holds a part back. */
#define TOLERANCE	1.001

static const struct figure_row rows[] = {
	{ "pin_vs_kernel", NULL, BY_ICOUNT,
	  "HOLD and RELEASE of 64 MiB against the kernel's own calls: the worse of base pages and THP",
	  AT_MOST, 1.05 },
	{ "pin_vs_kernel_base", "pin_vs_kernel_base", BY_ICOUNT, "the same, of base pages",
	  AT_MOST, 1.05 },
	{ "pin_vs_kernel_thp", "pin_vs_kernel_thp", BY_ICOUNT, "the same, of THP", AT_MOST, 1.05 },
	{ "pin_vs_kernel_base_time", "pin_vs_kernel_base", BY_TIME,
	  "the same, of base pages", NO_BUDGET, 0 },
	{ "pin_vs_kernel_thp_time", "pin_vs_kernel_thp", BY_TIME,
	  "the same, of THP", NO_BUDGET, 0 },
	{ "pin_instructions_per_page_base", "pin_ns_per_page_base", BY_ICOUNT,
	  "HOLD and RELEASE of a base page", NO_BUDGET, 0 },
	{ "pin_instructions_per_page_thp", "pin_ns_per_page_thp", BY_ICOUNT,
	  "HOLD and RELEASE of a page of a THP", NO_BUDGET, 0 },
	{ "pin_ns_per_page_base", "pin_ns_per_page_base", BY_TIME,
	  "HOLD and RELEASE of a base page", NO_BUDGET, 0 },
	{ "pin_ns_per_page_thp", "pin_ns_per_page_thp", BY_TIME,
	  "HOLD and RELEASE of a page of a THP", NO_BUDGET, 0 },
	{ "bytes_per_page", "bytes_per_page", BY_ICOUNT, "kernel memory for each held base page",
	  AT_MOST, 8 },
	{ "bytes_per_hold", "bytes_per_hold", BY_ICOUNT,
	  "kernel memory for each hold", NO_BUDGET, 0 },
	{ "report_vs_proc", "report_vs_proc_aged", BY_ICOUNT,
	  "REPORT against pagemap, kpagecount and kpageflags: memory in pieces", AT_LEAST, 10 },
	{ "report_vs_proc_base", "report_vs_proc_base", BY_ICOUNT,
	  "the same, of memory in one piece, which takes few calls", NO_BUDGET, 0 },
	{ "report_vs_proc_scattered", "report_vs_proc_scattered", BY_ICOUNT,
	  "the same, of memory of which no two frames are neighbours", NO_BUDGET, 0 },
	{ "report_vs_proc_thp", "report_vs_proc_thp", BY_ICOUNT, "the same, of THP", NO_BUDGET, 0 },
	{ "report_vs_proc_hugetlb", "report_vs_proc_hugetlb", BY_ICOUNT,
	  "the same, of hugetlb", NO_BUDGET, 0 },
	{ "report_vs_proc_time", "report_vs_proc_aged", BY_TIME,
	  "the same, of memory in pieces", NO_BUDGET, 0 },
	{ "report_vs_proc_base_time", "report_vs_proc_base", BY_TIME,
	  "the same, of memory in one piece", NO_BUDGET, 0 },
	{ "report_vs_proc_scattered_time", "report_vs_proc_scattered", BY_TIME,
	  "the same, of memory of which no two frames are neighbours", NO_BUDGET, 0 },
	{ "report_vs_proc_thp_time", "report_vs_proc_thp", BY_TIME,
	  "the same, of THP", NO_BUDGET, 0 },
	{ "report_vs_proc_hugetlb_time", "report_vs_proc_hugetlb", BY_TIME,
	  "the same, of hugetlb", NO_BUDGET, 0 },
	{ "report_pages_per_run", "report_pages_per_run_aged", BY_ICOUNT,
	  "neighbouring frames in a row, in memory in pieces", NO_BUDGET, 0 },
	{ "report_pages_per_run_base", "report_pages_per_run_base", BY_ICOUNT,
	  "neighbouring frames in a row, in memory in one piece", NO_BUDGET, 0 },
	{ "report_instructions_per_page", "report_ns_per_page_aged", BY_ICOUNT,
	  "REPORT of a page, memory in pieces", NO_BUDGET, 0 },
	{ "report_instructions_per_page_thp", "report_ns_per_page_thp", BY_ICOUNT,
	  "REPORT of a page, THP", NO_BUDGET, 0 },
	{ "proc_instructions_per_page", "proc_ns_per_page_aged", BY_ICOUNT,
	  "the three files of /proc, memory in pieces", NO_BUDGET, 0 },
	{ "proc_instructions_per_page_base", "proc_ns_per_page_base", BY_ICOUNT,
	  "the three files of /proc, memory in one piece", NO_BUDGET, 0 },
	{ "scan_instructions_per_pfn", "scan_ns_per_pfn", BY_ICOUNT,
	  "SCAN of all memory: 60 are 50 million page frames a second at 3e9 instructions a second",
	  AT_MOST, 60 },
	{ "scan_mpfns_per_s", "scan_mpfns_per_s", BY_TIME,
	  "million page frames a second, at the speed of this machine, which may be emulated",
	  NO_BUDGET, 0 },
	{ "scan_excess_instructions_per_pfn", "scan_excess_ns_per_pfn", BY_ICOUNT,
	  "SCAN for excess references, which reports every page in use", NO_BUDGET, 0 },
	{ "two_threads_vs_one", "two_threads_vs_one", BY_TIME,
	  "holds taken by two sessions of one process against one session: at most 2",
	  NO_BUDGET, 0 },
	{ "two_processes_vs_one", "two_processes_vs_one", BY_TIME,
	  "holds taken by sessions of two processes against one session: at most 2", NO_BUDGET, 0 },
	{ "cases_vs_cow_icount", "cases_vs_cow", BY_ICOUNT,
	  "a case of fork, ro_pin, reuse and vmsplice against a case of the kernel's cow.c, mean of five kinds of memory",
	  AT_MOST, 1 },
	{ "cases_vs_cow_icount_base", "cases_vs_cow_base", BY_ICOUNT,
	  "the same, of base pages", NO_BUDGET, 0 },
	{ "cases_vs_cow_icount_swapped", "cases_vs_cow_swapped", BY_ICOUNT,
	  "the same, of base pages that were swapped out", NO_BUDGET, 0 },
	{ "cases_vs_cow_icount_thp", "cases_vs_cow_thp", BY_ICOUNT, "the same, of THP", NO_BUDGET, 0 },
	{ "cases_vs_cow_icount_thp_pte", "cases_vs_cow_thp_pte", BY_ICOUNT,
	  "the same, of THP mapped by PTEs", NO_BUDGET, 0 },
	{ "cases_vs_cow_icount_hugetlb", "cases_vs_cow_hugetlb", BY_ICOUNT,
	  "the same, of hugetlb", NO_BUDGET, 0 },
	{ "case_instructions", "case_ns", BY_ICOUNT, "a case of these topics", NO_BUDGET, 0 },
	{ "case_instructions_cow", "cow_case_ns", BY_ICOUNT, "a case of cow.c", NO_BUDGET, 0 },
	{ "case_instructions_fork", "case_ns_fork", BY_ICOUNT, "a case of topic fork", NO_BUDGET, 0 },
	{ "case_instructions_ro_pin", "case_ns_ro_pin", BY_ICOUNT, "of ro_pin", NO_BUDGET, 0 },
	{ "case_instructions_reuse", "case_ns_reuse", BY_ICOUNT, "of reuse", NO_BUDGET, 0 },
	{ "case_instructions_vmsplice", "case_ns_vmsplice", BY_ICOUNT, "of vmsplice", NO_BUDGET, 0 },
	{ "cow_cases_per_s", "cow_cases_per_s", BY_RUN,
	  "cases of fork, ro_pin, reuse and vmsplice a second", AT_LEAST, 150 },
	{ "cases_per_s", "cases_per_s", BY_RUN, "cases of the suite a second", AT_LEAST, 100 },
	{ "image_to_first_test_s", "image_to_first_test_s", BY_RUN,
	  "seconds from the kernel image to the first test", AT_MOST, 10 },
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

static bool worst_pin_ratio(const struct stream *stream, double *value)
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
	return row->key ? stream_get(stream, row->key, value) : worst_pin_ratio(stream, value);
}

/* If no instructions were counted, a ratio of them is taken from the clock. */
static bool falls_back_to_clock(const struct figure_row *row, const struct stream streams[SOURCES])
{
	return row->by == BY_ICOUNT && !streams[BY_ICOUNT].count &&
	       !strstr(row->name, "_instructions_");
}

void figures_fill(struct figures *figures, const struct stream streams[SOURCES])
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct figure figure = { .row = &rows[i] };

		figure.by = falls_back_to_clock(&rows[i], streams) ? BY_TIME : rows[i].by;
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
