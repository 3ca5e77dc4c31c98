// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one page is.
 *
 * While a report is made, the walk has a reference on the folio, so that the folio is not split,
 * freed or used for something else. The report subtracts this reference, but the rest of the kernel
 * sees it: a write fault at that moment may copy a page that it would have reused. Pages that may
 * not be referenced, see hold_folio(), have their report from report_unheld.c.
 *
 * Pages that one call asks about are mostly alike. Of a large folio, whatever is true of all its
 * pages is looked up once; small anonymous pages are compared by the rule of page_marks.h.
 */
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pincheck.h>
#include <linux/rcupdate.h>
#include "compat/mapped_shared.h"
#include "compat/page_counts.h"
#include "compat/page_flags.h"
#include "compat/page_type.h"
#include "compat/placement.h"
#include "report.h"
#include "report_unheld.h"
#include "reuse_rule.h"
#include "whitelist.h"

/*
 * Flags that every kernel has for every folio. An array of functions would be a dozen indirect
 * calls, which cost more than the rest of a report.
 */
#define FOR_EACH_FOLIO_FLAG(X)	\
	X(ANON, anon) X(KSM, ksm) X(HUGETLB, hugetlb) X(SWAPCACHE, swapcache) X(DIRTY, dirty)	\
	X(WRITEBACK, writeback) X(PRIVATE, private) X(LRU, lru) X(LOCKED, locked)		\
	X(SLAB, slab) X(RESERVED, reserved) X(UNEVICTABLE, unevictable)

#define FOLIO_FLAG_BIT(upper, lower)	| PINCHECK_PAGE_##upper
#define FOLIO_FLAG_TEST(upper, lower)	\
	| (compat_page_##lower(head) ? PINCHECK_PAGE_##upper : 0)

static void fill_folio_flags(struct pincheck_report *report, struct page *head)
{
	/* A page with a type, or a page that is logically offline, is never referenced. */
	report->flags |= 0 FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_TEST);
	report->flags_known |= PINCHECK_PAGE_TYPED | PINCHECK_PAGE_OFFLINE
			       FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_BIT);
	report_flag(report, PINCHECK_PAGE_LARGE, PageHead(head));
}

static void fill_counts(struct pincheck_report *report, struct page *page, struct page *head)
{
	if (compat_entire_mapcount(head, &report->entire_mapcount))
		report->present |= PINCHECK_REPORT_ENTIRE_MAPCOUNT;
	if (compat_page_mapcount(page, head, report->entire_mapcount, &report->page_mapcount))
		report->present |= PINCHECK_REPORT_MAPCOUNT;
	if (compat_folio_mapcount(head, &report->folio_mapcount))
		report->present |= PINCHECK_REPORT_FOLIO_MAPCOUNT;
	if (compat_pin_count(head, &report->pin_count))
		report->present |= PINCHECK_REPORT_PIN_COUNT;
}

/* The kernel's answer, unless only our own reference made it true. */
static void fill_pins(struct pincheck_report *report, struct page *head)
{
	bool maybe = compat_maybe_dma_pinned(head);

	if (report->present & PINCHECK_REPORT_PIN_COUNT) {
		report->pins = report->pin_count;
	} else {
		report->pins = report->refcount / GUP_PIN_COUNTING_BIAS;
		maybe = maybe && report->pins;
	}
	report_flag(report, PINCHECK_PAGE_MAYBE_DMA_PINNED, maybe);
}

static void fill_exclusive(struct pincheck_report *report, struct page *page, struct page *head)
{
	if (!compat_anon_exclusive)
		return;
	report_flag(report, PINCHECK_PAGE_ANON_EXCLUSIVE, (report->flags & PINCHECK_PAGE_ANON) &&
		  compat_page_anon_exclusive(report_has_one_mark(report) ? head : page));
}

static void fill_file(struct pincheck_report *report, struct page *head)
{
	struct whitelist_facts facts = { .longterm_write = true };
	struct whitelist_answer answer;
	bool file;

	whitelist_facts(head, &facts);
	file = facts.mapping == MAPPING_FILE;
	report->fs_magic = facts.magic;
	if (file)
		report->present |= PINCHECK_REPORT_FS_MAGIC;
	report_flag(report, PINCHECK_PAGE_FILE, file);
	report_flag(report, PINCHECK_PAGE_SHMEM, file && facts.magic == TMPFS_MAGIC);
	answer = whitelist_judge(&facts);
	report->whitelist = answer.verdict;
	report->whitelist_reason = answer.reason;
	report->present |= PINCHECK_REPORT_WHITELIST;
}

/*
 * The huge zero page looks like any other huge page that has no mapping. For such pages the flag
 * stays unknown.
 */
static void fill_zero(struct pincheck_report *report, struct page *page)
{
	const u64 other = PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE | PINCHECK_PAGE_HUGETLB |
			  PINCHECK_PAGE_SLAB | PINCHECK_PAGE_LRU;
	bool small = is_zero_pfn(page_to_pfn(page));
	bool maybe_huge = report->order && report->order + PAGE_SHIFT == PMD_SHIFT &&
			  !(report->flags & other);

	report_flag(report, PINCHECK_PAGE_ZERO, maybe_huge ? -1 : small);
}

static void fill_placement(struct pincheck_report *report, struct page *page, struct page *head)
{
	report_flag(report, PINCHECK_PAGE_MAPPED_SHARED, compat_mapped_shared(head));
	report_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
	report_flag(report, PINCHECK_PAGE_LONGTERM_PINNABLE, compat_longterm_pinnable(head));
}

/* Fills in all fields. @head has a reference of ours. */
static void fill_folio(struct pincheck_report *report, struct page *page, struct page *head)
{
	report->head = page_to_pfn(head);
	report->order = compound_order(head);
	report->refcount = page_ref_count(head) - 1;
	fill_folio_flags(report, head);
	fill_counts(report, page, head);
	fill_pins(report, head);
	fill_exclusive(report, page, head);
	fill_file(report, head);
	fill_zero(report, page);
	report_failed(report, page);
	fill_placement(report, page, head);
	reuse_judge(report);
}

/*
 * May anybody take a reference on this folio? True for memory of processes and files, which has a
 * mapping, is on an LRU list or is backed by swap; and for other compound pages, because these,
 * too, are freed when their last reference goes.
 */
static bool may_be_held(struct page *head)
{
	const unsigned long signs = 1UL << PG_lru | 1UL << PG_swapbacked;
	const unsigned long flags = compat_page_flags(head);
	const unsigned long mapping = compat_page_mapping(head);

	if (compat_page_has_owner(head) || (flags & 1UL << PG_reserved))
		return false;
	return PageHead(head) || (flags & signs) || (mapping & MAPPING_BIT_ANON) ||
	       (mapping && !(mapping & MAPPING_BITS));
}

/* Return: true with a reference on @head, which may be something else than it was a moment ago. */
static bool try_hold_folio(struct page *head)
{
	bool held;

	/* Nothing may come between the check and the reference: see hold_folio(). */
	preempt_disable();
	held = may_be_held(head) && get_page_unless_zero(head);
	preempt_enable();
	return held;
}

/*
 * hold_folio() - take a reference on a folio, if anybody may take one
 * @page: any page of the folio
 *
 * Nobody may reference a page that has a type, is reserved, or is small and shows no use but its
 * reference count. The owner of such a page may set that count: virtio-mem gives PageOffline()
 * pages to the page allocator with set_page_count(page, 0) (__free_pages_core()). If that
 * overwrites our reference, our put_page() makes the count -1.
 *
 * A race remains. A page is memory of a process when we check it; then the page is freed, isolated
 * and claimed by such an owner, who sets the count, all this between our check and our reference,
 * or between our reference and the second check, which drops it. In the first of these windows
 * preemption is off, and isolation takes the owner milliseconds, because it looks at all pages of a
 * block; but an interrupt, or a hypervisor that stops our CPU, can take longer. No function that is
 * exported to modules would close this race.
 *
 * Return: the first page, for put_page(); NULL if the folio has no users or may not be referenced.
 */
static struct page *hold_folio(struct page *page)
{
	for (;;) {
		struct page *head = compound_head(page);

		if (!try_hold_folio(head))
			return NULL;
		if (compound_head(page) == head && may_be_held(head))
			return head;
		put_page(head);	/* split or freed in between */
	}
}

/* Is this a page of the folio of the last page? Our reference keeps that folio from being split. */
static __always_inline bool is_of_same_folio(const struct report_walk *walk, u64 pfn)
{
	return walk->head && pfn - walk->report.head < 1ULL << walk->report.order;
}

/* For another page of the same folio: fills in what can differ between two pages of one folio. */
static __always_inline void fill_further_page(struct report_walk *walk, u64 pfn,
					      struct page *page)
{
	struct pincheck_report *report = &walk->report;
	u64 flags = report->flags;
	int mapcount = report->page_mapcount;

	report->pfn = pfn;
	walk->marks.mapcount = atomic_read(&page->_mapcount);
	compat_page_mapcount(page, walk->head, report->entire_mapcount, &report->page_mapcount);
	report->flags &= ~PINCHECK_PAGE_HWPOISON;
	report_failed(report, page);
	if (!report_has_one_mark(report)) {
		report->flags &= ~PINCHECK_PAGE_ANON_EXCLUSIVE;
		fill_exclusive(report, page, walk->head);
	}
	if (IS_ENABLED(CONFIG_CMA)) {
		report->flags &= ~PINCHECK_PAGE_CMA;
		report_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
	}
	if (report->page_mapcount != mapcount || report->flags != flags)
		reuse_judge(report);
}

/* @head has a reference of ours, which @walk keeps if the folio is large. */
static void report_folio(struct report_walk *walk, struct page *page, struct page *head)
{
	const u64 kinds = PINCHECK_PAGE_ANON | PINCHECK_PAGE_KSM | PINCHECK_PAGE_SLAB |
			  PINCHECK_PAGE_RESERVED | PINCHECK_PAGE_LARGE | PINCHECK_PAGE_HUGETLB;

	walk->marks = page_marks(page);
	fill_folio(&walk->report, page, head);
	walk->plain = (walk->report.flags & kinds) == PINCHECK_PAGE_ANON &&
		      page_has_marks(page, &walk->marks);
	walk->marks.refcount--;
	if (walk->report.flags & PINCHECK_PAGE_LARGE)
		walk->head = head;
	else
		put_page(head);
}

/**
 * report_drop() - give back the reference on the last folio
 * @walk: after report_begin(); report_next() may follow
 */
void report_drop(struct report_walk *walk)
{
	if (walk->head)
		put_page(walk->head);
	walk->head = NULL;
}

static noinline void report_anew(struct report_walk *walk, u64 pfn, struct page *page)
{
	struct page *head;

	report_drop(walk);
	walk->plain = false;
	if (!page) {
		report_device_page(&walk->report, pfn);
		return;
	}
	report_start(&walk->report, pfn, page);
	if (!walk->report.present)
		return;
	head = hold_folio(page);
	if (head)
		report_folio(walk, page, head);
	else
		report_unheld(&walk->report, page);
}

/**
 * report_begin() - begin a walk
 * @walk: for report_next()
 *
 * Context: begins an RCU read-side section.
 */
void report_begin(struct report_walk *walk)
	__acquires(RCU)
{
	walk->head = NULL;
	walk->plain = false;
	online_forget(&walk->block);
	rcu_read_lock();
}

/**
 * report_next() - make the report of one page
 * @walk: after report_begin(); afterwards walk->report is that of this page
 * @pfn: of the page; any number
 *
 * Context: in the RCU read-side section of the walk. May give back the last reference on a folio.
 */
void report_next(struct report_walk *walk, u64 pfn)
{
	struct page *page = online_page(&walk->block, pfn);

	if (is_of_same_folio(walk, pfn) && page) {
		fill_further_page(walk, pfn, page);
	} else if (page && walk->plain && page_is_alike(page, &walk->marks)) {
		walk->report.pfn = pfn;
		walk->report.head = pfn;
	} else {
		report_anew(walk, pfn, page);
	}
}

/**
 * report_end() - end a walk
 * @walk: after report_begin()
 *
 * Context: gives back the reference on the last folio, and ends the RCU read-side section.
 */
void report_end(struct report_walk *walk)
	__releases(RCU)
{
	report_drop(walk);
	rcu_read_unlock();
}
