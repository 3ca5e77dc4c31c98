// SPDX-License-Identifier: GPL-2.0-only
/*
 * rdma_odp_offset: rdma_rxe reads and writes a memory region that is paged on demand at the start of the page,
 * whatever the address. Documentation/reports/rdma_odp_offset.md
 *
 * Needs modprobe rdma_rxe dummy, and root, because the program makes an RDMA device over a network device of its
 * own, which sends nothing. A queue pair that is connected to itself stands for the remote machine.
 */
#define RDMA_STATIC_PROVIDERS	rxe
#include <infiniband/verbs.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <rdma/rdma_netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FINE = 0, BROKEN = 1, CANNOT_TELL = 4 };

#define DEVICE		"odpoffset"	/* both the RDMA device and the network device */
#define ADDRESS		"192.0.2.1"	/* of a net for documentation (RFC 5737) */
#define PORT		1
#define ACCESS		(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE)
#define DEADLINE	10		/* seconds */

#define BYTES		128		/* of a transfer: one packet */
#define WORDS		(BYTES / sizeof(uint64_t))
#define OFFSET		512		/* in the page */
#define NO_OFFSET	-1L

static size_t page;
static struct ibv_pd *domain;
static struct ibv_cq *completions;
static struct ibv_qp *pair;
static struct ibv_mr *local;

static int cannot_tell(const char *what)
{
	printf("rdma_odp_offset: cannot tell: %s: %s\n", what, strerror(errno));
	return CANNOT_TELL;
}

/** struct message - a request by netlink */
struct message {
	struct nlmsghdr head;
	char bytes[256];
};

static void add_bytes(struct message *message, const void *bytes, size_t size)
{
	memcpy((char *)message + message->head.nlmsg_len, bytes, size);
	message->head.nlmsg_len = NLMSG_ALIGN(message->head.nlmsg_len + size);
}

static void add_string(struct message *message, uint16_t type, const char *string)
{
	struct nlattr attribute = { .nla_len = NLA_HDRLEN + strlen(string) + 1, .nla_type = type };

	add_bytes(message, &attribute, sizeof(attribute));
	add_bytes(message, string, strlen(string) + 1);
}

static int ask_netlink(int protocol, struct message *message)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct {
		struct nlmsghdr head;
		struct nlmsgerr answer;
		char request[sizeof(*message)];
	} reply = { 0 };

	if (netlink < 0)
		return -1;
	if (send(netlink, message, message->head.nlmsg_len, 0) < 0 ||
	    recv(netlink, &reply, sizeof(reply), 0) < 0)
		return -1;
	close(netlink);
	errno = -reply.answer.error;
	return reply.answer.error ? -1 : 0;
}

static int ask_about_netdev(uint16_t type, uint16_t flags)
{
	struct message message = { .head = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
	} };
	struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
	struct nlattr info = {
		.nla_len = NLA_HDRLEN + NLA_HDRLEN + NLA_ALIGN(sizeof("dummy")),
		.nla_type = IFLA_LINKINFO,
	};

	add_bytes(&message, &any, sizeof(any));
	add_string(&message, IFLA_IFNAME, DEVICE);
	if (type == RTM_NEWLINK) {
		add_bytes(&message, &info, sizeof(info));
		add_string(&message, IFLA_INFO_KIND, "dummy");
	}
	return ask_netlink(NETLINK_ROUTE, &message);
}

/* The kernel makes the address of the RDMA device from the IPv4 address. */
static int configure_netdev(void)
{
	struct ifreq request = { .ifr_name = DEVICE };
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address->sin_family = AF_INET;
	address->sin_addr.s_addr = inet_addr(ADDRESS);
	if (ioctl(any, SIOCSIFADDR, &request))
		return -1;
	request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
	return ioctl(any, SIOCSIFFLAGS, &request);
}

static int make_rdma_device(void)
{
	struct message message = { .head = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK),
	} };

	add_string(&message, RDMA_NLDEV_ATTR_DEV_NAME, DEVICE);
	add_string(&message, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	add_string(&message, RDMA_NLDEV_ATTR_NDEV_NAME, DEVICE);
	return ask_netlink(NETLINK_RDMA, &message);
}

static struct ibv_context *open_rdma_device(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);

	for (size_t i = 0; devices && devices[i]; i++) {
		if (!strcmp(ibv_get_device_name(devices[i]), DEVICE))
			return ibv_open_device(devices[i]);
	}
	return NULL;
}

/* A thread of the kernel enters the addresses. Return: the index of ours, or -1 */
static int find_gid(struct ibv_context *context, union ibv_gid *gid)
{
	const uint32_t wanted = inet_addr(ADDRESS);
	time_t end = time(NULL) + DEADLINE;

	do {
		for (int index = 0; !ibv_query_gid(context, PORT, index, gid); index++) {
			if (gid->raw[10] == 0xff && !memcmp(gid->raw + 12, &wanted, sizeof(wanted)))
				return index;
		}
	} while (time(NULL) < end);
	return -1;
}

static int connect_to_itself(int index, const union ibv_gid *gid)
{
	struct ibv_qp_attr init = {
		.qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = ACCESS,
	}, receive = {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = pair->qp_num,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
		.ah_attr = {
			.is_global = 1, .port_num = PORT,
			.grh = { .dgid = *gid, .sgid_index = index, .hop_limit = 1 },
		},
	}, send = {
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
		.max_rd_atomic = 1,
	};

	return ibv_modify_qp(pair, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			     IBV_QP_ACCESS_FLAGS) ||
	       ibv_modify_qp(pair, &receive, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			     IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			     IBV_QP_MIN_RNR_TIMER) ||
	       ibv_modify_qp(pair, &send, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static uint64_t *map_pages(size_t pages)
{
	return mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int make_pair(struct ibv_context *context)
{
	struct ibv_qp_init_attr wanted = {
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	union ibv_gid gid;
	int index;

	domain = ibv_alloc_pd(context);
	completions = ibv_create_cq(context, 2, NULL, NULL, 0);
	if (!domain || !completions)
		return -1;
	wanted.send_cq = completions;
	wanted.recv_cq = completions;
	pair = ibv_create_qp(domain, &wanted);
	local = ibv_reg_mr(domain, map_pages(1), page, ACCESS);
	if (!pair || !local)
		return -1;
	index = find_gid(context, &gid);
	return index < 0 ? -1 : connect_to_itself(index, &gid);
}

/* Move BYTES bytes between the start of the local region and the offset in the other region. */
static int transfer(enum ibv_wr_opcode what, struct ibv_mr *region, size_t offset)
{
	struct ibv_sge here = {
		.addr = (uintptr_t)local->addr, .length = BYTES, .lkey = local->lkey,
	};
	struct ibv_send_wr request = {
		.opcode = what, .sg_list = &here, .num_sge = 1,
		.wr.rdma = { .remote_addr = (uintptr_t)region->addr + offset, .rkey = region->rkey },
	}, *bad;
	time_t end = time(NULL) + DEADLINE;
	struct ibv_wc completion = { .status = IBV_WC_GENERAL_ERR };

	if (ibv_post_send(pair, &request, &bad))
		return -1;
	while (!ibv_poll_cq(completions, 1, &completion)) {
		if (time(NULL) > end)
			return -1;
	}
	return completion.status == IBV_WC_SUCCESS ? 0 : -1;
}

/* Each word of the region is its own offset, and a mark beside. */
#define MEMORY_MARK	0x4d00000000000000ULL
#define LOCAL_MARK	0x4c00000000000000ULL

static void fill_words(struct ibv_mr *region, uint64_t mark)
{
	volatile uint64_t *words = region->addr;

	for (size_t i = 0; i < region->length / sizeof(*words); i++)
		words[i] = mark + i * sizeof(*words);
}

/** struct findings - of one region */
struct findings {
	long read_from;		/* the offset that a read at OFFSET reads */
	long written_at;	/* the offset that a write at OFFSET writes to */
	size_t right;		/* words of a read over a page boundary that are those of the address */
	size_t strange;		/* words that are neither of the region, nor of the local page */
	size_t not_zero;	/* and of these, words that are not zero */
};

static long read_from(struct ibv_mr *region)
{
	volatile uint64_t *got = local->addr;

	fill_words(region, MEMORY_MARK);
	fill_words(local, LOCAL_MARK);
	if (transfer(IBV_WR_RDMA_READ, region, OFFSET))
		return NO_OFFSET;
	return got[0] < MEMORY_MARK ? NO_OFFSET : (long)(got[0] - MEMORY_MARK);
}

static long written_at(struct ibv_mr *region)
{
	volatile uint64_t *words = region->addr;

	fill_words(region, MEMORY_MARK);
	fill_words(local, LOCAL_MARK);
	if (transfer(IBV_WR_RDMA_WRITE, region, OFFSET))
		return NO_OFFSET;
	for (size_t i = 0; i < region->length / sizeof(*words); i++) {
		if (words[i] == LOCAL_MARK)
			return i * sizeof(*words);
	}
	return NO_OFFSET;
}

static int read_over_boundary(struct ibv_mr *region, struct findings *findings)
{
	volatile uint64_t *got = local->addr;
	size_t start = page - BYTES / 2;

	fill_words(region, MEMORY_MARK);
	fill_words(local, LOCAL_MARK);
	if (transfer(IBV_WR_RDMA_READ, region, start))
		return -1;
	for (size_t i = 0; i < WORDS; i++) {
		if (got[i] == MEMORY_MARK + start + i * sizeof(*got)) {
			findings->right++;
		} else if (got[i] >> 56 != MEMORY_MARK >> 56 && got[i] >> 56 != LOCAL_MARK >> 56) {
			findings->strange++;
			findings->not_zero += got[i] != 0;
		}
	}
	return 0;
}

static int examine_region(struct ibv_mr *region, struct findings *findings)
{
	findings->read_from = read_from(region);
	findings->written_at = written_at(region);
	return read_over_boundary(region, findings);
}

static bool is_right(const struct findings *findings)
{
	return findings->read_from == OFFSET && findings->written_at == OFFSET &&
	       findings->right == WORDS;
}

static int compare_regions(void)
{
	struct ibv_mr *pinned, *on_demand;
	struct findings control = { 0 }, found = { 0 };

	pinned = ibv_reg_mr(domain, map_pages(2), 2 * page, ACCESS);
	if (!pinned)
		return cannot_tell("ibv_reg_mr()");
	on_demand = ibv_reg_mr(domain, map_pages(2), 2 * page, ACCESS | IBV_ACCESS_ON_DEMAND);
	if (!on_demand)
		return cannot_tell("ibv_reg_mr(IBV_ACCESS_ON_DEMAND) (rdma_rxe has that since 6.15)");
	/* The control: a region whose pages are pinned. */
	if (examine_region(pinned, &control) || !is_right(&control)) {
		puts("rdma_odp_offset: cannot tell: a region whose pages are pinned is not right either");
		return CANNOT_TELL;
	}
	if (examine_region(on_demand, &found))
		return cannot_tell("a read of the region that is paged on demand");
	printf("rdma_odp_offset: %s: a region paged on demand: a read at offset %d of the page reads offset %ld, a write there goes to offset %ld; of %zu words over the page's end a read gets %zu right, and %zu of neither page, %zu of these not zero; a pinned region is right\n",
	       is_right(&found) ? "fine" : "broken", OFFSET, found.read_from,
	       found.written_at, WORDS, found.right, found.strange, found.not_zero);
	return is_right(&found) ? FINE : BROKEN;
}

static int try_device(void)
{
	struct ibv_context *context;

	if (configure_netdev() || make_rdma_device())
		return cannot_tell("an RDMA device of rdma_rxe (modprobe rdma_rxe)");
	context = open_rdma_device();
	return !context || make_pair(context) ? cannot_tell("libibverbs") : compare_regions();
}

int main(void)
{
	int status = 0;
	pid_t user;

	page = sysconf(_SC_PAGESIZE);
	if (ask_about_netdev(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL))
		return cannot_tell("a dummy network device (modprobe dummy)");
	/* The network device does not go before the last user of the RDMA device. */
	user = fork();
	if (!user)
		exit(try_device());
	if (user > 0)
		waitpid(user, &status, 0);
	ask_about_netdev(RTM_DELLINK, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_TELL;
}
