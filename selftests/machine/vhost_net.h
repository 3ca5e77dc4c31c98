/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device of a guest, without a guest: vhost-net writes packets to memory of this process, by a
 * thread of the kernel. The packets come from a tap device.
 */
#ifndef PINCHECK_SELFTESTS_VHOST_NET_H
#define PINCHECK_SELFTESTS_VHOST_NET_H

#include <stdbool.h>
#include <stddef.h>

#define VHOST_NET_BUFFERS	3	/* most that vhost_net_receive() takes */

/** struct vhost_net_buffer - where a packet's bytes go, and the bytes */
struct vhost_net_buffer {
	void *start;
	const void *bytes;
	size_t size;
};

/** vhost_net_offered() - are there vhost-net and tap devices? For NEEDS_VHOST */
bool vhost_net_offered(void);

/**
 * vhost_net_receive() - the kernel writes the bytes of @buffers to their places, one packet each
 *
 * Return: 0 or a negative errno.
 */
int vhost_net_receive(const struct vhost_net_buffer *buffers, size_t nr);

#endif
