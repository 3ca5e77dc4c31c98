// SPDX-License-Identifier: GPL-2.0-only
/* The rules of the whitelist, on the host: order, verdicts and reasons. Prints TAP. */
#include <stdbool.h>
#include <stddef.h>
#include "page/whitelist_rule.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

#define EXT4_MAGIC	0xef53
#define RAMFS_MAGIC_	0x858458f6

#define ALLOW	PINCHECK_WHITELIST_ALLOW
#define SLOW	PINCHECK_WHITELIST_SLOW
#define DENY	PINCHECK_WHITELIST_DENY

#define FILE_OF(m)	.mapping = MAPPING_FILE, .magic = (m)

static const struct {
	const char *what;
	struct whitelist_facts facts;
	__u32 longterm_write;	/* verdict for a long-term pin that writes */
	__u32 other;		/* and for any other pin */
	__u32 reason;
} rows[] = {
	{ "slab", { .kernel = true }, SLOW, SLOW, PINCHECK_WHITELIST_KERNEL },
	{ "hugetlb", { .hugetlb = true, FILE_OF(HUGETLBFS_MAGIC) },
	  ALLOW, ALLOW, PINCHECK_WHITELIST_HUGETLB },
	{ "hugetlb_truncated", { .hugetlb = true }, ALLOW, ALLOW, PINCHECK_WHITELIST_HUGETLB },
	{ "anon", { .mapping = MAPPING_ANON }, ALLOW, ALLOW, PINCHECK_WHITELIST_ANON },
	{ "shmem", { FILE_OF(TMPFS_MAGIC) }, ALLOW, ALLOW, PINCHECK_WHITELIST_SHMEM },
	{ "secretmem", { FILE_OF(SECRETMEM_MAGIC) }, DENY, DENY, PINCHECK_WHITELIST_SECRETMEM },
	{ "mapping_gone", { .mapping = MAPPING_NONE }, SLOW, SLOW,
	  PINCHECK_WHITELIST_NO_MAPPING },
	{ "mapping_gone_magic_left", { .mapping = MAPPING_NONE, .magic = TMPFS_MAGIC },
	  SLOW, SLOW, PINCHECK_WHITELIST_NO_MAPPING },
	{ "ext4", { FILE_OF(EXT4_MAGIC) }, DENY, ALLOW, PINCHECK_WHITELIST_FILE },
	{ "ramfs", { FILE_OF(RAMFS_MAGIC_) }, DENY, ALLOW, PINCHECK_WHITELIST_FILE },
	{ "no_magic", { FILE_OF(0) }, DENY, ALLOW, PINCHECK_WHITELIST_FILE },
	/* The order: the first rule that applies decides. */
	{ "slab_looks_like_hugetlb", { .kernel = true, .hugetlb = true },
	  SLOW, SLOW, PINCHECK_WHITELIST_KERNEL },
	{ "slab_looks_anonymous", { .kernel = true, .mapping = MAPPING_ANON },
	  SLOW, SLOW, PINCHECK_WHITELIST_KERNEL },
	{ "hugetlb_anonymous", { .hugetlb = true, .mapping = MAPPING_ANON },
	  ALLOW, ALLOW, PINCHECK_WHITELIST_HUGETLB },
};

static bool judged(const struct whitelist_facts *facts, __u32 expected, __u32 reason)
{
	struct whitelist_answer answer = whitelist_judge(facts);

	return answer.verdict == expected && answer.reason == reason;
}

int main(void)
{
	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct whitelist_facts facts = rows[i].facts;

		tap_verdict(judged(&facts, rows[i].other, rows[i].reason),
			    "other_pins.%s", rows[i].what);
		facts.longterm_write = true;
		tap_verdict(judged(&facts, rows[i].longterm_write, rows[i].reason),
			    "longterm_write.%s", rows[i].what);
	}
	return tap_end();
}
