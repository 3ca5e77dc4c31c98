/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a folio have more references than mappings, caches and pins explain? SCAN calls such
 * references excess (PINCHECK_SCAN_EXCESS). Host unit tests include this file unchanged.
 */
#ifndef PINCHECK_SURPLUS_H
#define PINCHECK_SURPLUS_H

#include <linux/types.h>
#include <linux/pincheck.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

/**
 * surplus_explained() - number of references that mappings, caches and pins explain
 * @report: of the folio's first page
 * @bias: what a pin adds to the reference count of a folio without a pin count
 */
static inline __s64 surplus_explained(const struct pincheck_report *report, __u32 bias)
{
	const __u64 cached = PINCHECK_PAGE_FILE | PINCHECK_PAGE_SWAPCACHE;
	bool apart = report->present & PINCHECK_REPORT_PIN_COUNT;
	__s64 explained = report->folio_mapcount;

	explained += (__s64)report->pins * (apart ? 1 : bias);
	if (report->flags & cached)
		explained += 1LL << report->order;
	if (report->flags & PINCHECK_PAGE_PRIVATE)
		explained++;
	/* Whoever puts the folio on an LRU list, or takes it off one, has a reference. */
	if (!(report->flags & PINCHECK_PAGE_LRU))
		explained++;
	return explained;
}

/**
 * surplus_check() - does the folio have more references than those?
 * @report: of the folio's first page
 * @bias: as above
 *
 * Return: false also if the number of mappings is unknown.
 */
static inline bool surplus_check(const struct pincheck_report *report, __u32 bias)
{
	const __u64 users = PINCHECK_PAGE_ANON | PINCHECK_PAGE_FILE;
	const __u64 others = PINCHECK_PAGE_HUGETLB | PINCHECK_PAGE_SLAB | PINCHECK_PAGE_RESERVED |
			     PINCHECK_PAGE_ZERO | PINCHECK_PAGE_DEVICE;

	if (!(report->present & PINCHECK_REPORT_FOLIO_MAPCOUNT))
		return false;
	if (!(report->flags & users) || (report->flags & others))
		return false;
	return report->refcount > surplus_explained(report, bias);
}

#endif
