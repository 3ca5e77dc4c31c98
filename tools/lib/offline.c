// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of memory that go offline and come back. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include "knob.h"
#include "offline.h"

/* The first signal may come before the kernel listens. */
#define SIGNALS_APART_MILLISECONDS	100

int block_set_state(const char *block, const char *state)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/state", block);
	return knob_set(path, state);
}

static void on_alarm(int number)
{
	(void)number;
}

int block_offline(const char *block, unsigned int milliseconds)
{
	struct itimerval timer = {
		.it_value = { milliseconds / 1000, milliseconds % 1000 * 1000 },
		.it_interval.tv_usec = SIGNALS_APART_MILLISECONDS * 1000,
	};
	struct sigaction action = { .sa_handler = on_alarm }, before;
	int error;

	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &timer, NULL);
	error = block_set_state(block, "offline");
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	sigaction(SIGALRM, &before, NULL);
	return error;
}
