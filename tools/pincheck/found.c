// SPDX-License-Identifier: GPL-2.0-only
/* The folios that SCAN finds, with their reports, their owners and their holders. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/lib/pincheck.h"
#include "tools/pincheck/found.h"
#include "tools/pincheck/pincheck.h"

#define BATCH	256

/* Folios of one walk over the page tables: 16 MiB. */
#define WINDOW	(1UL << 20)

/* Add the folios of @pfns to the window. Return: 0 or a negative errno */
static int add_folios(const struct search *search, struct owners *window, const __u64 *pfns, __u64 count)
{
	struct pincheck_report reports[BATCH];
	int error = pincheck_report(search->session, pfns, count, reports);

	for (__u64 i = 0; !error && i < count; i++)
		window->folios[window->folio_count++] = (struct folio) {
			.pfn = pfns[i], .order = reports[i].order,
		};
	return error;
}

/* Fill the window from @cursor on, until it has @room folios or memory ends. */
static int fill_window(struct search *search, struct owners *window, size_t room, __u64 *cursor)
{
	__u64 pfns[BATCH], count, end = search->end;
	int error = 0;

	window->folio_count = 0;
	do {
		count = room - window->folio_count < BATCH ? room - window->folio_count : BATCH;
		error = pincheck_scan(search->session, search->flags, cursor, &end, pfns, &count);
		if (!error)
			error = add_folios(search, window, pfns, count);
		progress_show(&search->progress, "page frames", *cursor, end);
	} while (!error && *cursor < end && window->folio_count < room);
	search->end = end;
	return error;
}

/* The kernel may have given the folio back, or a reference that was short-lived may be gone. */
static bool is_wanted(const struct search *search, const struct folio *folio,
		      const struct pincheck_report *report)
{
	bool pinned = report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED;
	bool excess = report->present & PINCHECK_REPORT_EXPLAINED && report->unexplained > 0;

	if (report->head != folio->pfn)
		return false;
	return pinned || (search->flags & PINCHECK_SCAN_EXCESS && (excess || report->folio_gets));
}

static void visit_folio(const struct search *search, const struct owners *window, size_t index,
			const struct pincheck_report *report)
{
	static struct found found;

	found = (struct found) { .report = *report };
	if (!is_wanted(search, &window->folios[index], report))
		return;
	if (search->owners)
		found.owners = owners_of(window, index, &found.count);
	if (search->pid && !found.count)
		return;
	if (search->owners)
		holder_judge(report, found.owners, found.count, &found.holder);
	search->visit(search->context, &found);
}

/* With the ledger, because without it holds of this module look like those of somebody else. */
static int visit_window(struct search *search, const struct owners *window)
{
	static struct pincheck_report reports[BATCH];
	__u64 pfns[BATCH];
	int error = 0;

	for (size_t first = 0; first < window->folio_count && !error; first += BATCH) {
		size_t count = window->folio_count - first < BATCH ? window->folio_count - first : BATCH;

		for (size_t i = 0; i < count; i++)
			pfns[i] = window->folios[first + i].pfn;
		error = pincheck_report_ledger(search->session, pfns, count, reports);
		for (size_t i = 0; !error && i < count; i++)
			visit_folio(search, window, first + i, &reports[i]);
		progress_show(&search->progress, "holders", first + count, window->folio_count);
	}
	return error;
}

static void empty_window(struct owners *window)
{
	for (size_t i = 0; i < window->process_count; i++)
		holdings_free(&window->processes[i]);
	owners_free(window);
}

/*
 * Fill the window, find its owners, and visit it. Where processes map the folios at more places than there is
 * memory for, the window is done again with half as many folios.
 */
static int search_window(struct search *search, struct owners *window, size_t *room, __u64 *cursor)
{
	__u64 start = *cursor;
	int error = fill_window(search, window, *room, cursor);

	if (!error && search->owners)
		error = owners_find(window, search->pid, &search->progress);
	search->unreadable = window->unreadable;
	if (error == -E2BIG && *room > 1) {
		empty_window(window);
		*room /= 2;
		*cursor = start;
		return 0;
	}
	if (!error)
		error = visit_window(search, window);
	empty_window(window);
	return error;
}

void search_says_unreadable(const struct search *search)
{
	if (search->unreadable)
		fprintf(stderr, "pincheck: cannot read the page tables of %zu processes: what they map looks as if "
			"nobody mapped it. Those need CAP_SYS_PTRACE: use sudo\n", search->unreadable);
}

int search_run(struct search *search)
{
	struct owners window = { .folios = calloc(WINDOW, sizeof(*window.folios)) };
	__u64 cursor = search->start;
	size_t room = WINDOW;
	int error = window.folios ? 0 : -ENOMEM;

	do {
		if (!error)
			error = search_window(search, &window, &room, &cursor);
	} while (!error && cursor < search->end);
	progress_end(&search->progress);
	free(window.folios);
	return error;
}
