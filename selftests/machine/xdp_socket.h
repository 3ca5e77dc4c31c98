/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An AF_XDP socket: the kernel pins a range of this process' memory, the umem, and copies packets to and
 * from there. The packets go over the device lo of a network of the socket's own.
 */
#ifndef PINCHECK_SELFTESTS_XDP_SOCKET_H
#define PINCHECK_SELFTESTS_XDP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

struct xdp_socket;

/** xdp_socket_offered() - are there AF_XDP sockets, BPF programs and networks? For NEEDS_XDP */
bool xdp_socket_offered(void);

/**
 * xdp_socket_open() - a socket whose umem is the memory from @start on
 * @start: at a base page
 * @bytes: of whole base pages
 * @opened: gets the socket
 *
 * Return: 0 or a negative errno.
 */
int xdp_socket_open(void *start, size_t bytes, struct xdp_socket **opened);

/** xdp_socket_send() - the kernel reads a packet at @offset of the umem: @buffer gets its @bytes */
int xdp_socket_send(struct xdp_socket *socket, size_t offset, void *buffer, size_t bytes);

/**
 * xdp_socket_receive() - the kernel writes a packet, the @bytes of @buffer, at @offset of the umem
 *
 * Between XDP_PACKET_HEADROOM bytes from the start and 1792 from the end, and for ETH_HLEN bytes or more.
 */
int xdp_socket_receive(struct xdp_socket *socket, size_t offset, const void *buffer, size_t bytes);

/** xdp_socket_close() - the kernel unpins the umem later, in a work queue */
void xdp_socket_close(struct xdp_socket *socket);

#endif
