/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of memory that go offline and come back, by /sys/devices/system/memory. */
#ifndef PINCHECK_LIB_OFFLINE_H
#define PINCHECK_LIB_OFFLINE_H

#define MEMORY_BLOCKS	"/sys/devices/system/memory"

/** block_set_state() - write @state to the state of @block, a path. Return: 0 or -errno */
int block_set_state(const char *block, const char *state);

/**
 * block_offline() - take @block offline: the kernel migrates whatever is in it
 * @milliseconds: the kernel tries for ever, unless a signal comes: SIGALRM, after this time
 *
 * Return: 0; -EINTR, -EBUSY or -EAGAIN: something cannot be migrated; or another negative errno
 */
int block_offline(const char *block, unsigned int milliseconds);

#endif
