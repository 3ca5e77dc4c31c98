/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is there memory at a page frame number? That there is a struct page does not say so: the memory map
 * covers whole sections, with the holes in them that belong to devices (0xa0000 to 0xfffff on x86).
 * page_is_ram() goes by the machine's map of resources. Probe: probes/page_is_ram.c. Stays.
 *
 * Assumes: what page_is_ram() says is RAM may be read without harm. Topic pfnmap_follow tests the
 * other side, that the display of a PC is not RAM.
 */
#ifndef PINCHECK_COMPAT_RAM_H
#define PINCHECK_COMPAT_RAM_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

/** compat_is_ram() - false also where the kernel does not say: what is not known is not read */
static inline bool compat_is_ram(unsigned long pfn)
{
#ifdef HAVE_PAGE_IS_RAM
	return page_is_ram(pfn);
#else
	return false;
#endif
}

#endif
