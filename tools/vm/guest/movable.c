// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ZONE_MOVABLE for one topic: a block of memory goes offline and comes back as movable. Other topics
 * run without it, because a long-term pin would move the pages that they watch.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "../protocol.h"
#include "guest.h"

#define BLOCKS		"/sys/devices/system/memory"
#define MAX_BLOCKS	1024
/*
 * Hugetlb pages of the movable block, for tests: the pool gives its newest page first, and those that
 * come while the block is movable are allocated there.
 */
#define HUGE_MOVABLE	12

/* The kernel tries to empty a block until a signal comes. */
#define LEND_SECONDS	10
/* io_uring unpins its buffers some time after its process is gone. */
#define RETURN_SECONDS	20

static char block[64];

static int block_write(const char *path, const char *state)
{
	char file[sizeof(block) + 8];

	snprintf(file, sizeof(file), "%s/state", path);
	return file_write(file, state);
}

static void on_alarm(int number)
{
	(void)number;
}

static int block_offline(const char *path, time_t seconds)
{
	/* The alarm repeats: the first may come before the kernel looks for signals. */
	struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_usec = 100 * 1000 };
	struct sigaction action = { .sa_handler = on_alarm };
	int error;

	sigaction(SIGALRM, &action, NULL);
	if (setitimer(ITIMER_REAL, &timer, NULL))
		return -errno;
	error = block_write(path, "offline");
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	return error;
}

static void hugepages_want(long count)
{
	char got[24];

	hugepages_set(count, got, sizeof(got));
}

/* Offlining takes the hugetlb pages of the block out of the pool: the pool gets others. */
static int block_lend(const char *path, const struct config *config)
{
	int error = block_offline(path, LEND_SECONDS);

	if (error)
		return error;
	hugepages_want(config->hugepages);
	error = block_write(path, "online_movable");
	if (error)
		block_write(path, "online_kernel");
	else
		hugepages_want(config->hugepages + HUGE_MOVABLE);
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
		snprintf(block, sizeof(block), BLOCKS "/memory%d", number);
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
	error = block_offline(block, RETURN_SECONDS);
	if (!error)
		error = block_write(block, "online_kernel");
	hugepages_want(config->hugepages);
	if (!error)
		return NULL;
	snprintf(wrong, sizeof(wrong), "ZONE_MOVABLE does not get empty, %s: %s", block,
		 strerror(-error));
	return wrong;
}
