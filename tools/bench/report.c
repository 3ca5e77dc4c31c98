// SPDX-License-Identifier: GPL-2.0-only
/* REPORT against /proc/PID/pagemap, /proc/kpagecount and /proc/kpageflags, in turns. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tools/bench/bench.h"
#include "tools/lib/cause.h"
#include "tools/lib/pagemap.h"

#define PAGES	8192UL

/**
 * struct look - where both look, and what they see
 * @pagemap: descriptor
 * @kpagecount: descriptor
 * @kpageflags: descriptor
 * @runs: of pages whose frames follow each other, as /proc met them
 */
struct look {
	struct bench_memory memory;
	int pagemap, kpagecount, kpageflags;
	size_t runs;
	uint64_t entries[PAGES];	/* of pagemap */
	uint64_t counts[PAGES];
	uint64_t flags[PAGES];
	__u64 pfns[PAGES];
	struct pincheck_report reports[PAGES];
};

static bool read_run(int file, uint64_t *into, uint64_t pfn, size_t count)
{
	ssize_t bytes = (ssize_t)(count * sizeof(*into));

	return pread(file, into, (size_t)bytes, (off_t)(pfn * sizeof(*into))) == bytes;
}

/* How many pages from @first on have frames that follow each other: up (*step 1) or down (-1). */
static size_t run_length(const struct look *look, size_t first, int *step)
{
	uint64_t pfn = pagemap_pfn(look->entries[first]);
	size_t count = 1;

	*step = first + 1 < PAGES && pagemap_pfn(look->entries[first + 1]) == pfn - 1 ? -1 : 1;
	while (first + count < PAGES &&
	       pagemap_pfn(look->entries[first + count]) == pfn + (uint64_t)(*step * (long)count))
		count++;
	return count;
}

static void turn_round(uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		uint64_t number = numbers[i];

		numbers[i] = numbers[count - 1 - i];
		numbers[count - 1 - i] = number;
	}
}

/* As few calls as can be: all of pagemap at once, then one call a file for each run of frames. */
static int by_proc(struct look *look)
{
	size_t first = 0, count;
	int error = pagemap_read(look->pagemap, look->memory.user.start, look->entries, PAGES), step;

	look->runs = 0;
	for (; first < PAGES && !error; first += count) {
		uint64_t pfn = pagemap_pfn(look->entries[first]);

		count = run_length(look, first, &step);
		if (step < 0)
			pfn -= count - 1;
		if (!read_run(look->kpagecount, look->counts + first, pfn, count) ||
		    !read_run(look->kpageflags, look->flags + first, pfn, count))
			error = cause_say(-EIO, "/proc/kpagecount or /proc/kpageflags ends before a "
					  "page frame that is in use");
		if (step < 0) {
			turn_round(look->counts + first, count);
			turn_round(look->flags + first, count);
		}
		look->runs++;
	}
	return error;
}

/* Did both see the same pages, in use? A benchmark of nothing would be a fast one. */
static int compare_reports(const struct look *look)
{
	for (size_t i = 0; i < PAGES; i++) {
		const struct pincheck_report *report = &look->reports[i];

		if (!look->pfns[i] || report->pfn != look->pfns[i] ||
		    (report->present & PINCHECK_REPORT_MAPCOUNT &&
		     (uint64_t)report->page_mapcount != look->counts[i]))
			return cause_say(-EBADMSG, "pincheck and /proc tell different things of page %zu: "
					 "something moves pages here", i);
	}
	return 0;
}

static int time_turns(const struct bench *bench, struct look *look, double *ours, double *proc,
		      double *ratio)
{
	int error = 0;

	for (int i = -1; i < (int)bench->rounds && !error; i++) {
		int at = i < 0 ? 0 : i;
		uint64_t start = bench_now(), middle;

		error = by_proc(look);
		middle = bench_now();
		proc[at] = (double)(middle - start);
		for (size_t page = 0; i < 0 && page < PAGES; page++)
			look->pfns[page] = pagemap_pfn(look->entries[page]);
		middle = bench_now();
		if (!error)
			error = pincheck_report(bench->session, look->pfns, PAGES, look->reports);
		ours[at] = (double)(bench_now() - middle);
		ratio[at] = proc[at] / ours[at];
	}
	return error ? error : compare_reports(look);
}

static void tell_number(const struct bench *bench, const char *what, const char *name, double value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", what, name);
	bench->tell(key, value);
}

static int measure_memory(const struct bench *bench, struct look *look)
{
	const char *name = bench_memory_name(&look->memory);
	double *numbers = calloc(bench->rounds, 3 * sizeof(*numbers));
	double *ours = numbers, *proc = numbers + bench->rounds, *ratio = proc + bench->rounds;
	int error = numbers ? time_turns(bench, look, ours, proc, ratio) : -ENOMEM;

	if (!error) {
		tell_number(bench, "report_vs_proc", name, bench_median(ratio, bench->rounds));
		tell_number(bench, "report_ns_per_page", name, bench_median(ours, bench->rounds) / PAGES);
		tell_number(bench, "proc_ns_per_page", name, bench_median(proc, bench->rounds) / PAGES);
		tell_number(bench, "report_pages_per_run", name, (double)PAGES / (double)look->runs);
	}
	free(numbers);
	return error;
}

static int look_open(struct look *look)
{
	look->pagemap = pagemap_open(0);
	look->kpagecount = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	look->kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (look->pagemap < 0)
		return look->pagemap;
	return look->kpagecount < 0 || look->kpageflags < 0 ? -errno : 0;
}

int bench_report(const struct bench *bench)
{
	static const struct {
		enum usermem_row row;
		enum frame_order order;
	} memories[] = {
		{ USERMEM_BASE, ORDER_FRESH }, { USERMEM_BASE, ORDER_AGED },
		{ USERMEM_BASE, ORDER_SCATTERED }, { USERMEM_THP, ORDER_FRESH },
		{ USERMEM_HUGETLB, ORDER_FRESH },
	};
	static struct look look;
	int error = look_open(&look);

	for (size_t i = 0; i < ARRAY_SIZE(memories) && !error; i++) {
		look.memory = (struct bench_memory) {
			.user.session = bench->session, .order = memories[i].order,
		};
		error = bench_memory_open(&look.memory, memories[i].row, PAGES * PAGE_BYTES);
		if (error)
			break;
		error = measure_memory(bench, &look);
		bench_memory_close(&look.memory);
	}
	close(look.pagemap);
	close(look.kpagecount);
	close(look.kpageflags);
	return error;
}
