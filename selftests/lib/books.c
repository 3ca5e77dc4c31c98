// SPDX-License-Identifier: GPL-2.0-only
/* What is out on loan, machine wide. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "../../tools/lib/pincheck.h"
#include "../../tools/lib/vmstat.h"
#include "books.h"

#define KERNEL_READS	50

/*
 * The counters are kept per CPU and folded once a second; reading this file folds them now, and
 * without it a leak of less than a CPU's threshold would not be seen.
 */
static void fold_vmstat(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	char byte;

	if (refresh < 0)
		return;
	if (read(refresh, &byte, 1) < 0)
		perror("# /proc/sys/vm/stat_refresh");
	close(refresh);
}

static int kernel_out(uint64_t *out)
{
	uint64_t acquired, released;
	int error;

	fold_vmstat();
	error = vmstat_read("nr_foll_pin_acquired", &acquired);
	if (!error)
		error = vmstat_read("nr_foll_pin_released", &released);
	if (!error)
		*out = acquired - released;
	return error;
}

int books_read(struct books *books)
{
	struct pincheck_info info;
	int session, error;

	session = pincheck_open();
	if (session < 0)
		return session;
	error = pincheck_info(session, &info);
	close(session);
	if (error)
		return error;
	books->sessions = info.sessions - 1;
	books->module_out = info.acquired - info.released;
	books->acquired = info.acquired;
	return kernel_out(&books->kernel_out);
}

bool books_balance(const struct books *before, char *why, size_t size)
{
	struct books now;
	int error = books_read(&now);

	for (int i = 0; !error && now.kernel_out != before->kernel_out && i < KERNEL_READS; i++) {
		sched_yield();
		error = kernel_out(&now.kernel_out);
	}
	if (error)
		snprintf(why, size, "counters cannot be read: error %d", error);
	else if (now.sessions != before->sessions)
		snprintf(why, size, "%" PRIu64 " sessions are open, %" PRIu64 " were before",
			 now.sessions, before->sessions);
	else if (now.module_out != before->module_out)
		snprintf(why, size, "module: %" PRId64 " references not given back",
			 (int64_t)(now.module_out - before->module_out));
	else if (now.kernel_out != before->kernel_out)
		snprintf(why, size, "nr_foll_pin: %" PRId64 " pins not given back",
			 (int64_t)(now.kernel_out - before->kernel_out));
	else
		return true;
	return false;
}

long vm_pin_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -ENOENT;

	if (!status)
		return -errno;
	while (kib < 0 && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmPin: %ld kB", &kib) != 1)
			kib = -ENOENT;
	fclose(status);
	return kib;
}
