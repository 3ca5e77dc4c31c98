/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a page may stay. Functions return 1, 0, or -1 for unknown: with CONFIG_CMA the inline
 * functions of the kernel need symbols that are not exported.
 *
 * Assumes: a zone without CMA pages has no page in a CMA area; and long-term pins follow the rule
 * of the kernel's inline function. Topic placement tests that by pins.
 */
#ifndef PINCHECK_COMPAT_PLACEMENT_H
#define PINCHECK_COMPAT_PLACEMENT_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"

/*
 * Is the page in a CMA area? If the module cannot read the type of its pageblock, the answer is no
 * in a zone without CMA pages (every zone, unless the machine was booted with cma=), and else
 * unknown. Probes: probes/migrate_cma_page.c, probes/zone_cma.c. Stays until
 * get_pfnblock_migratetype() is exported.
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
 * Does the kernel leave a page in place when it gets a long-term pin? The rule for ZONE_MOVABLE
 * came with 5.13 (d1e153fea2a8); before, only CMA mattered. Probes: probes/longterm_pinnable.c,
 * probes/longterm_zone_rule.c. Stays, as compat_page_cma().
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
