// SPDX-License-Identifier: GPL-2.0-only
/* SCAN: which folios of the machine look pinned, are in the way, or are held by nobody known. */
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
#include "surplus.h"
#include "report.h"

/* Most page frame numbers in one call: a few hundred milliseconds where all of them are used. */
#define SCAN_PFNS_MAX	(1UL << 20)

/* Looked at without a chance to reschedule. */
#define SCAN_BREATH	1024ULL

static u64 memory_end(void)
{
	u64 end = 0;
	int node;

	for_each_online_node(node)
		end = max_t(u64, end, node_end_pfn(node));
	return end;
}

static bool is_wanted(const struct pincheck_report *report, u32 flags)
{
	const u64 in_the_way = PINCHECK_PAGE_MOVABLE_ZONE | PINCHECK_PAGE_CMA;
	bool pinned = report->flags & PINCHECK_PAGE_MAYBE_DMA_PINNED;

	return ((flags & PINCHECK_SCAN_PINNED) && pinned) ||
	       ((flags & PINCHECK_SCAN_UNMOVABLE) && pinned && (report->flags & in_the_way)) ||
	       ((flags & PINCHECK_SCAN_EXCESS) && excess_judge(report, GUP_PIN_COUNTING_BIAS));
}

/*
 * Pass by what cannot be of interest, as far as can be told without a reference: what has none is
 * free or a tail page, what has fewer than none is a hole of the memory map. To take one on every
 * page of the machine would cost time and make others copy. All of it is in one block.
 */
static u64 pass_by(struct page *page, u64 pfn, u64 end, u32 flags)
{
	int few = flags & PINCHECK_SCAN_EXCESS ? 1 : GUP_PIN_COUNTING_BIAS;

	for (; pfn < end; pfn++, page++) {
		int references = page_ref_count(page);

		if (references >= few || (references > 0 && PageHead(page)))
			break;
	}
	return pfn;
}

/*
 * Most large folios are not pinned, and that is soon said. A guess that needs no reference: the
 * report says what is true.
 */
static bool may_be_pinned(struct page *page)
{
	int pins;

	return page_ref_count(page) >= GUP_PIN_COUNTING_BIAS ||
	       (compat_pin_count(page, &pins) && pins > 0);
}

/* Looks at the folio that begins at *pfn, and goes on behind it. Return: is it wanted? */
static bool look_at(struct report_walk *walk, struct page *page, u64 *pfn, u32 flags)
{
	const struct pincheck_report *report = &walk->report;
	bool is_head;

	if (!(flags & PINCHECK_SCAN_EXCESS) && !may_be_pinned(page)) {
		++*pfn;
		return false;
	}
	report_next(walk, *pfn);
	report_drop(walk);
	/* Meanwhile it may have become part of another folio, whose first page was passed. */
	is_head = report->head == *pfn;
	*pfn += is_head ? 1ULL << report->order : 1;
	return is_head && is_wanted(report, flags);
}

/* From *pfn on to @end, or behind the first folio that is wanted. Return: there is one, *found. */
static bool look_for(u64 *pfn, u64 end, u32 flags, u64 *found)
{
	struct report_walk walk;
	bool wanted = false;

	report_begin(&walk);
	while (*pfn < end && !wanted) {
		u64 block_end = min(end, round_down(*pfn, ONLINE_BLOCK_PFNS) + ONLINE_BLOCK_PFNS);
		struct page *page = online_page(&walk.block, *pfn);
		u64 first = *pfn;

		*pfn = page ? pass_by(page, *pfn, block_end, flags) : block_end;
		*found = *pfn;
		if (*pfn < block_end)
			wanted = look_at(&walk, page + (*pfn - first), pfn, flags);
	}
	report_end(&walk);
	return wanted;
}

static int scan(struct pincheck_scan *request, u64 limit)
{
	u64 __user *pfns = u64_to_user_ptr(request->pfns);
	u64 pfn = request->cursor, stop, found;

	while (pfn < limit && request->count < request->room) {
		stop = min(limit, round_down(pfn, SCAN_BREATH) + SCAN_BREATH);
		if (look_for(&pfn, stop, request->flags, &found) &&
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
 * scan_command() - look through memory
 * @session: of the caller; not looked at
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
	return scan(request, min(request->end, request->cursor + SCAN_PFNS_MAX));
}
