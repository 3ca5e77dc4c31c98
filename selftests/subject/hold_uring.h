/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring's fixed buffers, for scenarios that want more of them than the hold of one range. */
#ifndef PINCHECK_SELFTESTS_HOLD_URING_H
#define PINCHECK_SELFTESTS_HOLD_URING_H

#include <sys/uio.h>

/**
 * hold_uring_register() - register @count ranges in a ring of their own, and close it
 *
 * Return: what io_uring answered: 0 or a negative errno
 */
int hold_uring_register(const struct iovec *ranges, unsigned int count);

#endif
