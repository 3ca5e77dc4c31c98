// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: filemap_lock_hugetlb_folio(), since the page cache treats hugetlb as other folios
 * since: 6.7 (a08c7193e4f1)
 * else: absent
 * shim: compat/page_counts.h; can go when the oldest supported kernel is 6.7
 */
#include "probe.h"
#include <linux/hugetlb.h>

PROBE(struct folio *, struct hstate *h, struct address_space *mapping)
{
	return filemap_lock_hugetlb_folio(h, mapping, 0);
}
