// SPDX-License-Identifier: GPL-2.0-only
/* The block of memory in ZONE_MOVABLE that may be taken offline. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/vmstat.h"
#include "../../tools/lib/knob.h"
#include "memory.h"
#include "memory_block.h"

#define BLOCKS			"/sys/devices/system/memory"
#define HUGETLB_POOL		"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

/* The kernel goes on until a signal comes: after so long, or twice that, and so on. */
#define SLICE_MICROSECONDS	100000
#define DOUBLINGS		3	/* that is less than a second */
#define SLICES			40
/* What is only in the way for a moment is not for all of a slice, nor so often. */
#define FAILURES_ENOUGH		10

static int block_write(const char *state)
{
	const char *block = getenv("PINCHECK_MEMORY_BLOCK");
	char path[256];

	if (!block)
		return cause_say(-ENOENT, "PINCHECK_MEMORY_BLOCK= names no block of memory");
	snprintf(path, sizeof(path), "%s/state", block);
	return knob_set(path, state);
}

bool memory_block_offered(void)
{
	const char *block = getenv("PINCHECK_MEMORY_BLOCK");
	char path[256];

	if (!block)
		return false;
	snprintf(path, sizeof(path), "%s/state", block);
	return !access(path, W_OK);
}

int memory_block_is_movable(uint64_t pfn)
{
	char path[64], zone[8] = "";
	FILE *file = fopen(BLOCKS "/block_size_bytes", "re");
	unsigned long bytes = 0;

	if (!file)
		return -errno;
	if (fscanf(file, "%lx", &bytes) != 1)
		bytes = 0;
	fclose(file);
	if (!bytes)
		return -EINVAL;
	snprintf(path, sizeof(path), BLOCKS "/memory%lu/valid_zones",
		 (unsigned long)(pfn / (bytes / PAGE_BYTES)));
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fscanf(file, "%7s", zone) != 1)
		zone[0] = '\0';
	fclose(file);
	return !strcmp(zone, "Movable");
}

static void on_alarm(int number)
{
	(void)number;
}

static int offline_slice(int microseconds)
{
	struct itimerval slice = { .it_value.tv_usec = microseconds,
				   .it_interval.tv_usec = microseconds };
	struct sigaction action = { .sa_handler = on_alarm }, before;
	int error;

	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &slice, NULL);
	error = block_write("offline");
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	sigaction(SIGALRM, &before, NULL);
	return error;
}

/* A slice that ended says nothing: pages whose migration failed do. */
static int offline(uint64_t *failures)
{
	uint64_t before, now;
	int error = vmstat_read("pgmigrate_fail", &before);
	int slices;

	if (error)
		return error;
	*failures = 0;
	for (slices = 0; slices < SLICES; slices++) {
		int doublings = slices < DOUBLINGS ? slices : DOUBLINGS;

		if (*failures >= FAILURES_ENOUGH)
			return -EBUSY;
		error = offline_slice(SLICE_MICROSECONDS << doublings);
		if (error != -EINTR && error != -EBUSY && error != -EAGAIN)
			return error;
		if (vmstat_read("pgmigrate_fail", &now))
			return cause_say(-ENOENT, "/proc/vmstat has no pgmigrate_fail");
		*failures = now - before;
	}
	return cause_say(-ETIMEDOUT, "the memory block did not go offline in %d slices, though hardly a "
			 "page failed to migrate: the machine is too busy", SLICES);
}

/* Huge pages of the pool that were in it are gone: as many again, which come from where it is. */
int memory_block_empty(int (*while_away)(void *argument), void *argument, uint64_t *failures)
{
	long pool = knob_number(HUGETLB_POOL);
	int error, back;

	error = offline(failures);
	if (error)
		return error;
	if (while_away)
		error = while_away(argument);
	back = block_write("online_movable");
	if (pool >= 0)
		knob_set_number(HUGETLB_POOL, pool);
	return back ? back : error;
}
