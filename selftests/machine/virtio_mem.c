// SPDX-License-Identifier: GPL-2.0-only
/* A virtio-mem device, which plugs and unplugs memory. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "virtio_mem.h"

/* Under emulation adding a memory block takes a tenth of a second; an unplug may be retried. */
#define RESIZE_SECONDS	20

bool virtio_mem_offered(void)
{
	return getenv("PINCHECK_VIRTIO_MEM");
}

/* pincheck-vm finds the line in the output: tools/vm/protocol.h. One write, so that it stays whole. */
void virtio_mem_ask(unsigned int mib)
{
	dprintf(STDERR_FILENO, "# pincheck-vm ask: virtio-mem %llu\n",
		(unsigned long long)mib << 20);
}

long virtio_mem_plugged(void)
{
	const char *without = getenv("PINCHECK_VIRTIO_MEM");
	struct sysinfo info;

	if (!without || sysinfo(&info))
		return 0;
	return (long)(info.totalram * info.mem_unit / 1024) - atol(without);
}

void virtio_mem_range(uint64_t *first, uint64_t *end)
{
	FILE *file = fopen("/proc/iomem", "re");
	uint64_t from, last;
	char line[128];

	*first = 0;
	*end = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, "System RAM (virtio_mem)") ||
		    sscanf(line, " %" SCNx64 "-%" SCNx64, &from, &last) != 2)
			continue;
		if (!*end)
			*first = from;
		*end = last + 1;
	}
	if (file)
		fclose(file);
}

static bool has_just(unsigned int mib)
{
	uint64_t first, end;

	virtio_mem_range(&first, &end);
	return virtio_mem_plugged() == (long)mib * 1024 && !end == !mib;
}

static time_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int virtio_mem_resize(unsigned int mib)
{
	time_t deadline = now_seconds() + RESIZE_SECONDS;

	virtio_mem_ask(mib);
	while (!has_just(mib)) {
		if (now_seconds() > deadline)
			return -ETIMEDOUT;
		poll(NULL, 0, 5);
	}
	return 0;
}
