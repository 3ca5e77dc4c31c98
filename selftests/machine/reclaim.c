// SPDX-License-Identifier: GPL-2.0-only
/* Reclaim of one cgroup's memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/knob.h"
#include "memory.h"
#include "reclaim.h"

#define MOUNTED		"/tmp/pincheck-cgroup"
#define OURS		MOUNTED "/pincheck"

/* There is one cgroup2 hierarchy: a second mount shows the same. */
static int cgroup_mount(void)
{
	if (mkdir(MOUNTED, 0700) && errno != EEXIST)
		return -errno;
	if (mount("pincheck", MOUNTED, "cgroup2", 0, NULL) && errno != EBUSY)
		return -errno;
	return knob_set(MOUNTED "/cgroup.subtree_control", "+memory");
}

static void cgroup_unmount(void)
{
	umount2(MOUNTED, MNT_DETACH);
	rmdir(MOUNTED);
}

bool reclaim_offered(void)
{
	bool offered = !cgroup_mount();

	cgroup_unmount();
	return offered;
}

/* A limit of 0 makes the kernel reclaim what it can; whoever allocates meanwhile has to wait. */
static void __attribute__((noreturn)) run_helper(int channel)
{
	int error;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(channel, &byte, 1) == 1) {
		error = knob_set(OURS "/memory.high", "0");
		if (!error)
			error = knob_set(OURS "/memory.high", "max");
		if (write(channel, &error, sizeof(error)) != sizeof(error))
			break;
	}
	_exit(0);
}

static int helper_start(struct reclaim *reclaim)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	reclaim->helper = fork();
	if (!reclaim->helper) {
		/* No file of the caller may stay open longer than in the caller itself. */
		dup2(ends[1], 0);
		for (int i = 1; i < sysconf(_SC_OPEN_MAX) && i < 1024; i++)
			close(i);
		run_helper(0);
	}
	close(ends[1]);
	reclaim->channel = ends[0];
	return reclaim->helper < 0 ? -errno : 0;
}

int reclaim_begin(struct reclaim *reclaim)
{
	int error = cgroup_mount();

	*reclaim = (struct reclaim) { .channel = -1 };
	if (!error && mkdir(OURS, 0700) && errno != EEXIST)
		error = -errno;
	if (!error)
		error = helper_start(reclaim);
	if (!error)
		error = knob_set(OURS "/cgroup.procs", "0");
	return error;
}

/*
 * A page waits in a batch of its CPU before it is on an LRU list. Reclaim without LRU_GEN does not
 * look into the batches of a cgroup whose lists are empty.
 */
int reclaim_all(struct reclaim *reclaim)
{
	int error = usermem_drain_lru();

	if (error)
		return error;
	if (write(reclaim->channel, "r", 1) != 1 ||
	    recv(reclaim->channel, &error, sizeof(error), MSG_WAITALL) != sizeof(error))
		return -EPIPE;
	return error;
}

void reclaim_end(struct reclaim *reclaim)
{
	knob_set(MOUNTED "/cgroup.procs", "0");
	if (reclaim->channel >= 0) {
		close(reclaim->channel);
		waitpid(reclaim->helper, NULL, 0);
	}
	rmdir(OURS);
	cgroup_unmount();
}
