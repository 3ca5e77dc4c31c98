// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: PageAnonExclusive()
 * since: 5.19 (78fbe906cc90)
 * else: absent
 * shim: compat/page_flags.h; can go when the oldest supported kernel is 5.19
 */
#include "probe.h"
#include <linux/mm.h>
#include <linux/page-flags.h>

PROBE(bool, struct page *page)
{
	return PageAnonExclusive(page);
}
