// SPDX-License-Identifier: GPL-2.0-only
/* The block of memory in ZONE_MOVABLE that may be taken offline. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/knob.h"
#include "../../tools/lib/offline.h"
#include "../../tools/lib/vmstat.h"
#include "memory.h"
#include "memory_block.h"

/* How long the kernel tries to empty the block: a slice, which doubles up to DOUBLINGS times. */
#define SLICE_MILLISECONDS	100
#define DOUBLINGS		3	/* that is less than a second */
#define SLICES			40
/* A transient obstacle does not last a whole slice, nor recur in FAILURES_ENOUGH retries. */
#define FAILURES_ENOUGH		10

static const char *offered_block(void)
{
	return getenv("PINCHECK_MEMORY_BLOCK");
}

bool memory_block_offered(void)
{
	const char *block = offered_block();
	char path[256];

	if (!block)
		return false;
	snprintf(path, sizeof(path), "%s/state", block);
	return !access(path, W_OK);
}

int memory_block_is_movable(uint64_t pfn)
{
	char path[64], zone[8] = "";
	FILE *file = fopen(MEMORY_BLOCKS "/block_size_bytes", "re");
	unsigned long bytes = 0;

	if (!file)
		return -errno;
	if (fscanf(file, "%lx", &bytes) != 1)
		bytes = 0;
	fclose(file);
	if (!bytes)
		return -EINVAL;
	snprintf(path, sizeof(path), MEMORY_BLOCKS "/memory%lu/valid_zones",
		 (unsigned long)(pfn / (bytes / PAGE_BYTES)));
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fscanf(file, "%7s", zone) != 1)
		zone[0] = '\0';
	fclose(file);
	return !strcmp(zone, "Movable");
}

/* The end of a slice says nothing of the block; pages whose migration failed do. */
static int offline_in_slices(const char *block, uint64_t *failures)
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
		error = block_offline(block, SLICE_MILLISECONDS << doublings);
		if (error != -EINTR && error != -EBUSY && error != -EAGAIN)
			return error;
		if (vmstat_read("pgmigrate_fail", &now))
			return cause_say(-ENOENT, "/proc/vmstat has no pgmigrate_fail");
		*failures = now - before;
	}
	return cause_say(-ETIMEDOUT, "the memory block did not go offline in %d slices, though hardly a "
			 "page failed to migrate: the machine is too busy", SLICES);
}

/* Offlining took hugetlb pages out of the pool: the pool gets its size back with the block. */
int memory_block_empty(int (*while_away)(void *argument), void *argument, uint64_t *failures)
{
	long pool = knob_number(HUGETLB_POOL);
	const char *block = offered_block();
	int error, back;

	if (!block)
		return cause_say(-ENOENT, "PINCHECK_MEMORY_BLOCK= names no block of memory");
	error = offline_in_slices(block, failures);
	if (error)
		return error;
	if (while_away)
		error = while_away(argument);
	back = block_set_state(block, "online_movable");
	if (pool >= 0)
		knob_set_number(HUGETLB_POOL, pool);
	return back ? back : error;
}
