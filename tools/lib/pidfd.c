// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds on the memory of the process of a pidfd. A module can resolve a number only: none of
 * pidfd_pid(), pidfd_get_pid() and pidfd_get_task() is exported. So the number is asked for here, and
 * the pidfd proves afterwards that it was that process's all the time: a number is free for others
 * once its process was reaped, and of one that was the pidfd knows nothing any more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pincheck.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal	424
#endif

/*
 * How many PID namespaces there are from that of /proc down to the caller's own: only where they
 * are one do numbers of /proc mean anything to the module.
 */
static int namespaces_below_proc(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	int count = 1;	/* a kernel without namespaces does not tell */
	char line[1024];

	if (!status)
		return -errno;
	while (fgets(line, sizeof(line), status)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		count = 0;
		for (char *at = line; (at = strchr(at, '\t')); at++)
			count++;
	}
	fclose(status);
	return count;
}

/* Return: the number; -ESRCH when it has none here (any more); -EBADF when this is no pidfd. */
static int number_of(int pidfd)
{
	char path[64], line[256];
	int pid = -EBADF;
	FILE *fdinfo;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fdinfo = fopen(path, "re");
	if (!fdinfo)
		return errno == ENOENT ? -EBADF : -errno;
	while (pid == -EBADF && fgets(line, sizeof(line), fdinfo)) {
		if (sscanf(line, "Pid: %d", &pid) == 1 && pid <= 0)
			pid = -ESRCH;
	}
	fclose(fdinfo);
	return pid;
}

/* Was the process not reaped until now? To be forbidden to signal it tells that, too. */
static int still_there(int pidfd)
{
	if (!syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) || errno == EPERM)
		return 0;
	return -errno;
}

int pincheck_hold_pidfd(int session, struct pincheck_hold *hold, int pidfd)
{
	int error = namespaces_below_proc();

	if (error < 0)
		return error;
	if (error != 1)
		return -EXDEV;
	hold->pid = number_of(pidfd);
	if (hold->pid < 0)
		return hold->pid;
	error = pincheck_hold(session, hold);
	if (error)
		return error;
	error = still_there(pidfd);
	if (error) {
		pincheck_release(session, hold->hold);
		hold->hold = 0;
	}
	return error;
}
