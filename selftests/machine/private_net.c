// SPDX-License-Identifier: GPL-2.0-only
/* A network of this process' own. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "private_net.h"

static int set_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (any < 0)
		return -errno;
	error = ioctl(any, SIOCSIFFLAGS, &request) ? -errno : 0;
	close(any);
	return error;
}

int private_net_enter(void)
{
	int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), error;

	if (before < 0)
		return -errno;
	if (unshare(CLONE_NEWNET)) {
		error = -errno;
		close(before);
		return error;
	}
	error = set_loopback_up();
	if (!error)
		return before;
	private_net_leave(before);
	return error;
}

int private_net_leave(int before)
{
	int error = setns(before, CLONE_NEWNET) ? -errno : 0;

	close(before);
	return error;
}
