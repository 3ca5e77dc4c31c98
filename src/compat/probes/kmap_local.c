// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: kmap_local_page()
 * since: 5.11 (f3ba3c710ac5)
 * else: kmap_atomic
 * shim: compat/kmap.h; can go when the oldest supported kernel is 5.11
 */
#include "probe.h"
#include <linux/highmem.h>

PROBE(void *, struct page *page)
{
	void *address = kmap_local_page(page);

	kunmap_local(address);
	return address;
}
