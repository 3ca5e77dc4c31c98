// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: kmap_atomic()
 * since: ever
 * else: stop
 * shim: compat/kmap.h; can go when the oldest supported kernel is 5.11
 */
#include "probe.h"
#include <linux/highmem.h>

PROBE(void *, struct page *page)
{
	void *address = kmap_atomic(page);

	kunmap_atomic(address);
	return address;
}
