/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is there memory at a page frame number? A struct page does not prove it: the memory map covers
 * whole sections, with holes that belong to devices (0xa0000 to 0xfffff on x86). page_is_ram()
 * reads the machine's map of resources. Probe: probes/page_is_ram.c. Stays.
 *
 * Assumes: memory for which page_is_ram() is true may be read without harm. Topic pfnmap_follow
 * tests that the display of a PC is not RAM.
 */
#ifndef PINCHECK_COMPAT_RAM_H
#define PINCHECK_COMPAT_RAM_H

#include <linux/mm.h>
#include <generated/pincheck-found.h>

/** compat_is_ram() - is there RAM? False also if the kernel does not say: then nothing is read */
static inline bool compat_is_ram(unsigned long pfn)
{
#ifdef HAVE_PAGE_IS_RAM
	return page_is_ram(pfn);
#else
	return false;
#endif
}

#endif
