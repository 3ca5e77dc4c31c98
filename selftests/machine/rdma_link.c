// SPDX-License-Identifier: GPL-2.0-only
/* rdma_rxe over a dummy network device, by netlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <rdma/rdma_netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../tools/lib/knob.h"
#include "clock.h"
#include "rdma_link.h"
#include "waiter.h"

#define NETDEV		"pincheck1"
#define USERS_LEAVE_NS	2000000000LL	/* of processes that were killed */

/** struct message - a request by netlink: a header, one struct of the family or none, attributes */
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

static void start_message(struct message *message, uint16_t type, uint16_t flags)
{
	*message = (struct message) {
		.head = {
			.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		},
	};
}

/* Return: the answer of the kernel: 0 or a negative errno */
static int ask_netlink(int protocol, const struct message *message)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), error;
	struct {
		struct nlmsghdr head;
		struct nlmsgerr answer;
		char request[sizeof(struct message)];
	} reply = { 0 };

	if (netlink < 0)
		return -errno;
	if (send(netlink, message, message->head.nlmsg_len, 0) < 0 ||
	    recv(netlink, &reply, sizeof(reply), 0) < 0)
		error = -errno;
	else
		error = reply.head.nlmsg_type == NLMSG_ERROR ? reply.answer.error : -EPROTO;
	close(netlink);
	return error;
}

static int ask_about_netdev(uint16_t type, uint16_t flags, const char *kind)
{
	struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
	struct nlattr info = {
		.nla_len = NLA_HDRLEN + NLA_HDRLEN + NLA_ALIGN(strlen(kind) + 1),
		.nla_type = IFLA_LINKINFO,
	};
	struct message message;

	start_message(&message, type, flags);
	add_bytes(&message, &any, sizeof(any));
	add_string(&message, IFLA_IFNAME, NETDEV);
	if (*kind) {
		add_bytes(&message, &info, sizeof(info));
		add_string(&message, IFLA_INFO_KIND, kind);
	}
	return ask_netlink(NETLINK_ROUTE, &message);
}

/* The kernel makes the GID of the RDMA device, its address, from the IPv4 address. */
static int configure_netdev(void)
{
	struct ifreq request = { .ifr_name = NETDEV };
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (any < 0)
		return -errno;
	knob_set("/proc/sys/net/ipv6/conf/" NETDEV "/disable_ipv6", "1");
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = inet_addr(RDMA_LINK_ADDRESS);
	if (ioctl(any, SIOCSIFADDR, &request)) {
		error = -errno;
	} else {
		request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
		error = ioctl(any, SIOCSIFFLAGS, &request) ? -errno : 0;
	}
	close(any);
	return error;
}

static int make_rdma_device(void)
{
	struct message message;

	start_message(&message, RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK), 0);
	add_string(&message, RDMA_NLDEV_ATTR_DEV_NAME, RDMA_LINK);
	add_string(&message, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	add_string(&message, RDMA_NLDEV_ATTR_NDEV_NAME, NETDEV);
	return ask_netlink(NETLINK_RDMA, &message);
}

int rdma_link_up(void)
{
	int error;

	if (!access("/sys/class/infiniband/" RDMA_LINK, F_OK))
		return 0;
	error = ask_about_netdev(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "dummy");
	if (!error || error == -EEXIST)
		error = configure_netdev();
	if (!error)
		error = make_rdma_device();
	return error == -EEXIST ? 0 : error;
}

static pid_t maker;

static int remove_netdev(void *unused)
{
	(void)unused;
	return ask_about_netdev(RTM_DELLINK, 0, "");
}

/* Each open file of the device is a user of its module. -1: the driver is built in, and nobody knows. */
static bool link_is_unused(void)
{
	int64_t end = nanoseconds() + USERS_LEAVE_NS;
	long users;

	do {
		users = knob_number("/sys/module/rdma_rxe/refcnt");
	} while (users > 0 && moment_goes_on(end));
	return users <= 0;
}

/*
 * The RDMA device goes with the network device, and the kernel waits for all who have it open: rxe cannot take it
 * from them (ib_uverbs_remove_one()). A case may outlive the run, so this removes only what nobody uses, and
 * does not wait for ever. The processes of cases inherit this function.
 */
static void remove_at_exit(void)
{
	bool gone = false;
	int64_t cpu_ms;
	pid_t remover;
	int answer;

	if (getpid() != maker)
		return;
	if (link_is_unused()) {
		remover = waiter_start(remove_netdev, NULL);
		gone = remover > 0 && waiter_returns(&remover, &answer, &cpu_ms);
	}
	if (!gone)
		fprintf(stderr, "The RDMA device " RDMA_LINK " is in use and stays. When its users are gone: "
			"ip link delete " NETDEV "\n");
}

void rdma_link_for_run(void)
{
	if (rdma_link_up())
		return;
	maker = getpid();
	atexit(remove_at_exit);
}

bool rdma_link_offered(void)
{
	return !rdma_link_up();
}
