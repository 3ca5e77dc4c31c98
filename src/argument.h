/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules that every ioctl argument obeys, as arithmetic without a kernel: host unit tests
 * include this file as it is.
 */
#ifndef PINCHECK_ARGUMENT_H
#define PINCHECK_ARGUMENT_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#endif

/* No argument is longer than this, now or later: bounds the search for a zero tail. */
#define ARGUMENT_SIZE_MAX	4096U

/** struct argument_head - the beginning of every argument */
struct argument_head {
	__u32 size;
	__u32 flags;
};

/**
 * struct argument_rule - the rule for the argument of one command
 * @size: of the structure that this module knows
 * @min_size: of the structure as ABI 1 had it
 * @flags: that this module knows
 * @reserved: offset of a __u32 that must be 0; 0: there is none
 */
struct argument_rule {
	__u32 size;
	__u32 min_size;
	__u32 flags;
	__u32 reserved;
};

/**
 * argument_check_size() - may an argument of this size be read at all?
 * @rule: the command's rule
 * @size: that the caller has set
 *
 * Return: 0, -EINVAL when shorter than in ABI 1, -E2BIG when longer than ARGUMENT_SIZE_MAX.
 */
static inline int argument_check_size(const struct argument_rule *rule, __u32 size)
{
	if (size < rule->min_size)
		return -EINVAL;
	if (size > ARGUMENT_SIZE_MAX)
		return -E2BIG;
	return 0;
}

/**
 * argument_check() - does the argument have only flags that this module knows?
 * @rule: the command's rule
 * @argument: @rule->size bytes, begins with a struct argument_head
 *
 * Return: 0, or -EINVAL for an unknown flag or a reserved field that is not 0.
 */
static inline int argument_check(const struct argument_rule *rule, const void *argument)
{
	const struct argument_head *head = argument;
	__u32 reserved = 0;

	if (head->flags & ~rule->flags)
		return -EINVAL;
	if (rule->reserved)
		memcpy(&reserved, (const char *)argument + rule->reserved, sizeof(reserved));
	return reserved ? -EINVAL : 0;
}

/**
 * range_check() - is this a whole number of pages in user space?
 * @addr: first byte
 * @len: bytes
 * @page_size: bytes of a base page
 * @limit: first address that is not user space's
 *
 * Return: 0 or -EINVAL.
 */
static inline int range_check(__u64 addr, __u64 len, __u64 page_size, __u64 limit)
{
	if (!len || ((addr | len) & (page_size - 1)))
		return -EINVAL;
	if (len > limit || addr > limit - len)
		return -EINVAL;
	return 0;
}

/**
 * window_check() - do @count elements from @first on lie within @total elements?
 * @first: index of the first element
 * @count: number of elements in the window
 * @total: number of all elements
 *
 * Return: true if they do.
 */
static inline bool window_check(__u64 first, __u64 count, __u64 total)
{
	return first <= total && count <= total - first;
}

#endif
