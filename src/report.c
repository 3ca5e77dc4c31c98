// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that is known of one page.
 *
 * For as long as it looks, the report has a reference on the folio, so that this is not split,
 * freed and used for something else meanwhile; its own reference is subtracted from what it tells.
 * Others see it: a write fault in that instant may copy where it would have reused.
 */
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pincheck.h>
#include "compat/mapped_shared.h"
#include "compat/page_counts.h"
#include "compat/page_flags.h"
#include "compat/placement.h"
#include "report.h"
#include "whitelist.h"

/*
 * Flags that every kernel knows of every folio. Not an array of functions: reports are made by the
 * million, and a dozen indirect calls cost more than all the rest of one.
 */
#define FOR_EACH_FOLIO_FLAG(X)	\
	X(ANON, anon) X(KSM, ksm) X(HUGETLB, hugetlb) X(SWAPCACHE, swapcache) X(DIRTY, dirty)	\
	X(WRITEBACK, writeback) X(PRIVATE, private) X(LRU, lru) X(LOCKED, locked)		\
	X(SLAB, slab) X(RESERVED, reserved) X(UNEVICTABLE, unevictable)

#define FOLIO_FLAG_BIT(upper, lower)	| PINCHECK_PAGE_##upper
#define FOLIO_FLAG_TEST(upper, lower)	\
	| (compat_page_##lower(head) ? PINCHECK_PAGE_##upper : 0)

/* @value: 1, 0, or -1 for what cannot be told. */
static void tell_flag(struct pincheck_report *report, u64 bit, int value)
{
	if (value < 0)
		return;
	report->flags_known |= bit;
	if (value)
		report->flags |= bit;
}

static void tell_folio_flags(struct pincheck_report *report, struct page *head)
{
	report->flags |= 0 FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_TEST);
	report->flags_known |= 0 FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_BIT);
	tell_flag(report, PINCHECK_PAGE_LARGE, PageHead(head));
}

static void tell_counts(struct pincheck_report *report, struct page *page, struct page *head)
{
	if (compat_page_mapcount(page, head, &report->page_mapcount))
		report->present |= PINCHECK_REPORT_MAPCOUNT;
	if (compat_folio_mapcount(head, &report->folio_mapcount))
		report->present |= PINCHECK_REPORT_FOLIO_MAPCOUNT;
	if (compat_entire_mapcount(head, &report->entire_mapcount))
		report->present |= PINCHECK_REPORT_ENTIRE_MAPCOUNT;
	if (compat_pin_count(head, &report->pin_count))
		report->present |= PINCHECK_REPORT_PIN_COUNT;
}

/* The kernel's verdict, unless nothing but our own reference made it. */
static void tell_pins(struct pincheck_report *report, struct page *head)
{
	bool maybe = compat_maybe_dma_pinned(head);

	if (report->present & PINCHECK_REPORT_PIN_COUNT) {
		report->pins = report->pin_count;
	} else {
		report->pins = report->refcount / GUP_PIN_COUNTING_BIAS;
		maybe = maybe && report->pins;
	}
	tell_flag(report, PINCHECK_PAGE_MAYBE_DMA_PINNED, maybe);
}

/* A PMD-mapped THP and a hugetlb folio have one mark for the whole, on their first page. */
static void tell_exclusive(struct pincheck_report *report, struct page *page, struct page *head)
{
	bool whole = (report->flags & PINCHECK_PAGE_HUGETLB) || report->entire_mapcount > 0;

	if (!compat_anon_exclusive)
		return;
	tell_flag(report, PINCHECK_PAGE_ANON_EXCLUSIVE, (report->flags & PINCHECK_PAGE_ANON) &&
		  compat_page_anon_exclusive(whole ? head : page));
}

static void tell_file(struct pincheck_report *report, struct page *head)
{
	struct whitelist_facts facts = { .longterm_write = true };
	struct whitelist_answer answer;
	bool file;

	whitelist_facts(head, &facts);
	file = facts.mapping == MAPPING_FILE;
	report->fs_magic = facts.magic;
	if (file)
		report->present |= PINCHECK_REPORT_FS_MAGIC;
	tell_flag(report, PINCHECK_PAGE_FILE, file);
	tell_flag(report, PINCHECK_PAGE_SHMEM, file && facts.magic == TMPFS_MAGIC);
	answer = whitelist_judge(&facts);
	report->whitelist = answer.verdict;
	report->whitelist_reason = answer.reason;
	report->present |= PINCHECK_REPORT_WHITELIST;
}

/*
 * The huge zero page cannot be told from other memory of that size without a mapping: whether
 * this is it stays unknown for those.
 */
static void tell_zero(struct pincheck_report *report, struct page *page)
{
	const u64 other = PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE | PINCHECK_PAGE_HUGETLB |
			  PINCHECK_PAGE_SLAB | PINCHECK_PAGE_LRU;
	bool small = is_zero_pfn(page_to_pfn(page));
	bool maybe_huge = report->order && report->order + PAGE_SHIFT == PMD_SHIFT &&
			  !(report->flags & other);

	tell_flag(report, PINCHECK_PAGE_ZERO, maybe_huge ? -1 : small);
}

static void tell_placement(struct pincheck_report *report, struct page *page, struct page *head)
{
	tell_flag(report, PINCHECK_PAGE_MAPPED_SHARED, compat_mapped_shared(head));
	tell_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
	tell_flag(report, PINCHECK_PAGE_LONGTERM_PINNABLE, compat_longterm_pinnable(head));
}

/* @head has a reference of ours. */
static void tell_folio(struct pincheck_report *report, struct page *page, struct page *head)
{
	report->head = page_to_pfn(head);
	report->order = compound_order(head);
	report->refcount = page_ref_count(head) - 1;
	tell_folio_flags(report, head);
	tell_counts(report, page, head);
	tell_pins(report, head);
	tell_exclusive(report, page, head);
	tell_file(report, head);
	tell_zero(report, page);
	tell_placement(report, page, head);
}

/* Takes a reference on the folio of @page. Return: its first page; NULL when it has no users. */
static struct page *hold_folio(struct page *page)
{
	for (;;) {
		struct page *head = compound_head(page);

		if (!get_page_unless_zero(head))
			return NULL;
		if (compound_head(page) == head)
			return head;
		put_page(head);	/* split or freed in between */
	}
}

/**
 * report_page() - tell all that is known of one page
 * @pfn: of the page; any number
 * @report: filled; what is not known is marked so
 *
 * Context: process context: the last reference may be given back here.
 */
void report_page(u64 pfn, struct pincheck_report *report)
{
	struct page *page = pfn == (unsigned long)pfn ? pfn_to_online_page(pfn) : NULL;
	struct page *head;

	*report = (struct pincheck_report) { .pfn = pfn };
	if (!page || PagePoisoned(page))
		return;	/* no memory, or a hole of the memory map */
	report->present = PINCHECK_REPORT_PAGE;
	report->zone = page_zonenum(page);
	report->node = page_to_nid(page);
	tell_flag(report, PINCHECK_PAGE_MOVABLE_ZONE, report->zone == ZONE_MOVABLE);
	tell_flag(report, PINCHECK_PAGE_DEVICE, is_zone_device_page(page));

	head = hold_folio(page);
	if (!head) {
		/* Free, or its owner does not count references: nothing else can be relied on. */
		report->head = pfn;
		return;
	}
	tell_folio(report, page, head);
	put_page(head);
}
