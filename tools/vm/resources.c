// SPDX-License-Identifier: GPL-2.0-only
/* What the host has left for guests. */
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "resources.h"

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

long resources_processors(void)
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

static long available_mib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib / 1024;
}

/* A limit of a container's cgroup, in bytes; "max" is none. Return: -1 for none */
static long long read_limit(const char *name)
{
	char path[64];
	long long bytes;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%lld", &bytes) != 1)
		bytes = -1;
	if (file)
		fclose(file);
	return bytes;
}

long resources_memory_mib(void)
{
	long long limit = read_limit("memory.max"), used = read_limit("memory.current");
	long available = available_mib();
	long left = (long)((limit - used) >> 20);

	return limit >= 0 && used >= 0 && left < available ? left : available;
}
