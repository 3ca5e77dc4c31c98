// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: page_has_type()
 * since: 4.18 (6e292b9be7f4)
 * else: stop
 * shim: compat/page_type.h; stays
 */
#include "probe.h"
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

PROBE(bool, struct page *page)
{
	return page_has_type(page) && PageOffline(page) && PageSlab(page) && PageHuge(page);
}
