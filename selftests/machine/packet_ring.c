// SPDX-License-Identifier: GPL-2.0-only
/* The ring of a packet socket. */
#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../tools/lib/page_size.h"
#include "packet_ring.h"

#define FRAME_BYTES	2048

int packet_ring_open(size_t bytes)
{
	struct tpacket_req ring = {
		.tp_block_size = PAGE_BYTES, .tp_block_nr = bytes / PAGE_BYTES,
		.tp_frame_size = FRAME_BYTES, .tp_frame_nr = bytes / FRAME_BYTES,
	};
	/* Protocol 0: no packet comes. */
	int file = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), error;

	if (file < 0)
		return -errno;
	if (!setsockopt(file, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		return file;
	error = -errno;
	close(file);
	return error;
}
