// SPDX-License-Identifier: GPL-2.0-only
/* A process that makes a call which does not return, and is killed in it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"
#include "stage.h"
#include "waiter.h"

#define ENDS_WITHIN	5000	/* ms */

pid_t waiter_start(int (*call)(void *argument), void *argument)
{
	pid_t pid = fork();
	int answer;

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	answer = call(argument);
	evidence("came_back=\"%s\"", strerror(-answer));
	_exit(-answer);
}

bool waiter_returns(pid_t *waiter, int *answer, int64_t *cpu_ms)
{
	struct cpu_watch watch;
	int status;

	if (clock_getcpuclockid(*waiter, &watch.clock))
		return false;
	cpu_watch_begin(&watch);
	while (!waitpid(*waiter, &status, WNOHANG)) {
		if (!cpu_watch_goes_on(&watch, cpu_ms))
			return false;
	}
	*waiter = 0;
	*answer = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	return true;
}

bool waiter_dies(pid_t *waiter)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, *waiter, 0), .events = POLLIN };
	int status = 0;
	bool ended;

	kill(*waiter, SIGKILL);
	ended = poll(&end, 1, ENDS_WITHIN) == 1;
	close(end.fd);
	if (!ended)
		return false;
	waitpid(*waiter, &status, 0);
	*waiter = 0;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void waiter_end(pid_t *waiter)
{
	if (*waiter <= 0)
		return;
	kill(*waiter, SIGKILL);
	waitpid(*waiter, NULL, 0);
	*waiter = 0;
}
