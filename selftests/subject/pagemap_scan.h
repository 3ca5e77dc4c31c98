/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PAGEMAP_SCAN, since Linux 6.7: the categories of pages, and write protection by asynchronous
 * userfaultfd (Documentation/admin-guide/mm/pagemap.rst). The headers of the build machine may be older.
 */
#ifndef PINCHECK_SELFTESTS_PAGEMAP_SCAN_H
#define PINCHECK_SELFTESTS_PAGEMAP_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define SCAN_WPALLOWED		(1ULL << 0)	/* writes to the mapping are tracked asynchronously */
#define SCAN_WRITTEN		(1ULL << 1)
#define SCAN_FILE		(1ULL << 2)
#define SCAN_PRESENT		(1ULL << 3)
#define SCAN_SWAPPED		(1ULL << 4)
#define SCAN_SOFT_DIRTY		(1ULL << 7)	/* since Linux 6.8 */

/**
 * pagemap_scan() - which of @pages pages from @start on have all of @must, and what else they are
 * @pagemap: of the process
 * @told: what to report of such a page
 * @categories: receives a word a page: those of @told that are true; 0 where @must is not
 *
 * Return: 0 or a negative errno
 */
int pagemap_scan(int pagemap, const void *start, size_t pages, uint64_t must, uint64_t told,
		 uint64_t *categories);

/** pagemap_scan_protect() - from now on no page is SCAN_WRITTEN. Return: 0 or a negative errno */
int pagemap_scan_protect(int pagemap, const void *start, size_t bytes);

#endif
