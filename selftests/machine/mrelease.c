// SPDX-License-Identifier: GPL-2.0-only
/* Memory of a process that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../../tools/lib/page_size.h"
#include "mrelease.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

bool mrelease_offered(void)
{
	return syscall(SYS_process_mrelease, -1, 0) && errno == EBADF;
}

/*
 * With O_DIRECT FUSE waits for the answer itself. Once the server has the request, SIGKILL does not end
 * that wait (request_wait_answer()), and the process keeps its memory.
 */
void mrelease_outlive_kill(const struct silent_file *silent)
{
	char *page = aligned_alloc(PAGE_BYTES, PAGE_BYTES);

	if (!fcntl(silent->file, F_SETFL, O_RDONLY | O_DIRECT))
		(void)!pread(silent->file, page, PAGE_BYTES, 0);
	_exit(1);
}

int mrelease_killed(pid_t victim)
{
	int process = syscall(SYS_pidfd_open, victim, 0), error = 0;

	if (process < 0 || kill(victim, SIGKILL))
		return -errno;
	if (syscall(SYS_process_mrelease, process, 0))
		error = -errno;
	close(process);
	return error;
}
