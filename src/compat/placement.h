/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a page may stay. Functions return 1, 0, or -1 for unknown: with CONFIG_CMA the inline
 * functions of the kernel need symbols that are not exported.
 *
 * Assumes: a zone without CMA pages has no page in a CMA area; the bitmap of a section has the types
 * of its pageblocks as get_pfnblock_migratetype() reads them; and long-term pins follow the rule of
 * the kernel's inline function. Topics placement and cma test that by pins, and topic cma by the
 * kernel's own message, which says where the CMA area is.
 */
#ifndef PINCHECK_COMPAT_PLACEMENT_H
#define PINCHECK_COMPAT_PLACEMENT_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <generated/pincheck-found.h>
#include "head_folio.h"

#ifdef HAVE_PAGEBLOCK_BITMAP
/* NR_PAGEBLOCK_BITS of each pageblock, from PB_migrate_0 on. Needs no reference: the page is online. */
static inline unsigned long compat_pageblock_bits(struct page *page)
{
	const unsigned long pfn = page_to_pfn(page);
	const unsigned long block = (pfn & (PAGES_PER_SECTION - 1)) >> pageblock_order;
	const unsigned long bit = block * NR_PAGEBLOCK_BITS;
	const unsigned long *bitmap = section_to_usemap(__pfn_to_section(pfn));

	return READ_ONCE(bitmap[BIT_WORD(bit)]) >> bit % BITS_PER_LONG;
}
#endif

/*
 * Is the page in a CMA area? If the module cannot read the type of its pageblock, the answer is no
 * in a zone without CMA pages (every zone, unless the machine was booted with cma=), and else
 * unknown. Probes: probes/migrate_cma_page.c, probes/pageblock_bitmap.c, probes/zone_cma.c. Stays
 * until get_pfnblock_migratetype() is exported.
 */
static inline int compat_page_cma(struct page *page)
{
#if defined(HAVE_MIGRATE_CMA_PAGE)
	return is_migrate_cma_page(page);
#elif defined(HAVE_PAGEBLOCK_BITMAP)
	return (compat_pageblock_bits(page) & PAGEBLOCK_MIGRATETYPE_MASK) == MIGRATE_CMA;
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

#ifdef HAVE_PAGEBLOCK_BITMAP
	/* somebody is emptying the block */
	if (compat_pageblock_bits(head) & PAGEBLOCK_ISO_MASK)
		return 0;
#endif
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
