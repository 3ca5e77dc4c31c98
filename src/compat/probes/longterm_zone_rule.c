// SPDX-License-Identifier: GPL-2.0-only
/*
 * interface: MR_LONGTERM_PIN: the kernel keeps long-term pins out of ZONE_MOVABLE
 * since: 5.13 (d1e153fea2a8)
 * else: absent
 * shim: compat/placement.h; can go when the oldest supported kernel is 5.13
 */
#include "probe.h"
#include <linux/migrate_mode.h>

PROBE(int, void)
{
	return MR_LONGTERM_PIN;
}
