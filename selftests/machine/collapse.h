/* SPDX-License-Identifier: GPL-2.0-only */
/* Base pages become a huge page: at once (MADV_COLLAPSE), or when khugepaged comes. */
#ifndef PINCHECK_SELFTESTS_COLLAPSE_H
#define PINCHECK_SELFTESTS_COLLAPSE_H

#include <stdbool.h>
#include <stddef.h>

/** collapse_offered() - for NEEDS_COLLAPSE */
bool collapse_offered(void);

/** collapse_now() - MADV_COLLAPSE of a whole range of huge pages. Return: 0 or a negative errno */
int collapse_now(void *start, size_t bytes);

/**
 * collapse_by_khugepaged() - let khugepaged go over all memory
 * @pagemap: of the caller
 * @session: of /dev/pincheck
 *
 * khugepaged is to collapse a page of this function's own, and goes over all memory once more. The
 * settings of khugepaged are restored when the case is over.
 *
 * Return: 0; -ETIME: nothing was collapsed in 10 s; or another negative errno.
 */
int collapse_by_khugepaged(int pagemap, int session);

/**
 * collapse_no_more() - khugepaged does not come to this memory again
 * @start: of whole huge pages
 * @bytes: their length
 *
 * Of shared memory khugepaged unmaps pages before it finds that it cannot collapse them: whoever
 * looks at the memory then finds no entry. After collapse_by_khugepaged(), in the same case.
 *
 * Return: 0; -ETIME: khugepaged did not pass over all memory in 10 s; or another negative errno.
 */
int collapse_no_more(void *start, size_t bytes);

#endif
