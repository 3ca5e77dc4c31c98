// SPDX-License-Identifier: GPL-2.0-only
/* Processors of the host that nobody uses. */
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "processors.h"

#define LOOK_MS	100

/**
 * struct ticks - of all processors since the host started
 */
struct ticks {
	unsigned long long idle;
	unsigned long long all;
};

/* The first line of /proc/stat: user nice system idle iowait irq softirq steal ... */
static struct ticks read_ticks(void)
{
	unsigned long long user = 0, nice = 0, system = 0, idle = 0, waits = 0, irq = 0, soft = 0, steal = 0;
	FILE *file = fopen("/proc/stat", "re");

	if (file && fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
			   &idle, &waits, &irq, &soft, &steal) < 4)
		idle = 0;
	if (file)
		fclose(file);
	return (struct ticks){ idle + waits, user + nice + system + idle + waits + irq + soft + steal };
}

static long usable_processors(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) ? 1 : CPU_COUNT(&cpus);
}

long processors_idle(void)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	struct ticks before = read_ticks(), after;
	long usable = usable_processors();
	double idle;

	nanosleep(&look, NULL);
	after = read_ticks();
	if (after.all <= before.all)
		return usable;
	idle = (double)(after.idle - before.idle) / (double)(after.all - before.all) *
	       (double)sysconf(_SC_NPROCESSORS_ONLN);
	return idle < (double)usable ? (long)(idle + 0.5) : usable;
}
