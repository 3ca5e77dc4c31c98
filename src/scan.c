// SPDX-License-Identifier: GPL-2.0-only
/* SCAN: which folios of the machine look pinned, are in the way, or are held by nobody known. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "command.h"
#include "excess.h"
#include "report.h"

/* Most page frame numbers in one call: a few hundred milliseconds where all of them are used. */
#define SCAN_PFNS_MAX	(1UL << 20)

/* Looked at without a chance to reschedule. */
#define SCAN_BREATH	1024U

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
 * Can it be of interest, as far as can be told without a reference? What has none is free or a
 * tail page. To take one on every page of the machine would cost time and make others copy.
 */
static bool is_candidate(struct page *page, u32 flags)
{
	int references = page_ref_count(page);

	if (!references)
		return false;
	return (flags & PINCHECK_SCAN_EXCESS) || PageHead(page) ||
	       references >= (int)GUP_PIN_COUNTING_BIAS;
}

/* Return: how many page frame numbers are done with, always at least one. */
static u64 look(u64 pfn, u32 flags, bool *wanted)
{
	struct page *page = pfn_to_online_page(pfn);
	struct pincheck_report report;

	*wanted = false;
	if (!page || PagePoisoned(page) || !is_candidate(page, flags))
		return 1;
	report_page(pfn, &report);
	/* Meanwhile it may have become part of another folio, whose first page was passed. */
	if (report.head != pfn)
		return 1;
	*wanted = is_wanted(&report, flags);
	return 1ULL << report.order;
}

static int scan(struct pincheck_scan *request, u64 limit)
{
	u64 __user *pfns = u64_to_user_ptr(request->pfns);
	unsigned int looked = 0;
	bool wanted;
	u64 pfn, step;

	for (pfn = request->cursor; pfn < limit && request->count < request->room; pfn += step) {
		if (!(++looked % SCAN_BREATH)) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
		step = look(pfn, request->flags, &wanted);
		if (wanted && put_user(pfn, pfns + request->count++))
			return -EFAULT;
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
