/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool of huge pages: full of pages that are reserved, it has none for anybody else. */
#ifndef PINCHECK_SELFTESTS_HUGETLB_POOL_H
#define PINCHECK_SELFTESTS_HUGETLB_POOL_H

#include <stddef.h>

/**
 * hugetlb_pool_reserve() - all pages of the pool that are free, by a mapping that is not touched
 * @bytes: of the mapping; munmap() gives the pages back to the pool
 *
 * Return: the mapping, or MAP_FAILED with errno; NULL where no page was free
 */
void *hugetlb_pool_reserve(size_t *bytes);

/** hugetlb_map_unreserved() - a huge page that the pool need not have. Return: or MAP_FAILED */
void *hugetlb_map_unreserved(void);

/** hugetlb_pool_memfd() - memfd_create(); with MFD_HUGETLB the file is of the pool's pages */
int hugetlb_pool_memfd(const char *name, unsigned int flags);

#endif
