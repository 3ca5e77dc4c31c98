// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: what this module itself holds of a page, by label. It is the truth with which the
 * kernel's counters are compared. It is derived state: a report that needs it visits all holds, so
 * that HOLD pays nothing for it.
 *
 * The ledger reads the page pointers of a hold without the hold's lock. A held page does not
 * change. A page that is given back meanwhile, or mirrored no more, may be used for anything, and
 * its memory map may be freed: so pages are compared by their numbers, and no struct page is read.
 * (Without CONFIG_SPARSEMEM_VMEMMAP page_to_pfn() reads the struct page. Then the RCU read-side
 * section keeps the memory map, see online.h. One window is left: a hold clears its pointer after
 * the reference was given back, and the page's memory would have to go offline in between.)
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/pincheck.h>
#include "compat/page_counts.h"
#include "hold/hold.h"
#include "hold/session.h"
#include "ledger.h"
#include "ledger_rule.h"

#define SIEVE_BITS	10

/* Pages that share one bit of the sieve: a folio, or a batch of reports, sets only a few bits. */
#define SIEVE_PFNS	512ULL

/**
 * struct inquiry - the pages whose ledger is wanted
 * @reports: of these pages
 * @count: number of reports
 * @sieve: bits of the numbers of all pages of their folios: lets the visit skip most held pages
 */
struct inquiry {
	struct pincheck_report *reports;
	unsigned int count;
	DECLARE_BITMAP(sieve, 1 << SIEVE_BITS);
};

static unsigned int sieve_place(u64 pfn)
{
	return hash_64(pfn / SIEVE_PFNS, SIEVE_BITS);
}

/* A folio is aligned to its size. */
static void sieve_add(struct inquiry *inquiry, const struct pincheck_report *report)
{
	u64 pfn, end = report->head + (1ULL << report->order);

	for (pfn = report->head; pfn < end; pfn += SIEVE_PFNS)
		__set_bit(sieve_place(pfn), inquiry->sieve);
}

static bool is_in_folio(const struct pincheck_report *report, u64 pfn)
{
	return pfn - report->head < 1ULL << report->order;
}

/* Where a kind pins folios, the first page of each run of pages of one folio has the pin. */
static bool has_reference(const struct pincheck_report *report, const struct hold *hold,
			  unsigned long index)
{
	struct page *before;

	if (!hold->ops->pins_folios || index % HOLD_CHUNK_PAGES == 0)
		return true;
	before = READ_ONCE(hold->pages[index - 1]);
	return !before || !is_in_folio(report, page_to_pfn(before));
}

/* A mirror holds no page reference, except with DIRTY_LATE, where it keeps one plain reference. */
static void count_mirrored(struct pincheck_report *report, u64 pfn, bool kept)
{
	report->folio_gets += kept;
	if (pfn != report->pfn)
		return;
	report->gets += kept;
	report->mirrors += !kept;
}

static void count_held(struct pincheck_report *report, const struct hold *hold,
		       unsigned long index, u64 pfn)
{
	bool get = hold->ops->plain;

	if (has_reference(report, hold, index)) {
		report->folio_gets += get;
		report->folio_pins += !get;
	}
	if (pfn != report->pfn)
		return;
	if (get)
		report->gets++;
	else if (hold->flags & PINCHECK_HOLD_WRITE)
		report->write_pins++;
	else
		report->read_pins++;
	if ((hold->flags & PINCHECK_HOLD_LONGTERM) || hold->ops->always_longterm)
		report->longterm_pins++;
}

static void compare_page(struct inquiry *inquiry, const struct hold *hold,
			 unsigned long index, struct page *page, bool kept)
{
	u64 pfn = page_to_pfn(page);
	unsigned int i;

	if (!test_bit(sieve_place(pfn), inquiry->sieve))
		return;
	for (i = 0; i < inquiry->count; i++) {
		struct pincheck_report *report = &inquiry->reports[i];

		if (!is_in_folio(report, pfn))
			continue;
		if (hold_refers(hold->ops))
			count_held(report, hold, index, pfn);
		else
			count_mirrored(report, pfn, kept);
	}
}

static void compare_pages(struct inquiry *inquiry, const struct hold *hold, unsigned long index)
{
	struct page *page;

	rcu_read_lock();
	page = READ_ONCE(hold->pages[index]);
	if (page)
		compare_page(inquiry, hold, index, page, false);
	page = hold->ops->stale_page ? hold->ops->stale_page(hold, index) : NULL;
	if (page)
		compare_page(inquiry, hold, index, page, true);
	rcu_read_unlock();
}

static int compare_hold(const struct hold *hold, void *data)
{
	unsigned long index;

	for (index = 0; index < hold->nr && !READ_ONCE(hold->gone); index++) {
		if (index % HOLD_CHUNK_PAGES == 0) {
			cond_resched();
			if (fatal_signal_pending(current))
				return -EINTR;
		}
		compare_pages(data, hold, index);
	}
	return 0;
}

/**
 * ledger_fill() - fill in the part of reports that says what the module holds
 * @reports: of pages
 * @count: number of reports
 *
 * Context: process context, sleeps, takes sessions_lock.
 *
 * Return: 0, or -EINTR when a fatal signal is pending.
 */
int ledger_fill(struct pincheck_report *reports, unsigned int count)
{
	const struct ledger_facts facts = {
		.pin_bias = GUP_PIN_COUNTING_BIAS,
		.hugetlb_by_page = compat_hugetlb_by_page(),
	};
	struct inquiry inquiry = { .reports = reports, .count = count };
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		if (reports[i].present & PINCHECK_REPORT_PAGE)
			sieve_add(&inquiry, &reports[i]);
	}
	err = session_visit_holds(compare_hold, &inquiry);
	for (i = 0; i < count && !err; i++) {
		if (!(reports[i].present & PINCHECK_REPORT_PAGE))
			continue;
		reports[i].present |= PINCHECK_REPORT_LEDGER | PINCHECK_REPORT_MIRRORS;
		ledger_explain(&reports[i], &facts);
	}
	return err;
}
