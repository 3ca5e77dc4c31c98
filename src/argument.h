/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules every ioctl argument obeys, as arithmetic without a kernel: host unit tests
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

/* No argument is longer than this, now or later: a bound on what is searched for a zero tail. */
#define ARGUMENT_SIZE_MAX	4096U

/** struct argument_head - what every argument begins with */
struct argument_head {
	__u32 size;
	__u32 flags;
};

/**
 * struct argument_rule - what the argument of one command may look like
 * @size: of the structure this module knows
 * @min_size: of the structure as ABI 1 had it
 * @flags: those that mean something
 * @reserved: offset of a __u32 that must be 0; 0 when there is none
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
 * @size: what the caller says
 *
 * Return: 0, -EINVAL when shorter than ABI 1 had it, -E2BIG when absurdly long.
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
 * argument_check() - does the argument say only what this module understands?
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
 * window_check() - do @count things from @first on lie within @total?
 * @first: index of the first
 * @count: how many
 * @total: how many there are
 *
 * Return: they do.
 */
static inline bool window_check(__u64 first, __u64 count, __u64 total)
{
	return first <= total && count <= total - first;
}

#endif
