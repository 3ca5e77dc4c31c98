// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of a page that nobody may take a reference on. It is read from struct page alone: the
 * page may become anything meanwhile, so no pointer is followed, and no function is called that
 * asserts something which only a reference would keep true.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pincheck.h>
#include "compat/device_page.h"
#include "compat/page_counts.h"
#include "compat/page_flags.h"
#include "compat/page_type.h"
#include "compat/placement.h"
#include "report_unheld.h"
#include "whitelist.h"

/**
 * report_start() - begin a report: the zone and the node of a page
 * @report: begun; has PINCHECK_REPORT_PAGE unless the page is a hole of the memory map
 * @pfn: of the page
 * @page: with or without a reference
 */
void report_start(struct pincheck_report *report, u64 pfn, struct page *page)
{
	*report = (struct pincheck_report) { .pfn = pfn };
	if (PagePoisoned(page))
		return;
	report->present = PINCHECK_REPORT_PAGE;
	report->zone = page_zonenum(page);
	report->node = page_to_nid(page);
	report_flag(report, PINCHECK_PAGE_MOVABLE_ZONE, report->zone == ZONE_MOVABLE);
	report_flag(report, PINCHECK_PAGE_DEVICE, is_zone_device_page(page));
}

/* Flags that are bits of page->flags. A page with a type may use some of these bits otherwise. */
#define FOR_EACH_FLAG_BIT(X)	\
	X(DIRTY, dirty) X(WRITEBACK, writeback) X(PRIVATE, private) X(LRU, lru)			\
	X(LOCKED, locked) X(UNEVICTABLE, unevictable)

#define FLAG_BIT_TEST(upper, lower)	| (flags & 1UL << PG_##lower ? PINCHECK_PAGE_##upper : 0)

#define FLAG_BIT(upper, lower)	| PINCHECK_PAGE_##upper

/* @head may be part of another folio by now: the number is then that folio's. */
static void estimate_pins(struct pincheck_report *report, struct page *head)
{
	if (compat_pin_count(head, &report->pin_count)) {
		report->present |= PINCHECK_REPORT_PIN_COUNT;
		report->pins = report->pin_count;
	} else {
		report->pins = report->refcount / GUP_PIN_COUNTING_BIAS;
	}
	report_flag(report, PINCHECK_PAGE_MAYBE_DMA_PINNED, report->pins > 0);
}

static void fill_bits(struct pincheck_report *report, struct page *page)
{
	const unsigned long flags = compat_page_flags(page);

	report->flags |= 0 FOR_EACH_FLAG_BIT(FLAG_BIT_TEST);
	report->flags_known |= 0 FOR_EACH_FLAG_BIT(FLAG_BIT);
	report_flag(report, PINCHECK_PAGE_ZERO, is_zero_pfn(page_to_pfn(page)));
	report_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
}

static void fill_mapcount(struct pincheck_report *report, struct page *page)
{
	if (PageCompound(page) || !compat_page_mapcount(page, page, 0, &report->page_mapcount))
		return;
	report->folio_mapcount = report->page_mapcount;
	report->present |= PINCHECK_REPORT_MAPCOUNT | PINCHECK_REPORT_FOLIO_MAPCOUNT;
}

/* Memory of processes and files can be referenced, so this page is neither. */
static void fill_no_user_memory(struct pincheck_report *report, bool typed)
{
	const u64 memory = PINCHECK_PAGE_ANON | PINCHECK_PAGE_KSM | PINCHECK_PAGE_HUGETLB |
			   PINCHECK_PAGE_FILE | PINCHECK_PAGE_SHMEM | PINCHECK_PAGE_SWAPCACHE;
	const struct whitelist_facts facts = { .longterm_write = true, .kernel = typed };
	struct whitelist_answer answer = whitelist_judge(&facts);

	report->flags_known |= memory;
	report->whitelist = answer.verdict;
	report->whitelist_reason = answer.reason;
	report->present |= PINCHECK_REPORT_WHITELIST;
}

/**
 * report_unheld() - complete the report of a page without a reference
 * @report: begun by report_start()
 * @page: its struct page cannot go away during the call
 */
void report_unheld(struct pincheck_report *report, struct page *page)
{
	struct page *head = compound_head(page);
	bool typed = compat_page_has_owner(head);

	report->head = report->pfn;
	report_failed(report, page);
	report_flag(report, PINCHECK_PAGE_TYPED, typed);
	report_flag(report, PINCHECK_PAGE_OFFLINE, compat_page_offline(page));
	report_flag(report, PINCHECK_PAGE_SLAB, PageSlab(head));
	report_flag(report, PINCHECK_PAGE_RESERVED, PageReserved(page));
	report->refcount = page_ref_count(head);
	if (report->refcount <= 0)
		return;		/* free, or freed since the caller looked */
	if (!is_zone_device_page(page))
		fill_no_user_memory(report, typed);
	if (typed)
		return;
	fill_bits(report, page);
	estimate_pins(report, head);
	/* Mappings of ZONE_DEVICE are not counted before 6.15 (38607c62b34b). */
	if (!is_zone_device_page(page))
		fill_mapcount(report, page);
}

/**
 * report_device_page() - the report of a page that is not online memory
 * @report: filled; without PINCHECK_REPORT_PAGE if there is no page at all
 * @pfn: any number
 *
 * Drivers make a memory map (ZONE_DEVICE) for memory that is not online, such as persistent memory.
 * A reference on the driver's range keeps its memory map.
 */
void report_device_page(struct pincheck_report *report, u64 pfn)
{
	struct dev_pagemap *range = compat_device_range(pfn);

	*report = (struct pincheck_report) { .pfn = pfn };
	if (!range)
		return;
	report_start(report, pfn, pfn_to_page(pfn));
	if (report->present)
		report_unheld(report, pfn_to_page(pfn));
	compat_put_device_range(range);
}
