/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device of a guest, without a guest: vhost-net writes packets to memory of this process, by a
 * thread of the kernel. The packets come from a tap device.
 */
#ifndef PINCHECK_SELFTESTS_VHOST_NET_H
#define PINCHECK_SELFTESTS_VHOST_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VHOST_NET_BUFFERS	3	/* most that vhost_net_receive() takes */
#define VHOST_NET_RING_PAGES	3

/** struct vhost_net_buffer - where a packet's bytes go, and the bytes */
struct vhost_net_buffer {
	void *start;
	const void *bytes;
	size_t size;
};

/**
 * struct vhost_net_log - a bitmap in memory of this process, where vhost notes which pages of the guest
 * it wrote to (VHOST_SET_LOG_BASE)
 * @base: its start
 * @page: the guest's number of the page of each buffer, and so the number of its bit
 * @ring_page: the same for pages of the ring, of which there are VHOST_NET_RING_PAGES at most
 */
struct vhost_net_log {
	void *base;
	uint64_t page[VHOST_NET_BUFFERS];
	uint64_t ring_page;
};

/** vhost_net_offered() - are there vhost-net and tap devices? For NEEDS_VHOST */
bool vhost_net_offered(void);

/**
 * vhost_net_receive() - the kernel writes the bytes of @buffers to their places, one packet each
 *
 * With @log, vhost has noted all that it wrote when the function returns.
 *
 * Return: 0 or a negative errno.
 */
int vhost_net_receive(const struct vhost_net_buffer *buffers, size_t nr, const struct vhost_net_log *log);

#endif
