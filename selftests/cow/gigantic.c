// SPDX-License-Identifier: GPL-2.0-only
/*
 * gigantic: the promises of a hold on hugetlb pages of a GiB, shared and private. fork of a private page
 * copies it, and so takes the second page of the pool.
 */
#include "kinds_suite.h"

/* A case writes some GiB. On a busy machine, beside two other guests, that took more than 30 s. */
#define LIMIT	.seconds = 120

TOPIC(gigantic)
KINDS_HOLDS(TOPIC_VARIANT, gigantic, hugetlb_1g)
KINDS_HOLDS(TOPIC_VARIANT, gigantic, hugetlb_1g_private)

SCENARIO(gigantic, held, .rows = "B3 B4 B10 B13", .event = "write", LIMIT)
{
	kind_meets_writes(_metadata, subject);
}

SCENARIO(gigantic, forked, .rows = "B3 B10 B11 R28 R29", .event = "fork", LIMIT)
{
	kind_meets_fork(_metadata, subject);
}

SCENARIO(gigantic, cleared, .rows = "B10 B11 B12 R14", .event = "clear_refs", LIMIT)
{
	kind_meets_clear_refs(_metadata, subject);
}

TOPIC_NEEDS("gigantic own_guest");
PINCHECK_TEST_MAIN
