// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that is known of page after page.
 *
 * For as long as it looks, the report has a reference on the folio, so that this is not split,
 * freed and used for something else meanwhile; its own reference is subtracted from what it tells.
 * Others see it: a write fault in that instant may copy where it would have reused. What is told of a
 * page that may not be referenced, see report_hold(), is in report_unheld.c.
 *
 * Pages that are asked about together are alike as a rule. Of a large folio, what is true of the
 * whole is looked at once; of a small anonymous page, all that a report is made of are a few
 * words: where these are the same as in the page before, so is the report.
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

static void tell_folio_flags(struct pincheck_report *report, struct page *head)
{
	/* What is of a type, or logically offline, is not referenced. */
	report->flags |= 0 FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_TEST);
	report->flags_known |= PINCHECK_PAGE_TYPED | PINCHECK_PAGE_OFFLINE
			       FOR_EACH_FOLIO_FLAG(FOLIO_FLAG_BIT);
	report_flag(report, PINCHECK_PAGE_LARGE, PageHead(head));
}

static void tell_counts(struct pincheck_report *report, struct page *page, struct page *head)
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
	report_flag(report, PINCHECK_PAGE_MAYBE_DMA_PINNED, maybe);
}

static void tell_exclusive(struct pincheck_report *report, struct page *page, struct page *head)
{
	if (!compat_anon_exclusive)
		return;
	report_flag(report, PINCHECK_PAGE_ANON_EXCLUSIVE, (report->flags & PINCHECK_PAGE_ANON) &&
		  compat_page_anon_exclusive(report_has_one_mark(report) ? head : page));
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
	report_flag(report, PINCHECK_PAGE_FILE, file);
	report_flag(report, PINCHECK_PAGE_SHMEM, file && facts.magic == TMPFS_MAGIC);
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

	report_flag(report, PINCHECK_PAGE_ZERO, maybe_huge ? -1 : small);
}

static void tell_placement(struct pincheck_report *report, struct page *page, struct page *head)
{
	report_flag(report, PINCHECK_PAGE_MAPPED_SHARED, compat_mapped_shared(head));
	report_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
	report_flag(report, PINCHECK_PAGE_LONGTERM_PINNABLE, compat_longterm_pinnable(head));
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
	report_failed(report, page);
	tell_placement(report, page, head);
	reuse_judge(report);
}

/*
 * Is this a folio that anybody may take a reference on? Memory of processes and files has a mapping,
 * or is on a list, or is backed by swap; other compound pages are freed by their references, too.
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

/* Return: did that get a reference on @head? It may not be what it was looked at for. */
static bool try_hold(struct page *head)
{
	bool held;

	/* The look and the reference are to be close to each other: see report_hold(). */
	preempt_disable();
	held = may_be_held(head) && get_page_unless_zero(head);
	preempt_enable();
	return held;
}

/*
 * report_hold() - take a reference on a folio that anybody may take one on
 * @page: any of its pages
 *
 * The others are pages of a type, reserved pages, and small pages that nothing but a reference count
 * says to be used. Their owner may set that count: virtio-mem hands PageOffline() pages to the page
 * allocator by set_page_count(page, 0) (__free_pages_core()), and where our reference was set to 0,
 * our put makes it -1.
 *
 * What is left of that: a page is memory of a process at our look, then it is freed, isolated, and
 * claimed by such an owner, which sets the count, and all of this between our look and our
 * reference, or between that and the second look, which gives the reference back. Preemption is off
 * in the first of these windows, and isolating takes the owner milliseconds in which it looks at
 * all pages of a block; but an interrupt, or a hypervisor that stops our CPU, can be longer. Nothing
 * that is exported to modules would close it.
 *
 * Return: its first page, for put_page(); NULL when it has no users or may not be referenced.
 */
static struct page *report_hold(struct page *page)
{
	for (;;) {
		struct page *head = compound_head(page);

		if (!try_hold(head))
			return NULL;
		if (compound_head(page) == head && may_be_held(head))
			return head;
		put_page(head);	/* split or freed in between */
	}
}

static __always_inline struct report_marks read_marks(struct page *page)
{
	return (struct report_marks) {
		.flags = compat_page_flags(page),
		.mapcount = atomic_read(&page->_mapcount),
		.refcount = page_ref_count(page),
#ifdef NODE_NOT_IN_PAGE_FLAGS
		.node = page_to_nid(page),
#endif
		.cma = IS_ENABLED(CONFIG_CMA) ? compat_page_cma(page) : 0,
		.pinnable = IS_ENABLED(CONFIG_CMA) ? compat_longterm_pinnable(page) : 0,
	};
}

static __always_inline bool same_marks(const struct report_marks *a,
				       const struct report_marks *b)
{
	return a->flags == b->flags && a->mapcount == b->mapcount && a->refcount == b->refcount &&
	       a->node == b->node && a->cma == b->cma && a->pinnable == b->pinnable;
}

/*
 * Is the report of a small anonymous page that of the one before, but for its number? There is no
 * reference, and no need for one: no pointer is followed.
 * Flags say that it is no first page of a large folio, references that it is no other page of one.
 */
static __always_inline bool is_alike(const struct report_look *look, struct page *page)
{
	struct report_marks marks;

	if (!look->plain || compat_page_flags(page) != look->marks.flags)
		return false;
	if ((compat_page_mapping(page) & MAPPING_BITS) != MAPPING_BIT_ANON)
		return false;
	marks = read_marks(page);
	return same_marks(&marks, &look->marks);
}

/* Is this page of the folio that was looked at last? Our reference keeps it from being split. */
static __always_inline bool is_further(const struct report_look *look, u64 pfn)
{
	return look->head && pfn - look->report.head < 1ULL << look->report.order;
}

/* What of a folio is not the same for all its pages. */
static __always_inline void look_further(struct report_look *look, u64 pfn, struct page *page)
{
	struct pincheck_report *report = &look->report;
	u64 flags = report->flags;
	int mapcount = report->page_mapcount;

	report->pfn = pfn;
	look->marks.mapcount = atomic_read(&page->_mapcount);
	compat_page_mapcount(page, look->head, report->entire_mapcount, &report->page_mapcount);
	report->flags &= ~PINCHECK_PAGE_HWPOISON;
	report_failed(report, page);
	if (!report_has_one_mark(report)) {
		report->flags &= ~PINCHECK_PAGE_ANON_EXCLUSIVE;
		tell_exclusive(report, page, look->head);
	}
	if (IS_ENABLED(CONFIG_CMA)) {
		report->flags &= ~PINCHECK_PAGE_CMA;
		report_flag(report, PINCHECK_PAGE_CMA, compat_page_cma(page));
	}
	if (report->page_mapcount != mapcount || report->flags != flags)
		reuse_judge(report);
}

/* @head has a reference of ours, which @look keeps if it is of more than one page. */
static void look_at_folio(struct report_look *look, struct page *page, struct page *head)
{
	const u64 kinds = PINCHECK_PAGE_ANON | PINCHECK_PAGE_KSM | PINCHECK_PAGE_SLAB |
			  PINCHECK_PAGE_RESERVED | PINCHECK_PAGE_LARGE | PINCHECK_PAGE_HUGETLB;
	struct report_marks after;

	look->marks = read_marks(page);
	tell_folio(&look->report, page, head);
	after = read_marks(page);
	look->plain = (look->report.flags & kinds) == PINCHECK_PAGE_ANON &&
		      same_marks(&look->marks, &after);
	look->marks.refcount--;
	if (look->report.flags & PINCHECK_PAGE_LARGE)
		look->head = head;
	else
		put_page(head);
}

/**
 * report_drop() - give back the reference that is left
 * @look: since report_begin(); the next page may follow
 */
void report_drop(struct report_look *look)
{
	if (look->head)
		put_page(look->head);
	look->head = NULL;
}

static noinline void look_afresh(struct report_look *look, u64 pfn, struct page *page)
{
	struct page *head;

	report_drop(look);
	look->plain = false;
	if (!page) {
		report_device_page(&look->report, pfn);
		return;
	}
	report_start(&look->report, pfn, page);
	if (!look->report.present)
		return;
	head = report_hold(page);
	if (head)
		look_at_folio(look, page, head);
	else
		report_words(&look->report, page);
}

static __always_inline void look_at(struct report_look *look, u64 pfn)
{
	struct page *page = online_page(&look->block, pfn);

	if (is_further(look, pfn) && page) {
		look_further(look, pfn, page);
	} else if (page && is_alike(look, page)) {
		look->report.pfn = pfn;
		look->report.head = pfn;
	} else {
		look_afresh(look, pfn, page);
	}
}

/**
 * report_begin() - before the first of some pages
 * @look: for report_next()
 *
 * Context: begins an RCU read-side section.
 */
void report_begin(struct report_look *look)
	__acquires(RCU)
{
	look->head = NULL;
	look->plain = false;
	online_forget(&look->block);
	rcu_read_lock();
}

/**
 * report_next() - tell all that is known of one page
 * @look: since report_begin(); its report is then that of this page
 * @pfn: of the page; any number
 *
 * Context: the last reference may be given back here, in an RCU read-side section.
 */
void report_next(struct report_look *look, u64 pfn)
{
	look_at(look, pfn);
}

/**
 * report_end() - after the last page
 * @look: since report_begin()
 *
 * Context: gives back the reference that is left, and ends the RCU read-side section.
 */
void report_end(struct report_look *look)
	__releases(RCU)
{
	report_drop(look);
	rcu_read_unlock();
}

/**
 * report_pages() - tell all that is known of some pages
 * @pfns: of them, any numbers
 * @reports: filled
 * @count: how many; so many that nobody minds to wait
 *
 * Context: process context: the last reference may be given back here.
 */
void report_pages(const u64 *pfns, struct pincheck_report *reports, unsigned int count)
{
	struct report_look look;
	unsigned int i;

	report_begin(&look);
	for (i = 0; i < count; i++) {
		look_at(&look, pfns[i]);
		reports[i] = look.report;
	}
	report_end(&look);
}
