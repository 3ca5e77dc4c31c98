// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: FOLL_NOFAULT
 * since: 5.16 (55b8fe703bc5)
 * else: follow_pte
 * shim: compat/lookup.h; can go when the oldest supported kernel is 5.16
 */
#include "probe.h"
#include <linux/mm.h>

PROBE(unsigned int, void)
{
	return FOLL_NOFAULT;
}
