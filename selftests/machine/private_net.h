/* SPDX-License-Identifier: GPL-2.0-only */
/* A network of this process' own: a test must not meet packets of others, nor others those of a test. */
#ifndef PINCHECK_SELFTESTS_PRIVATE_NET_H
#define PINCHECK_SELFTESTS_PRIVATE_NET_H

/**
 * private_net_enter() - the calling process leaves its network for a new one, where only lo is, and up
 *
 * Sockets that the process makes now stay in the new network, which ends with the last of them.
 *
 * Return: the network that the process had, for private_net_leave(), or a negative errno.
 */
int private_net_enter(void);

/** private_net_leave() - back to the network @before. Return: 0 or a negative errno */
int private_net_leave(int before);

#endif
