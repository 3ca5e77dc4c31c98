// SPDX-License-Identifier: GPL-2.0-only
/* Swapping to a device that is not synchronous. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/page_size.h"
#include "clock.h"
#include "swap_async.h"

#define EVICT_SECONDS	5

static const char *swap_async_device(void)
{
	return getenv("PINCHECK_SWAP_ASYNC");
}

bool swap_async_offered(void)
{
	const char *device = swap_async_device();

	return device && !access(device, R_OK | W_OK);
}

/* A line of /proc/swaps: path, type, size, used, priority; a negative priority is the kernel's. */
static int turn_off_and_on(const char *line)
{
	int priority, flags = 0;
	char path[256];

	if (sscanf(line, "%255s %*s %*u %*u %d", path, &priority) != 2)
		return 0;
	if (!strcmp(path, swap_async_device()))
		return 0;
	if (priority >= 0)
		flags = SWAP_FLAG_PREFER | (priority & SWAP_FLAG_PRIO_MASK);
	return swapoff(path) || swapon(path, flags) ? -errno : 0;
}

/* Up to Linux 6.13 each CPU has a cache of free slots, then a cluster: swapoff empties them. */
static int forget_other_devices(void)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char lines[16][512];
	int count = 0, error = 0;

	if (!swaps)
		return -errno;
	while (count < 16 && fgets(lines[count], sizeof(lines[count]), swaps))
		count++;
	fclose(swaps);
	/* The first line is the heading. */
	for (int i = 1; i < count && !error; i++)
		error = turn_off_and_on(lines[i]);
	return error;
}

int swap_async_on(void)
{
	const char *device = swap_async_device();

	if (!device)
		return -ENODEV;
	if (!swapon(device, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		return forget_other_devices();
	/* EBUSY: the device is on. */
	return errno == EBUSY ? 0 : -errno;
}

int swap_async_off(void)
{
	const char *device = swap_async_device();

	if (!device)
		return -ENODEV;
	/* EINVAL: the device is off. */
	if (swapoff(device) && errno != EINVAL)
		return -errno;
	return 0;
}

/* mincore() finds a page in the swap cache, too. */
static int is_in_memory(char *page)
{
	unsigned char in_memory;

	return mincore(page, PAGE_BYTES, &in_memory) ? -errno : in_memory & 1;
}

/*
 * A page that was written but is still in the swap cache is read, which maps it: reclaim finds it
 * clean then, and drops it. As long as the write is under way, reclaim passes over the page.
 */
static int evict_page(char *page)
{
	int64_t end = nanoseconds() + EVICT_SECONDS * 1000000000LL;
	int in_memory;

	while ((in_memory = is_in_memory(page)) > 0) {
		if (nanoseconds() > end)
			return cause_say(-EBUSY, "a page is not swapped out to %s in %d s. See how "
					 "much swap is free: swapon --show", swap_async_device(),
					 EVICT_SECONDS);
		(void)*(volatile char *)page;
		if (madvise(page, PAGE_BYTES, MADV_PAGEOUT))
			return -errno;
		sched_yield();
	}
	return in_memory;
}

int swap_async_evict(void *start, size_t bytes)
{
	size_t at;
	int error = 0;

	/* All pages in one call, so that the device writes them at the same time. */
	if (madvise(start, bytes, MADV_PAGEOUT))
		return -errno;
	for (at = 0; at < bytes && !error; at += PAGE_BYTES)
		error = evict_page((char *)start + at);
	return error;
}
