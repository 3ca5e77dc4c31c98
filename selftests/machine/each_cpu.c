// SPDX-License-Identifier: GPL-2.0-only
/* A step that is done once on each CPU. */
#include <errno.h>
#include <sched.h>
#include <unistd.h>
#include "../../tools/lib/usermem.h"
#include "each_cpu.h"

int each_cpu_calls(int (*step)(int argument), int argument)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t before;
	int error = 0;

	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	for (long cpu = 0; cpu < cpus && !error; cpu++) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		error = sched_setaffinity(0, sizeof(one), &one) ? -errno : step(argument);
	}
	return sched_setaffinity(0, sizeof(before), &before) ? -errno : error;
}

static int drain_lru_here(int unused)
{
	(void)unused;
	return usermem_drain_lru();
}

int each_cpu_drains_lru(void)
{
	return each_cpu_calls(drain_lru_here, 0);
}
