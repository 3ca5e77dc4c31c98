/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call that may not return, in a thread of the process whose memory it is about. What the caller does
 * to end such a call must be possible without it: for example, give a hold back.
 */
#ifndef PINCHECK_SELFTESTS_ERRAND_H
#define PINCHECK_SELFTESTS_ERRAND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct errand - a call
 * @call: what the thread calls
 * @argument: of @call
 * @answer: what @call returned, which is 0 or a negative errno
 * @cpu_ms: CPU time that the thread used until @call returned, or until it was given up
 * @done: @answer is valid
 * @thread: the thread
 */
struct errand {
	int (*call)(void *argument);
	void *argument;
	int answer;
	int64_t cpu_ms;
	bool done;
	pthread_t thread;
};

/** errand_start() - let a thread make @errand->call. Return: 0 or a negative errno */
int errand_start(struct errand *errand);

/** errand_returns() - wait for its return, no longer than waiter_returns() does. Return: has it? */
bool errand_returns(struct errand *errand);

/** errand_end() - wait for the thread. Return: the answer of the call */
int errand_end(struct errand *errand);

#endif
