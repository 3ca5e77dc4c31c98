/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring of a packet socket: pages of the kernel, which vm_insert_page() gives to the process. */
#ifndef PINCHECK_SELFTESTS_PACKET_RING_H
#define PINCHECK_SELFTESTS_PACKET_RING_H

#include <stddef.h>

/**
 * packet_ring_open() - a packet socket with a ring of base pages, which receives nothing
 * @bytes: of the ring: whole pages. Only all of them can be mapped at once, and shared
 *
 * Return: the socket, or -errno.
 */
int packet_ring_open(size_t bytes);

#endif
