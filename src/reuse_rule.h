/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reuse models: would a write fault reuse this page, or copy it? Each is a rule that kernels
 * had, or that somebody wanted, judged over a page report: host unit tests include this file as
 * it is.
 *
 * Swap entries are users of a page, too, but nothing tells a module how many there are: what is
 * judged is the page as mapped.
 */
#ifndef PINCHECK_REUSE_RULE_H
#define PINCHECK_REUSE_RULE_H

#include <linux/types.h>
#include <linux/pincheck.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/** enum reuse_verdict - what a model says of a page */
enum reuse_verdict {
	/** @REUSE_UNKNOWN: what the rule asks for is not told */
	REUSE_UNKNOWN	= -1,
	/** @REUSE_COPY: the next write fault copies */
	REUSE_COPY	= 0,
	/** @REUSE_REUSE: the next write fault reuses */
	REUSE_REUSE	= 1,
};

static inline bool reuse_is(const struct pincheck_report *report, __u64 flag)
{
	return report->flags & flag;
}

/* Page references that the swap cache has on the folio. */
static inline int reuse_swapcache_refs(const struct pincheck_report *report)
{
	return reuse_is(report, PINCHECK_PAGE_SWAPCACHE) ? 1 << report->order : 0;
}

/* A PMD of this process maps all pages of the folio, so a write would be to all of them. */
static inline bool reuse_by_pmd(const struct pincheck_report *report)
{
	return report->entire_mapcount > 0 && !reuse_is(report, PINCHECK_PAGE_HUGETLB);
}

/* To 5.7: one mapping, whatever references there are; of what a PMD maps, of each page. */
static inline enum reuse_verdict reuse_mapcount(const struct pincheck_report *report)
{
	if (!(report->present & PINCHECK_REPORT_MAPCOUNT))
		return REUSE_UNKNOWN;
	if (report->page_mapcount != 1 || reuse_is(report, PINCHECK_PAGE_KSM))
		return REUSE_COPY;
	if (!reuse_by_pmd(report))
		return REUSE_REUSE;
	if (!(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return REUSE_UNKNOWN;
	return report->folio_mapcount == 1;
}

/* 5.8 to 5.18: one reference, which is the mapping's. */
static inline enum reuse_verdict reuse_refcount(const struct pincheck_report *report)
{
	return report->refcount == 1 && !reuse_is(report, PINCHECK_PAGE_KSM);
}

/* No reference but that of the one mapping, and of the swap cache, which can be dropped. */
static inline bool reuse_alone(const struct pincheck_report *report)
{
	return report->refcount == 1 + reuse_swapcache_refs(report);
}

/* Of a page that is not exclusive: the rules differ for large folios that PTEs map. */
static inline enum reuse_verdict reuse_fallback(const struct pincheck_report *report,
				enum reuse_verdict (*ptes)(const struct pincheck_report *report))
{
	if (reuse_is(report, PINCHECK_PAGE_KSM))
		return REUSE_COPY;
	if (!report->order || reuse_is(report, PINCHECK_PAGE_HUGETLB))
		return reuse_alone(report);
	if (!(report->present & PINCHECK_REPORT_ENTIRE_MAPCOUNT))
		return REUSE_UNKNOWN;
	return report->entire_mapcount ? (enum reuse_verdict)reuse_alone(report) : ptes(report);
}

static inline enum reuse_verdict reuse_never(const struct pincheck_report *report)
{
	(void)report;
	return REUSE_COPY;
}

/* One process maps more than one page of it, and has all its references. */
static inline enum reuse_verdict reuse_all_mapped(const struct pincheck_report *report)
{
	if (!(report->flags_known & PINCHECK_PAGE_MAPPED_SHARED) ||
	    !(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return REUSE_UNKNOWN;
	return !reuse_is(report, PINCHECK_PAGE_MAPPED_SHARED | PINCHECK_PAGE_SWAPCACHE) &&
	       report->folio_mapcount > 1 && report->folio_mapcount == report->refcount;
}

static inline enum reuse_verdict reuse_by_mark(const struct pincheck_report *report,
				enum reuse_verdict (*ptes)(const struct pincheck_report *report))
{
	if (!(report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE))
		return REUSE_UNKNOWN;
	if (reuse_is(report, PINCHECK_PAGE_ANON_EXCLUSIVE))
		return REUSE_REUSE;
	return reuse_fallback(report, ptes);
}

/* From 5.19: the mark; without it, no other reference; a PTE-mapped huge page never. */
static inline enum reuse_verdict reuse_exclusive(const struct pincheck_report *report)
{
	return reuse_by_mark(report, reuse_never);
}

/* From 6.15: the same, and PTE-mapped large folios whose references are all mappings. */
static inline enum reuse_verdict reuse_large(const struct pincheck_report *report)
{
	return reuse_by_mark(report, reuse_all_mapped);
}

/*
 * What the thread of 2021 wanted: one PTE, and no reader or writer that does not go through it.
 * Devices that this module plays go by the page that is mapped, and do not count; who else has a
 * reference cannot be told.
 */
static inline enum reuse_verdict reuse_labels(const struct pincheck_report *report)
{
	enum reuse_verdict mapped = reuse_mapcount(report);

	if (mapped != REUSE_REUSE)
		return mapped;
	if (!(report->present & PINCHECK_REPORT_EXPLAINED) || report->unexplained)
		return REUSE_UNKNOWN;
	return REUSE_REUSE;
}

static inline void reuse_tell(struct pincheck_report *report, __u32 model,
			      enum reuse_verdict verdict)
{
	if (verdict == REUSE_UNKNOWN)
		return;
	report->reuse_known |= model;
	if (verdict == REUSE_REUSE)
		report->reuse |= model;
}

/**
 * reuse_judge() - the verdicts of all models on one page
 * @report: complete but for reuse and reuse_known, which are filled
 *
 * Only anonymous memory is reused or copied by these rules; of other pages nothing is told.
 */
static inline void reuse_judge(struct pincheck_report *report)
{
	report->reuse = 0;
	report->reuse_known = 0;
	if (!reuse_is(report, PINCHECK_PAGE_ANON))
		return;
	reuse_tell(report, PINCHECK_MODEL_MAPCOUNT, reuse_mapcount(report));
	reuse_tell(report, PINCHECK_MODEL_REFCOUNT, reuse_refcount(report));
	reuse_tell(report, PINCHECK_MODEL_EXCLUSIVE, reuse_exclusive(report));
	reuse_tell(report, PINCHECK_MODEL_LARGE, reuse_large(report));
	reuse_tell(report, PINCHECK_MODEL_LABELS, reuse_labels(report));
}

#endif
