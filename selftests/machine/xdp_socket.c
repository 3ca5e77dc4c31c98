// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_XDP sockets in copy mode. A packet that the socket sends comes back by lo, where a packet socket
 * gets it. A packet that the packet socket sends comes back, too, and the XDP program on lo gives it to
 * the AF_XDP socket, if that is in the program's map; a packet is what the test wants it to be, so its
 * first bytes are only called a header.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include "../../tools/lib/cause.h"
#include "private_net.h"
#include "xdp_socket.h"

#ifndef SOL_XDP
#define SOL_XDP		283
#endif

#define ENTRIES		2	/* of each ring: a power of two; one is in use */
#define CHUNK_BYTES	2048	/* the least that the kernel takes */
#define PIECE_BYTES	1024	/* most that a write moves: chunk less headroom, and room for skb_shared_info */
#define WAIT_MS		10000

/** struct xdp_ring - a ring that the kernel shares with this process */
struct xdp_ring {
	void *map;
	size_t bytes;
	uint32_t *producer, *consumer;
	void *entries;
};

/**
 * struct xdp_socket - what is open; -1: not
 * @xdp: the AF_XDP socket
 * @packet: the packet socket
 * @map: of the program
 * @link: attaches the program to lo
 */
struct xdp_socket {
	int xdp, packet, map, link;
	struct xdp_ring fill, completion, receive, transmit;
};

static int call_bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	int result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : result;
}

static int make_socket_map(void)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_XSKMAP, .key_size = sizeof(uint32_t),
		.value_size = sizeof(int), .max_entries = 1,
	};

	return call_bpf(BPF_MAP_CREATE, &map);
}

/* return bpf_redirect_map(map, 0, XDP_PASS): to the socket that the map has, or else to the network. */
static int load_program(int map)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_XDP, .insns = (uintptr_t)program,
		.insn_cnt = sizeof(program) / sizeof(*program), .license = (uintptr_t)"GPL",
	};

	return call_bpf(BPF_PROG_LOAD, &load);
}

/* The link keeps the program. */
static int attach_program(int map, int device)
{
	int program = load_program(map), link;
	union bpf_attr create = {
		.link_create = {
			.prog_fd = program, .target_ifindex = device, .attach_type = BPF_XDP,
			.flags = XDP_FLAGS_SKB_MODE,
		},
	};

	if (program < 0)
		return program;
	link = call_bpf(BPF_LINK_CREATE, &create);
	close(program);
	return link;
}

static int put_into_map(struct xdp_socket *socket)
{
	uint32_t key = 0;
	union bpf_attr element = {
		.map_fd = socket->map, .key = (uintptr_t)&key, .value = (uintptr_t)&socket->xdp,
	};

	return call_bpf(BPF_MAP_UPDATE_ELEM, &element);
}

static int take_from_map(struct xdp_socket *socket)
{
	uint32_t key = 0;
	union bpf_attr element = { .map_fd = socket->map, .key = (uintptr_t)&key };

	return call_bpf(BPF_MAP_DELETE_ELEM, &element);
}

static int map_ring(struct xdp_socket *socket, struct xdp_ring *ring, int option, size_t entry_bytes,
		    const struct xdp_ring_offset *offset, off_t page_offset)
{
	int entries = ENTRIES;

	ring->bytes = offset->desc + ENTRIES * entry_bytes;
	if (setsockopt(socket->xdp, SOL_XDP, option, &entries, sizeof(entries)))
		return -errno;
	ring->map = mmap(NULL, ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 socket->xdp, page_offset);
	if (ring->map == MAP_FAILED)
		return -errno;
	ring->producer = ring->map + offset->producer;
	ring->consumer = ring->map + offset->consumer;
	ring->entries = ring->map + offset->desc;
	return 0;
}

static int map_rings(struct xdp_socket *socket)
{
	struct xdp_mmap_offsets at;
	socklen_t size = sizeof(at);
	int error;

	if (getsockopt(socket->xdp, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size))
		return -errno;
	error = map_ring(socket, &socket->fill, XDP_UMEM_FILL_RING, sizeof(uint64_t), &at.fr,
			 XDP_UMEM_PGOFF_FILL_RING);
	if (!error)
		error = map_ring(socket, &socket->completion, XDP_UMEM_COMPLETION_RING,
				 sizeof(uint64_t), &at.cr, XDP_UMEM_PGOFF_COMPLETION_RING);
	if (!error)
		error = map_ring(socket, &socket->receive, XDP_RX_RING, sizeof(struct xdp_desc), &at.rx,
				 XDP_PGOFF_RX_RING);
	if (!error)
		error = map_ring(socket, &socket->transmit, XDP_TX_RING, sizeof(struct xdp_desc), &at.tx,
				 XDP_PGOFF_TX_RING);
	return error;
}

/* Unaligned: a packet may begin at any byte, where otherwise each has a chunk of its own. */
static int register_umem(int xdp, void *start, size_t bytes)
{
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)start, .len = bytes, .chunk_size = CHUNK_BYTES,
		.flags = XDP_UMEM_UNALIGNED_CHUNK_FLAG,
	};

	return setsockopt(xdp, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ? -errno : 0;
}

static int open_packet_socket(int device)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = device,
	};
	int packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)), error;

	if (packet < 0)
		return -errno;
	if (!bind(packet, (struct sockaddr *)&address, sizeof(address)))
		return packet;
	error = -errno;
	close(packet);
	return error;
}

static int open_all(struct xdp_socket *opened, void *start, size_t bytes)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP, .sxdp_ifindex = if_nametoindex("lo"), .sxdp_flags = XDP_COPY,
	};
	int error;

	opened->xdp = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (opened->xdp < 0)
		return -errno;
	error = register_umem(opened->xdp, start, bytes);
	if (!error)
		error = map_rings(opened);
	if (error)
		return error;
	if (bind(opened->xdp, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	opened->packet = open_packet_socket(address.sxdp_ifindex);
	if (opened->packet < 0)
		return opened->packet;
	opened->map = make_socket_map();
	if (opened->map < 0)
		return opened->map;
	opened->link = attach_program(opened->map, address.sxdp_ifindex);
	return opened->link < 0 ? opened->link : 0;
}

void xdp_socket_close(struct xdp_socket *opened)
{
	const int files[] = { opened->link, opened->map, opened->packet, opened->xdp };
	const struct xdp_ring *const rings[] = {
		&opened->fill, &opened->completion, &opened->receive, &opened->transmit,
	};

	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		if (rings[i]->entries)
			munmap(rings[i]->map, rings[i]->bytes);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i] >= 0)
			close(files[i]);
	}
	free(opened);
}

int xdp_socket_open(void *start, size_t bytes, struct xdp_socket **opened)
{
	struct xdp_socket *new = malloc(sizeof(*new));
	int network = new ? private_net_enter() : -ENOMEM, error, left;

	if (network < 0) {
		free(new);
		return network;
	}
	*new = (struct xdp_socket) { .xdp = -1, .packet = -1, .map = -1, .link = -1 };
	error = open_all(new, start, bytes);
	left = private_net_leave(network);
	error = error ? error : left;
	if (error)
		xdp_socket_close(new);
	else
		*opened = new;
	return error;
}

static bool is_ready(int file)
{
	struct pollfd wanted = { .fd = file, .events = POLLIN };

	return poll(&wanted, 1, WAIT_MS) == 1;
}

static void ring_produce(struct xdp_ring *ring)
{
	__atomic_store_n(ring->producer, *ring->producer + 1, __ATOMIC_RELEASE);
}

static void ring_consume_all(struct xdp_ring *ring)
{
	uint32_t produced = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

	__atomic_store_n(ring->consumer, produced, __ATOMIC_RELEASE);
}

/* Sends @bytes of the umem from @offset on, and receives them as @frame. */
static int pass_frame(struct xdp_socket *opened, size_t offset, size_t bytes, char *frame)
{
	struct xdp_desc *entries = opened->transmit.entries;
	ssize_t got;

	entries[*opened->transmit.producer % ENTRIES] = (struct xdp_desc) { .addr = offset, .len = bytes };
	ring_produce(&opened->transmit);
	if (sendto(opened->xdp, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		return -errno;
	if (!is_ready(opened->packet))
		return cause_say(-ETIMEDOUT, "the packet of the AF_XDP socket does not come");
	got = recv(opened->packet, frame, bytes, MSG_DONTWAIT | MSG_TRUNC);
	ring_consume_all(&opened->completion);
	if (got != (ssize_t)bytes)
		return cause_say(-EIO, "a packet of %zd bytes came, where the AF_XDP socket sent %zu",
				 got, bytes);
	return 0;
}

/*
 * Of random bytes, lo could take some for a VLAN's tag, which the kernel removes. So the packet begins
 * with bytes before @offset: there the tests write nothing.
 */
int xdp_socket_send(struct xdp_socket *opened, size_t offset, void *buffer, size_t bytes)
{
	size_t before = offset < ETH_HLEN ? offset : ETH_HLEN;
	char frame[CHUNK_BYTES];
	int error;

	if (before + bytes > sizeof(frame) || before + bytes < ETH_HLEN)
		return cause_say(-EINVAL, "no packet has %zu bytes", bytes);
	error = pass_frame(opened, offset - before, before + bytes, frame);
	if (!error)
		memcpy(buffer, frame + before, bytes);
	return error;
}

/* The kernel writes behind the headroom of the chunk that the ring names. */
static int take_frame(struct xdp_socket *opened, size_t offset, const void *frame, size_t bytes)
{
	const struct xdp_desc *received = opened->receive.entries;
	uint32_t at = *opened->receive.consumer;
	uint64_t *chunks = opened->fill.entries;

	chunks[*opened->fill.producer % ENTRIES] = offset - XDP_PACKET_HEADROOM;
	ring_produce(&opened->fill);
	if (send(opened->packet, frame, bytes, 0) != (ssize_t)bytes)
		return -errno;
	if (!is_ready(opened->xdp))
		return cause_say(-ETIMEDOUT, "the AF_XDP socket gets no packet");
	ring_consume_all(&opened->receive);
	if (received[at % ENTRIES].len != bytes)
		return cause_say(-EIO, "the AF_XDP socket got %u of %zu bytes",
				 received[at % ENTRIES].len, bytes);
	return 0;
}

int xdp_socket_receive(struct xdp_socket *opened, size_t offset, const void *buffer, size_t bytes)
{
	int error, left;

	if (bytes < ETH_HLEN || bytes > PIECE_BYTES || offset < XDP_PACKET_HEADROOM)
		return cause_say(-EINVAL, "no packet has %zu bytes at %zu of a umem", bytes, offset);
	error = put_into_map(opened);
	if (error)
		return error;
	error = take_frame(opened, offset, buffer, bytes);
	left = take_from_map(opened);
	return error ? error : left;
}

bool xdp_socket_offered(void)
{
	int xdp = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), map = make_socket_map();
	int network = private_net_enter();

	if (network >= 0)
		private_net_leave(network);
	if (map >= 0)
		close(map);
	if (xdp >= 0)
		close(xdp);
	return xdp >= 0 && map >= 0 && network >= 0;
}
