// SPDX-License-Identifier: GPL-2.0-only
/* SCAN: finds folios that look pinned, or block a movable zone, or have unexplained references. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "command.h"
#include "compat/page_counts.h"
#include "report.h"
#include "surplus.h"

/* Most page frame numbers in one call: a few hundred milliseconds if all pages are in use. */
#define SCAN_PFNS_MAX	(1UL << 20)

/* Page frame numbers between two chances to reschedule. */
#define SCAN_STEP	1024ULL

static u64 memory_end(void)
{
	u64 end = 0;
	int node;

	for_each_online_node(node)
		end = max_t(u64, end, node_end_pfn(node));
	return end;
}

static bool is_wanted_folio(const struct pincheck_report *report, u32 flags)
{
	const u64 movable_only = PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA;
	bool pinned = report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED;

	return ((flags & PINCHECK_SCAN_PINNED) && pinned) ||
	       ((flags & PINCHECK_SCAN_UNMOVABLE) && pinned && (report->flags & movable_only)) ||
	       ((flags & PINCHECK_SCAN_EXCESS) && surplus_check(report, GUP_PIN_COUNTING_BIAS));
}

/*
 * Skips pages that cannot be wanted, judged without taking a reference: a page with no reference is
 * free or a tail page, a negative count is a hole of the memory map. A reference on every page of
 * the machine would cost time and make write faults copy. @page to @end lie in one block.
 */
static u64 skip_pages(struct page *page, u64 pfn, u64 end, u32 flags)
{
	int few = flags & PINCHECK_SCAN_EXCESS ? 1 : GUP_PIN_COUNTING_BIAS;

	for (; pfn < end; pfn++, page++) {
		int references = page_ref_count(page);

		if (references >= few || (references > 0 && PageHead(page)))
			break;
	}
	return pfn;
}

/* A guess without a reference that spares most large folios a report; the report then decides. */
static bool may_be_pinned(struct page *page)
{
	int pins;

	return page_ref_count(page) >= GUP_PIN_COUNTING_BIAS ||
	       (compat_pin_count(page, &pins) && pins > 0);
}

/* Judges the folio that begins at *pfn and moves *pfn behind it. Return: is the folio wanted? */
static bool scan_folio(struct report_walk *walk, struct page *page, u64 *pfn, u32 flags)
{
	const struct pincheck_report *report = &walk->report;
	bool is_head;

	if (!(flags & PINCHECK_SCAN_EXCESS) && !may_be_pinned(page)) {
		++*pfn;
		return false;
	}
	report_next(walk, *pfn);
	report_drop(walk);
	/* The page may have become part of a folio whose first page was skipped. */
	is_head = report->head == *pfn;
	*pfn += is_head ? 1ULL << report->order : 1;
	return is_head && is_wanted_folio(report, flags);
}

/* Moves *pfn to @end, or behind the first wanted folio. Return: is there one, at *found? */
static bool find_folio(u64 *pfn, u64 end, u32 flags, u64 *found)
{
	struct report_walk walk;
	bool wanted = false;

	report_begin(&walk);
	while (*pfn < end && !wanted) {
		u64 block_end = min(end, round_down(*pfn, ONLINE_BLOCK_PFNS) + ONLINE_BLOCK_PFNS);
		struct page *page = online_page(&walk.block, *pfn);
		u64 first = *pfn;

		*pfn = page ? skip_pages(page, *pfn, block_end, flags) : block_end;
		*found = *pfn;
		if (*pfn < block_end)
			wanted = scan_folio(&walk, page + (*pfn - first), pfn, flags);
	}
	report_end(&walk);
	return wanted;
}

static int scan_range(struct pincheck_scan *request, u64 limit)
{
	u64 __user *pfns = u64_to_user_ptr(request->pfns);
	u64 pfn = request->cursor, stop, found;

	while (pfn < limit && request->count < request->room) {
		stop = min(limit, round_down(pfn, SCAN_STEP) + SCAN_STEP);
		if (find_folio(&pfn, stop, request->flags, &found) &&
		    put_user(found, pfns + request->count++))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	/* The last folio may reach beyond the end. */
	request->cursor = min(pfn, request->end);
	return 0;
}

/**
 * scan_command() - find folios of the machine
 * @session: of the caller; not used
 * @argument: of SCAN
 *
 * Context: process context, sleeps.
 *
 * Return: 0, or what struct pincheck_scan promises.
 */
int scan_command(struct session *session, union argument *argument)
{
	struct pincheck_scan *request = &argument->scan;
	u64 end = memory_end();

	if (!request->flags || !request->room)
		return -EINVAL;
	request->count = 0;
	if (!request->end || request->end > end)
		request->end = end;
	if (request->cursor >= request->end) {
		request->cursor = request->end;
		return 0;
	}
	return scan_range(request, min(request->end, request->cursor + SCAN_PFNS_MAX));
}
