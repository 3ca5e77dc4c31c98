/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The health of a page: code that reads or writes memory which is not its own asks here first: holds
 * of all kinds, reports, and gup_test. Access to failed memory is a machine check in kernel mode, and
 * memory that is logically offline may be gone.
 */
#ifndef PINCHECK_PAGE_HEALTH_H
#define PINCHECK_PAGE_HEALTH_H

#include <linux/errno.h>
#include <linux/mm.h>
#include "compat/page_flags.h"
#include "compat/page_type.h"

/**
 * page_failed() - has the memory of a page failed, as far as a module can know?
 * @page: any page, with or without a reference of the caller
 *
 * The kernel marks the page that failed, also within a transparent huge page. In a hugetlb folio it
 * marks the first page, whichever page failed, and the list of failed pages is private to the
 * kernel: so the whole folio counts as failed. (read() of hugetlbfs uses that list since
 * 38c1ddbde6c6, 6.6.)
 */
static inline bool page_failed(struct page *page)
{
	struct page *head;

	if (PageHWPoison(page))
		return true;
	head = compound_head(page);
	return head != page && PageHWPoison(head) && compat_page_is_hugetlb(head);
}

/**
 * page_health() - may the memory of a page be read and written?
 * @page: the caller's reference keeps it from going away
 *
 * Only its owner may touch a page with a type. Logically offline pages (PageOffline()) have a type,
 * too: the hypervisor may have taken their memory.
 *
 * Return: 0, or -EIO.
 */
static inline int page_health(struct page *page)
{
	if (page_failed(page) || compat_page_has_owner(compound_head(page)))
		return -EIO;
	return 0;
}

#endif
