/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contiguous memory area (CMA) that the kernel parameter cma= sets aside. The kernel says in its
 * log where the area is: what the device says of a page can be compared with that.
 */
#ifndef PINCHECK_SELFTESTS_CMA_AREA_H
#define PINCHECK_SELFTESTS_CMA_AREA_H

#include <stdbool.h>
#include <stdint.h>

/** cma_area_offered() - does the kernel have a CMA area? */
bool cma_area_offered(void);

/**
 * cma_area_find() - read from the kernel's log where the area is
 * @first: gets its first page frame number
 * @end: gets the one behind the last
 *
 * Return: 0; -ENODATA if the log does not have the message; or another negative errno. See cause_of().
 */
int cma_area_find(uint64_t *first, uint64_t *end);

/**
 * cma_area_reach() - use memory that is elsewhere up, until each CPU gives out pages of the area
 *
 * The caller keeps this memory as long as it lives, and its children do not have it.
 *
 * Return: 0; -EADDRNOTAVAIL if pages still come from elsewhere; or another negative errno.
 */
int cma_area_reach(void);

#endif
