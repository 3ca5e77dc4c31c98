// SPDX-License-Identifier: GPL-2.0-only
/* Packets by vhost-net: virtio's split ring, of which this process is the guest. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include "../../tools/lib/knob.h"
#include "vhost_net.h"

#define TAP		"pincheck0"
#define ENTRIES		8	/* of the ring: a power of two, two for each buffer */
#define PROTOCOL	0x88b5	/* for experiments: nobody sends such packets */
#define VNET_HEADER	10	/* struct virtio_net_hdr, without features of virtio 1 */
#define WAIT_MS		5000
#define LOG_PAGE	4096	/* of a bit of the log, on all machines */

/* Before the bytes: where the header of virtio and that of Ethernet go. */
#define HEADERS		(VNET_HEADER + ETH_HLEN)

/** struct guest_ring - shared with the kernel, in one mapping */
struct guest_ring {
	struct vring_desc desc[ENTRIES];
	struct {
		uint16_t flags, index, ring[ENTRIES], event;
	} avail;
	struct {
		uint16_t flags, index;
		struct vring_used_elem ring[ENTRIES];
		uint16_t event;
	} used __attribute__((aligned(VRING_USED_ALIGN_SIZE)));
	char headers[ENTRIES][HEADERS];
};

/** struct vhost_net - all that is open; -1: not. @log: may be NULL */
struct vhost_net {
	int tap, vhost, sender, kick, call;
	struct guest_ring *ring;
	const struct vhost_net_log *log;
};

_Static_assert(sizeof(struct guest_ring) <= VHOST_NET_RING_PAGES * LOG_PAGE, "the ring has few pages");

/* The guest's address of memory of this process: the same, or on the page that the log knows. */
static uint64_t guest_address(uintptr_t address, const uint64_t *page)
{
	return page ? *page * LOG_PAGE + address % LOG_PAGE : address;
}

static uint64_t guest_buffer(const struct vhost_net *net, const struct vhost_net_buffer *buffer,
			     size_t number)
{
	return guest_address((uintptr_t)buffer->start, net->log ? &net->log->page[number] : NULL);
}

static uint64_t guest_ring(const struct vhost_net *net)
{
	return guest_address((uintptr_t)net->ring, net->log ? &net->log->ring_page : NULL);
}

bool vhost_net_offered(void)
{
	return !access("/dev/vhost-net", R_OK | W_OK) && !access("/dev/net/tun", R_OK | W_OK);
}

/* Nobody but this process sends by the device. */
static int tap_up(struct ifreq *request)
{
	int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	knob_set("/proc/sys/net/ipv6/conf/" TAP "/disable_ipv6", "1");
	request->ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
	if (any < 0 || ioctl(any, SIOCSIFFLAGS, request))
		error = -errno;
	if (any >= 0)
		close(any);
	return error;
}

static int tap_open(void)
{
	struct ifreq request = { .ifr_name = TAP, .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), error;

	if (tap < 0)
		return -errno;
	error = ioctl(tap, TUNSETIFF, &request) ? -errno : tap_up(&request);
	if (!error)
		return tap;
	close(tap);
	return error;
}

static int sender_open(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(PROTOCOL),
		.sll_ifindex = if_nametoindex(TAP),
	};
	int sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (sender >= 0 && !bind(sender, (struct sockaddr *)&address, sizeof(address)))
		return sender;
	if (sender >= 0)
		close(sender);
	return -errno;
}

static int set_memory(const struct vhost_net *net, const struct vhost_net_buffer *buffers, size_t nr)
{
	struct vhost_memory *table;
	int error;

	table = calloc(1, sizeof(*table) + (nr + 1) * sizeof(*table->regions));
	if (!table)
		return -ENOMEM;
	table->nregions = nr + 1;
	for (size_t i = 0; i <= nr; i++) {
		bool is_buffer = i < nr;

		table->regions[i] = (struct vhost_memory_region) {
			.guest_phys_addr = is_buffer ? guest_buffer(net, &buffers[i], i) :
					   guest_ring(net),
			.userspace_addr = is_buffer ? (uintptr_t)buffers[i].start :
					  (uintptr_t)net->ring,
			.memory_size = is_buffer ? buffers[i].size : sizeof(*net->ring),
		};
	}
	error = ioctl(net->vhost, VHOST_SET_MEM_TABLE, table) ? -errno : 0;
	free(table);
	return error;
}

static int set_ring(struct vhost_net *net)
{
	struct vhost_vring_state entries = { .num = ENTRIES }, base = { .num = 0 };
	struct vhost_vring_addr address = {
		.desc_user_addr = (uintptr_t)net->ring->desc,
		.avail_user_addr = (uintptr_t)&net->ring->avail,
		.used_user_addr = (uintptr_t)&net->ring->used,
	};
	struct vhost_vring_file kick = { .fd = net->kick }, call = { .fd = net->call },
				tap = { .fd = net->tap };

	if (ioctl(net->vhost, VHOST_SET_VRING_NUM, &entries) ||
	    ioctl(net->vhost, VHOST_SET_VRING_BASE, &base) ||
	    ioctl(net->vhost, VHOST_SET_VRING_ADDR, &address) ||
	    ioctl(net->vhost, VHOST_SET_VRING_KICK, &kick) ||
	    ioctl(net->vhost, VHOST_SET_VRING_CALL, &call) ||
	    ioctl(net->vhost, VHOST_NET_SET_BACKEND, &tap))
		return -errno;
	return 0;
}

static int set_up(struct vhost_net *net, const struct vhost_net_buffer *buffers, size_t nr)
{
	uint64_t features = net->log ? 1ULL << VHOST_F_LOG_ALL : 0;
	uint64_t log_base = net->log ? (uintptr_t)net->log->base : 0;
	int error;

	net->tap = tap_open();
	if (net->tap < 0)
		return net->tap;
	net->sender = sender_open();
	if (net->sender < 0)
		return net->sender;
	net->kick = eventfd(0, EFD_CLOEXEC);
	net->call = eventfd(0, EFD_CLOEXEC);
	net->vhost = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	net->ring = mmap(NULL, sizeof(*net->ring), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (net->kick < 0 || net->call < 0 || net->vhost < 0 || net->ring == MAP_FAILED ||
	    ioctl(net->vhost, VHOST_SET_OWNER))
		return -errno;
	error = set_memory(net, buffers, nr);
	if (error)
		return error;
	if ((net->log && ioctl(net->vhost, VHOST_SET_LOG_BASE, &log_base)) ||
	    ioctl(net->vhost, VHOST_SET_FEATURES, &features))
		return -errno;
	return 0;
}

/* Closing vhost-net waits for its thread. */
static void tear_down(struct vhost_net *net)
{
	const int files[] = { net->vhost, net->sender, net->tap, net->kick, net->call };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (files[i] >= 0)
			close(files[i]);
	}
	if (net->ring != MAP_FAILED)
		munmap(net->ring, sizeof(*net->ring));
}

/* Offers a place for the headers, and behind it the place for the bytes. */
static void offer_buffer(const struct vhost_net *net, size_t number, const struct vhost_net_buffer *buffer)
{
	struct guest_ring *ring = net->ring;
	uint16_t first = 2 * number;

	ring->desc[first] = (struct vring_desc) {
		.addr = guest_ring(net) + offsetof(struct guest_ring, headers[number]), .len = HEADERS,
		.flags = VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, .next = first + 1,
	};
	ring->desc[first + 1] = (struct vring_desc) {
		.addr = guest_buffer(net, buffer, number), .len = buffer->size,
		.flags = VRING_DESC_F_WRITE,
	};
	ring->avail.ring[number] = first;
	__atomic_store_n(&ring->avail.index, number + 1, __ATOMIC_RELEASE);
}

static int send_packet(int sender, const struct vhost_net_buffer *buffer)
{
	struct {
		struct ethhdr head;
		char bytes[ETH_DATA_LEN];
	} __attribute__((packed)) packet = { .head.h_proto = htons(PROTOCOL) };
	ssize_t size = ETH_HLEN + buffer->size;

	memset(packet.head.h_dest, 0xff, ETH_ALEN);
	memcpy(packet.bytes, buffer->bytes, buffer->size);
	if (send(sender, &packet, size, 0) != size)
		return -errno;
	return 0;
}

static int wait_for_used(struct vhost_net *net, uint16_t wanted)
{
	struct pollfd call = { .fd = net->call, .events = POLLIN };
	uint64_t count;

	while (__atomic_load_n(&net->ring->used.index, __ATOMIC_ACQUIRE) != wanted) {
		if (poll(&call, 1, WAIT_MS) != 1)
			return -ETIMEDOUT;
		if (read(net->call, &count, sizeof(count)) != sizeof(count))
			return -errno;
	}
	return 0;
}

static int receive_packets(struct vhost_net *net, const struct vhost_net_buffer *buffers, size_t nr)
{
	int error = set_ring(net);

	for (size_t i = 0; i < nr && !error; i++) {
		offer_buffer(net, i, &buffers[i]);
		if (eventfd_write(net->kick, 1))
			return -errno;
		error = send_packet(net->sender, &buffers[i]);
		if (!error)
			error = wait_for_used(net, i + 1);
	}
	return error;
}

int vhost_net_receive(const struct vhost_net_buffer *buffers, size_t nr, const struct vhost_net_log *log)
{
	struct vhost_net net = {
		.log = log,
		.tap = -1, .vhost = -1, .sender = -1, .kick = -1, .call = -1, .ring = MAP_FAILED,
	};
	int error = nr > VHOST_NET_BUFFERS ? -EINVAL : set_up(&net, buffers, nr);

	if (!error)
		error = receive_packets(&net, buffers, nr);
	tear_down(&net);
	return error;
}
