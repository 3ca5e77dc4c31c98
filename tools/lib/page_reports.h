/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page reports from one of two sources: the module, or without it /proc/kpageflags and
 * /proc/kpagecount. The second source knows less: neither references nor pins.
 */
#ifndef PINCHECK_LIB_PAGE_REPORTS_H
#define PINCHECK_LIB_PAGE_REPORTS_H

#include <stdbool.h>
#include <linux/pincheck.h>

/** PAGES_BY_PROC - the session of who has none: page_reports() reads /proc. It is no errno */
#define PAGES_BY_PROC	(-4096)

/**
 * page_reports() - what is known of @count pages
 * @session: of the device, or PAGES_BY_PROC
 *
 * By /proc, @present and @flags_known of a report say what is known; refcount, pin_count and pins are -1.
 * Of a page whose number is 0, and of all pages if /proc/kpageflags cannot be read, nothing is known.
 *
 * Return: 0 or a negative errno
 */
int page_reports(int session, const __u64 *pfns, __u64 count, struct pincheck_report *reports);

/** page_reports_count() - do the reports of @session have references and pins? */
static inline bool page_reports_count(int session)
{
	return session >= 0;
}

#endif
