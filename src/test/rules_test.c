// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the rules for arguments, ranges and splits, without a kernel. Prints TAP. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pincheck.h>
#include "argument.h"
#include "hold/split.h"
#include "tools/lib/array.h"
#include "tools/lib/test/tap.h"

#define PAGE	4096ULL
#define LIMIT	0x7ffffffff000ULL

static const struct argument_rule io_rule = {
	.size = sizeof(struct pincheck_io), .min_size = PINCHECK_IO_SIZE_ABI1,
	.flags = PINCHECK_IO_FLAGS, .reserved = offsetof(struct pincheck_io, reserved),
};

static const struct argument_rule hold_rule = {
	.size = sizeof(struct pincheck_hold), .min_size = PINCHECK_HOLD_SIZE_ABI1,
	.flags = PINCHECK_HOLD_FLAGS,
};

static const struct {
	const char *what;
	__u32 size;
	int err;
} sizes[] = {
	{ "nothing",		0,				-EINVAL },
	{ "one_short",		PINCHECK_IO_SIZE_ABI1 - 1,	-EINVAL },
	{ "as_abi1_had_it",	PINCHECK_IO_SIZE_ABI1,		0 },
	{ "longer",		PINCHECK_IO_SIZE_ABI1 + 8,	0 },
	{ "longest",		ARGUMENT_SIZE_MAX,		0 },
	{ "too_long",		ARGUMENT_SIZE_MAX + 1,		-E2BIG },
	{ "absurd",		UINT32_MAX,			-E2BIG },
};

static void test_sizes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		tap_verdict(argument_check_size(&io_rule, sizes[i].size) == sizes[i].err,
			    "size.%s", sizes[i].what);
}

/* Tries each bit alone: true if exactly the bits of the mask are accepted. */
static bool only_known_flags(const struct argument_rule *rule)
{
	/* aligned as any ioctl argument */
	union { struct argument_head head; __u64 words[64]; } argument = { .words = { 0 } };

	for (unsigned int bit = 0; bit < 32; bit++) {
		argument.head.flags = 1U << bit;
		if (argument_check(rule, &argument) != (rule->flags & (1U << bit) ? 0 : -EINVAL))
			return false;
	}
	return true;
}

static void test_flags(void)
{
	struct pincheck_io io = { .size = sizeof(io), .reserved = 1 };
	struct pincheck_hold hold = { .size = sizeof(hold), .path = 1 };

	tap_verdict(only_known_flags(&io_rule), "flags.io");
	tap_verdict(only_known_flags(&hold_rule), "flags.hold");
	tap_verdict(argument_check(&io_rule, &io) == -EINVAL, "reserved.not_zero");
	io.reserved = 0;
	tap_verdict(argument_check(&io_rule, &io) == 0, "reserved.zero");
	tap_verdict(argument_check(&hold_rule, &hold) == 0, "reserved.none_in_this_argument");
}

static const struct {
	const char *what;
	__u64 addr;
	__u64 len;
	int err;
} ranges[] = {
	{ "first_page",		0,			PAGE,			0 },
	{ "last_page",		LIMIT - PAGE,		PAGE,			0 },
	{ "everything",		0,			LIMIT,			0 },
	{ "no_length",		PAGE,			0,			-EINVAL },
	{ "unaligned_address",	PAGE + 1,		PAGE,			-EINVAL },
	{ "unaligned_length",	PAGE,			PAGE + 8,		-EINVAL },
	{ "at_limit",		LIMIT,			PAGE,			-EINVAL },
	{ "over_limit",		LIMIT - PAGE,		2 * PAGE,		-EINVAL },
	{ "kernel_address",	0xffff888000000000ULL,	PAGE,			-EINVAL },
	{ "wraps",		0xfffffffffffff000ULL,	2 * PAGE,		-EINVAL },
	{ "wraps_to_zero",	PAGE,			0xfffffffffffff000ULL,	-EINVAL },
	{ "top_byte_tagged",	(0x5aULL << 56) + PAGE,	PAGE,			-EINVAL },
};

static void test_ranges(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		tap_verdict(range_check(ranges[i].addr, ranges[i].len, PAGE, LIMIT) == ranges[i].err,
			    "range.%s", ranges[i].what);
}

static void test_windows(void)
{
	tap_verdict(window_check(0, 10, 10), "window.all");
	tap_verdict(window_check(10, 0, 10), "window.nothing_at_the_end");
	tap_verdict(!window_check(11, 0, 10), "window.nothing_behind_the_end");
	tap_verdict(!window_check(9, 2, 10), "window.one_too_many");
	tap_verdict(!window_check(UINT64_MAX, 2, 10), "window.wraps");
	tap_verdict(!window_check(2, UINT64_MAX, 10), "window.count_wraps");
}

static const struct {
	const char *what;
	__u32 split, done, fast, whole;
} appends[] = {
	{ "first_call",			77, 0, 5, 5 },
	{ "first_call_unknown",		0, 0, SPLIT_UNKNOWN, SPLIT_UNKNOWN },
	{ "fast_then_fast",		4, 4, 3, 7 },
	{ "fast_then_slow",		4, 4, 0, 4 },
	{ "split_then_slow",		2, 4, 0, 2 },
	{ "split_then_fast",		2, 4, 1, SPLIT_UNKNOWN },
	{ "slow_then_slow",		0, 4, 0, 0 },
	{ "slow_then_fast",		0, 4, 1, SPLIT_UNKNOWN },
	{ "unknown_then_slow",		SPLIT_UNKNOWN, 4, 0, SPLIT_UNKNOWN },
	{ "fast_then_unknown",		4, 4, SPLIT_UNKNOWN, SPLIT_UNKNOWN },
};

static void test_splits(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(appends); i++)
		tap_verdict(split_append(appends[i].split, appends[i].done, appends[i].fast) ==
			    appends[i].whole, "split.%s", appends[i].what);
	tap_verdict(split_path(3, 2) == PINCHECK_PATH_FAST, "split.last_fast_page");
	tap_verdict(split_path(3, 3) == PINCHECK_PATH_SLOW, "split.first_slow_page");
	tap_verdict(split_path(0, 0) == PINCHECK_PATH_SLOW, "split.all_slow");
	tap_verdict(split_path(SPLIT_UNKNOWN, 0) == PINCHECK_PATH_UNKNOWN, "split.unknown");
}

int main(void)
{
	tap_begin();
	test_sizes();
	test_flags();
	test_ranges();
	test_windows();
	test_splits();
	return tap_end();
}
