// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_rules: what VFIO holds for a device is held for long: it has to leave ZONE_MOVABLE first, and must be no page
 * of a file whose file system tracks dirtying. Topics holders_placed and holders_whitelist ask other drivers.
 */
#include "placement_suite.h"
#include "hold_vfio.h"
#include "whitelist_suite.h"

TOPIC(vfio_rules)
TOPIC_VARIANT(vfio_rules, base, vfio)
TOPIC_VARIANT(vfio_rules, thp_pmd, vfio)
TOPIC_VARIANT(vfio_rules, ext4_shared, vfio)
TOPIC_VARIANT(vfio_rules, ext4_private, vfio)

/* PLACEMENT, SYNC. */
SCENARIO(vfio_rules, longterm_leaves, .rows = "B5 R45", .event = "migrate",
	 .not_memory = MEMORY_TRACKED | MEMORY_ORIGINAL, .needs = NEEDS_MOVABLE)
{
	last_page_only(subject);
	place_longterm_leaves(_metadata, subject, PINCHECK_PAGE_MOVABLE_ZONE);
}

/* WHITELIST, ACCURACY. */
SCENARIO(vfio_rules, tracked_refused, .rows = "B5 B38 B39 R53", .event = "none", .memory = MEMORY_TRACKED)
{
	last_page_only(subject);
	holder_is_refused(_metadata, subject, -EFAULT);
}

/* WHITELIST, SYNC, FILE. */
SCENARIO(vfio_rules, original_copied, .rows = "B4 B5 R23 R55", .event = "write", .memory = MEMORY_ORIGINAL)
{
	last_page_only(subject);
	holder_gets_copy(_metadata, subject, 0);
}

TOPIC_NEEDS("edu vfio movable own_guest");
PINCHECK_TEST_MAIN
