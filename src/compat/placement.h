/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a page may stay. Functions return 1, 0, or -1 for "cannot be told": with CONFIG_CMA the
 * kernel's own inlines need symbols that it does not export.
 *
 * Assumes: a zone without CMA pages has no page in a CMA area; and the rule for long-term pins is
 * that of the kernel's inline. Topic placement tests that by pins.
 */
#ifndef PINCHECK_COMPAT_PLACEMENT_H
#define PINCHECK_COMPAT_PLACEMENT_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"

/*
 * Is the page in a CMA area? Where its pageblock cannot be asked, a zone without any CMA page
 * (which is every zone unless the machine was booted with cma=) answers for all its pages.
 * Probes: probes/migrate_cma_page.c, probes/zone_cma.c. Stays until get_pfnblock_migratetype()
 * is exported.
 */
static inline int compat_page_cma(struct page *page)
{
#if defined(HAVE_MIGRATE_CMA_PAGE)
	return is_migrate_cma_page(page);
#elif defined(HAVE_ZONE_CMA)
	return zone_cma_pages(page_zone(page)) ? -1 : 0;
#else
	return -1;
#endif
}

/*
 * Would the kernel leave a page under a long-term pin where it is? The rule for ZONE_MOVABLE came
 * with 5.13 (d1e153fea2a8); before, CMA alone mattered.
 * Probes: probes/longterm_pinnable.c, probes/longterm_zone_rule.c. Stays, as compat_page_cma().
 */
static inline int compat_longterm_pinnable(struct page *head)
{
#ifdef HAVE_LONGTERM_PINNABLE
	return folio_is_longterm_pinnable(compat_head_folio(head));
#else
	int cma = compat_page_cma(head);

#ifdef HAVE_LONGTERM_ZONE_RULE
	if (is_zero_pfn(page_to_pfn(head)))
		return cma < 0 ? -1 : !cma;
	if (page_zonenum(head) == ZONE_MOVABLE)
		return 0;
#endif
	return cma < 0 ? -1 : !cma;
#endif
}

#endif
