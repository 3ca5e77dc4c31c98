// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: pin_user_pages_fast_only(), which kernels with the old rule for long-term pins have
 * since: 5.8 until 6.3
 * else: absent
 * shim: compat/gup.h; can go when the oldest supported kernel is 6.3
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(int, unsigned long start, struct page **pages)
{
	return pin_user_pages_fast_only(start, 1, FOLL_LONGTERM, pages);
}
