/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reuse models: would a write fault reuse this page, or copy it? Each model is a rule that
 * kernels had, or that was proposed, applied to a page report. Host unit tests include this file
 * unchanged.
 *
 * Swap entries use a page, too, but a module cannot count them: only mappings are judged.
 */
#ifndef PINCHECK_REUSE_RULE_H
#define PINCHECK_REUSE_RULE_H

#include <linux/types.h>
#include <linux/pincheck.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/** enum reuse_verdict - the answer of a model */
enum reuse_verdict {
	/** @REUSE_UNKNOWN: the report lacks a field that the rule needs */
	REUSE_UNKNOWN	= -1,
	/** @REUSE_COPY: the next write fault copies */
	REUSE_COPY	= 0,
	/** @REUSE_REUSE: the next write fault reuses */
	REUSE_REUSE	= 1,
};

static inline bool reuse_has_flag(const struct pincheck_report *report, __u64 flag)
{
	return report->flags & flag;
}

/* Number of references that the swap cache has on the folio. */
static inline int reuse_swapcache_refs(const struct pincheck_report *report)
{
	return reuse_has_flag(report, PINCHECK_PAGE_SWAPCACHE) ? 1 << report->order : 0;
}

/* Does a PMD of this process map all pages of the folio, so that a fault writes to all of them? */
static inline bool reuse_by_pmd(const struct pincheck_report *report)
{
	return report->entire_mapcount > 0 && !reuse_has_flag(report, PINCHECK_PAGE_HUGETLB);
}

/* Up to 5.7: reuse if there is one mapping, whatever the references; below a PMD, of each page. */
static inline enum reuse_verdict reuse_mapcount(const struct pincheck_report *report)
{
	if (!(report->present & PINCHECK_REPORT_MAPCOUNT))
		return REUSE_UNKNOWN;
	if (report->page_mapcount != 1 || reuse_has_flag(report, PINCHECK_PAGE_KSM))
		return REUSE_COPY;
	if (!reuse_by_pmd(report))
		return REUSE_REUSE;
	if (!(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return REUSE_UNKNOWN;
	return report->folio_mapcount == 1;
}

/* 5.8 to 5.18: reuse a page whose only reference is that of the mapping. */
static inline enum reuse_verdict reuse_refcount(const struct pincheck_report *report)
{
	return report->refcount == 1 && !reuse_has_flag(report, PINCHECK_PAGE_KSM);
}

/* Only the one mapping and the swap cache, which can be dropped, have a reference. */
static inline bool reuse_alone(const struct pincheck_report *report)
{
	return report->refcount == 1 + reuse_swapcache_refs(report);
}

/* The rule for pages that are not exclusive; @ptes is the rule for large folios mapped by PTEs. */
static inline enum reuse_verdict reuse_fallback(const struct pincheck_report *report,
				enum reuse_verdict (*ptes)(const struct pincheck_report *report))
{
	if (reuse_has_flag(report, PINCHECK_PAGE_KSM))
		return REUSE_COPY;
	if (!report->order || reuse_has_flag(report, PINCHECK_PAGE_HUGETLB))
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

/* One process maps several pages of the folio, and all references are mappings. */
static inline enum reuse_verdict reuse_all_mapped(const struct pincheck_report *report)
{
	if (!(report->flags_known & PINCHECK_PAGE_MAPPED_SHARED) ||
	    !(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return REUSE_UNKNOWN;
	return !reuse_has_flag(report, PINCHECK_PAGE_MAPPED_SHARED | PINCHECK_PAGE_SWAPCACHE) &&
	       report->folio_mapcount > 1 && report->folio_mapcount == report->refcount;
}

static inline enum reuse_verdict reuse_by_mark(const struct pincheck_report *report,
				enum reuse_verdict (*ptes)(const struct pincheck_report *report))
{
	if (!(report->flags_known & PINCHECK_PAGE_ANON_EXCLUSIVE))
		return REUSE_UNKNOWN;
	if (reuse_has_flag(report, PINCHECK_PAGE_ANON_EXCLUSIVE))
		return REUSE_REUSE;
	return reuse_fallback(report, ptes);
}

/* From 5.19: AnonExclusive, or no other reference; never a large folio mapped by PTEs. */
static inline enum reuse_verdict reuse_exclusive(const struct pincheck_report *report)
{
	return reuse_by_mark(report, reuse_never);
}

/* From 6.15: the same, and large folios mapped by PTEs whose references are all mappings. */
static inline enum reuse_verdict reuse_large(const struct pincheck_report *report)
{
	return reuse_by_mark(report, reuse_all_mapped);
}

/*
 * The proposal of 2021: one PTE, and no reader or writer besides the users of that PTE. The devices
 * that this module plays use the mapped page and do not count. Unexplained references may be
 * anybody's, so the answer is then unknown.
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

static inline void reuse_set_verdict(struct pincheck_report *report, __u32 model,
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
 * @report: complete except for reuse and reuse_known, which this function sets
 *
 * The rules hold for anonymous memory; for other pages no verdict is known.
 */
static inline void reuse_judge(struct pincheck_report *report)
{
	report->reuse = 0;
	report->reuse_known = 0;
	if (!reuse_has_flag(report, PINCHECK_PAGE_ANON))
		return;
	reuse_set_verdict(report, PINCHECK_MODEL_MAPCOUNT, reuse_mapcount(report));
	reuse_set_verdict(report, PINCHECK_MODEL_REFCOUNT, reuse_refcount(report));
	reuse_set_verdict(report, PINCHECK_MODEL_EXCLUSIVE, reuse_exclusive(report));
	reuse_set_verdict(report, PINCHECK_MODEL_LARGE, reuse_large(report));
	reuse_set_verdict(report, PINCHECK_MODEL_LABELS, reuse_labels(report));
}

#endif
