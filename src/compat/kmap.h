/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmap_local_page() came with 5.11 (f3ba3c710ac5). Probe: probes/kmap_local.c. Can go when the
 * oldest supported kernel is 5.11.
 *
 * Assumes: only that the page has a struct page.
 */
#ifndef PINCHECK_COMPAT_KMAP_H
#define PINCHECK_COMPAT_KMAP_H

#include <linux/highmem.h>
#include <generated/pincheck-found.h>

static inline void *compat_kmap_local_page(struct page *page)
{
#ifdef HAVE_KMAP_LOCAL
	return kmap_local_page(page);
#else
	return kmap_atomic(page);
#endif
}

static inline void compat_kunmap_local(void *address)
{
#ifdef HAVE_KMAP_LOCAL
	kunmap_local(address);
#else
	kunmap_atomic(address);
#endif
}

#endif
