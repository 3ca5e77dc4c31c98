/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a folio have more references than what is known of it explains? Without a kernel: host unit
 * tests include this file as it is.
 */
#ifndef PINCHECK_EXCESS_H
#define PINCHECK_EXCESS_H

#include <linux/types.h>
#include <linux/pincheck.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/**
 * excess_explained() - references that mappings, caches and pins account for
 * @report: of the folio's first page
 * @bias: what a pin adds to the refcount where pins are not counted apart
 */
static inline __s64 excess_explained(const struct pincheck_report *report, __u32 bias)
{
	const __u64 cached = PINCHECK_PAGE_FILE | PINCHECK_PAGE_SWAPCACHE;
	bool apart = report->present & PINCHECK_REPORT_PIN_COUNT;
	__s64 explained = report->folio_mapcount;

	explained += (__s64)report->pins * (apart ? 1 : bias);
	if (report->flags & cached)
		explained += 1LL << report->order;
	if (report->flags & PINCHECK_PAGE_PRIVATE)
		explained++;
	/* On its way to a list, or taken off one: whoever does that has a reference. */
	if (!(report->flags & PINCHECK_PAGE_LRU))
		explained++;
	return explained;
}

/**
 * excess_judge() - are there more?
 * @report: of the folio's first page
 * @bias: as above
 *
 * Return: false also where it cannot be told.
 */
static inline bool excess_judge(const struct pincheck_report *report, __u32 bias)
{
	const __u64 users = PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE;
	const __u64 others = PINCHECK_PAGE_HUGETLB | PINCHECK_PAGE_SLAB | PINCHECK_PAGE_RESERVED |
			     PINCHECK_PAGE_ZERO | PINCHECK_PAGE_DEVICE;

	if (!(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return false;
	if (!(report->flags & users) || (report->flags & others))
		return false;
	return report->refcount > excess_explained(report, bias);
}

#endif
