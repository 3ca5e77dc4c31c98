// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ZONE_MOVABLE for one topic: a block of memory goes offline and comes back as movable. Other topics
 * run without it, because a long-term pin would move the pages that they watch.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../lib/knob.h"
#include "../../lib/offline.h"
#include "../../lib/page_size.h"
#include "../protocol.h"
#include "guest.h"

#define MAX_BLOCKS	1024
/*
 * Hugetlb pages of the movable block, for tests: the pool gives its newest page first, and those that
 * come while the block is movable are allocated there.
 */
#define HUGE_MOVABLE	12

/* How long the kernel tries to empty a block. */
#define LEND_MILLISECONDS	10000
/* io_uring unpins its buffers some time after its process is gone. */
#define RETURN_MILLISECONDS	20000

static char block[64];

/* Offlining takes the hugetlb pages of the block out of the pool: the pool gets others. */
static int block_lend(const char *path, const struct config *config)
{
	int error = block_offline(path, LEND_MILLISECONDS);

	if (error)
		return error;
	knob_set_number(HUGETLB_POOL, config->hugepages);
	error = block_set_state(path, "online_movable");
	if (error)
		block_set_state(path, "online_kernel");
	else
		knob_set_number(HUGETLB_POOL, config->hugepages + HUGE_MOVABLE);
	return error;
}

/* With movablecore= the tests get their memory from that zone, whatever block is movable besides. */
static bool kernel_has_one(void)
{
	FILE *zones = fopen("/proc/zoneinfo", "re");
	unsigned long pages = 0;
	bool movable = false;
	char line[128];

	while (zones && !pages && fgets(line, sizeof(line), zones)) {
		if (!strncmp(line, "Node ", 5))
			movable = strstr(line, "Movable");
		else if (movable)
			sscanf(line, " present %lu", &pages);
	}
	if (zones)
		fclose(zones);
	return pages;
}

void movable_up(const struct config *config)
{
	int error = -ENOENT;

	if (kernel_has_one()) {
		report("ZONE_MOVABLE: the kernel's own");
		return;
	}

	/* The last block stays: its zone would shrink, and a block beyond the zone cannot come back. */
	for (int number = MAX_BLOCKS, seen = 0; number > 0 && error; number--) {
		snprintf(block, sizeof(block), MEMORY_BLOCKS "/memory%d", number);
		if (!access(block, F_OK) && seen++)
			error = block_lend(block, config);
	}
	if (error) {
		*block = '\0';
		report("ZONE_MOVABLE: none (%s)", strerror(-error));
		return;
	}
	setenv(ENV_MEMORY_BLOCK, block, 1);
	report("ZONE_MOVABLE: %s", block);
}

const char *movable_down(const struct config *config)
{
	static char wrong[128];
	int error;

	if (!*block)
		return NULL;
	unsetenv(ENV_MEMORY_BLOCK);
	error = block_offline(block, RETURN_MILLISECONDS);
	if (!error)
		error = block_set_state(block, "online_kernel");
	knob_set_number(HUGETLB_POOL, config->hugepages);
	if (!error)
		return NULL;
	snprintf(wrong, sizeof(wrong), "ZONE_MOVABLE does not get empty, %s: %s", block,
		 strerror(-error));
	return wrong;
}
