// SPDX-License-Identifier: GPL-2.0-only
/* A call that may not return, in a thread of the process whose memory it is about. */
#include "clock.h"
#include "errand.h"

static void *run_errand(void *argument)
{
	struct errand *errand = argument;

	errand->answer = errand->call(errand->argument);
	__atomic_store_n(&errand->done, true, __ATOMIC_RELEASE);
	return NULL;
}

int errand_start(struct errand *errand)
{
	errand->done = false;
	errand->cpu_ms = 0;
	return -pthread_create(&errand->thread, NULL, run_errand, errand);
}

bool errand_returns(struct errand *errand)
{
	struct cpu_watch watch;

	/* A thread that has ended already has no clock. */
	if (pthread_getcpuclockid(errand->thread, &watch.clock))
		watch.clock = CLOCK_THREAD_CPUTIME_ID;
	cpu_watch_begin(&watch);
	while (!__atomic_load_n(&errand->done, __ATOMIC_ACQUIRE)) {
		if (!cpu_watch_goes_on(&watch, &errand->cpu_ms))
			return false;
	}
	return true;
}

int errand_end(struct errand *errand)
{
	pthread_join(errand->thread, NULL);
	return errand->answer;
}
