// SPDX-License-Identifier: GPL-2.0-only
/* Two sessions at once, on memory of their own, against one. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/cause.h"
#include "tools/bench/bench.h"

#define BYTES	(4 * MIB)
#define HOLDS	32
#define WORKERS	2

/**
 * struct crew - those who work at the same time
 * @ready: how many have their session and memory
 * @wanted: how many there will be
 * @error: of any of them
 */
struct crew {
	_Atomic unsigned int ready;
	unsigned int wanted;
	_Atomic int error;
};

/**
 * struct worker - who takes holds in a session of its own
 */
struct worker {
	struct crew *crew;
	uint64_t start, end;
};

static int hold_in_turns(struct worker *worker)
{
	struct bench_memory memory = { .user.session = pincheck_open() };
	int session = memory.user.session, error = session;

	if (session >= 0)
		error = bench_memory_open(&memory, USERMEM_BASE, BYTES);
	__u32 id;

	worker->crew->ready++;
	while (worker->crew->ready < worker->crew->wanted)
		;
	worker->start = bench_now();
	for (unsigned int i = 0; i < HOLDS && !error; i++) {
		error = bench_hold(session, memory.user.start, memory.user.bytes, &id);
		if (!error && pincheck_release(session, id) < 0)
			error = cause_say(-EIO, "a hold that was just taken is not given back");
	}
	worker->end = bench_now();
	if (error)
		worker->crew->error = error;
	bench_memory_close(&memory);
	if (session >= 0)
		close(session);
	return 0;
}

static void *run_thread(void *worker)
{
	hold_in_turns(worker);
	return NULL;
}

static void run_threads(struct worker *workers, unsigned int count)
{
	pthread_t threads[WORKERS];

	for (unsigned int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, run_thread, &workers[i]);
	for (unsigned int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void run_processes(struct worker *workers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (fork())
			continue;
		hold_in_turns(&workers[i]);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
}

/* How long the whole crew took, from the first one's start to the last one's end. */
static int time_crew(void (*run)(struct worker *workers, unsigned int count), unsigned int count,
		     struct crew *crew, struct worker *workers, double *took)
{
	uint64_t start = UINT64_MAX, end = 0;

	*crew = (struct crew) { .wanted = count };
	for (unsigned int i = 0; i < count; i++)
		workers[i] = (struct worker) { .crew = crew };
	run(workers, count);
	for (unsigned int i = 0; i < count; i++) {
		start = workers[i].start < start ? workers[i].start : start;
		end = workers[i].end > end ? workers[i].end : end;
	}
	*took = (double)(end - start);
	return crew->error;
}

/* Throughput of two against one, in turns: 2 is twice as much, 1 means that one waits. */
static int measure_crew(const struct bench *bench, const char *name, void *shared,
		   void (*run)(struct worker *workers, unsigned int count))
{
	struct crew *crew = shared;
	struct worker *workers = (struct worker *)(crew + 1);
	double *ratio = calloc(bench->rounds, sizeof(*ratio)), one, two;
	int error = ratio ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < bench->rounds && !error; i++) {
		error = time_crew(run, 1, crew, workers, &one);
		if (!error)
			error = time_crew(run, WORKERS, crew, workers, &two);
		if (!error)
			ratio[i] = WORKERS * one / two;
	}
	if (!error)
		bench->tell(name, bench_median(ratio, bench->rounds));
	free(ratio);
	return error;
}

int bench_sessions(const struct bench *bench)
{
	void *shared = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error = shared == MAP_FAILED ? -ENOMEM : 0;

	if (!error)
		error = measure_crew(bench, "two_threads_vs_one", shared, run_threads);
	if (!error)
		error = measure_crew(bench, "two_processes_vs_one", shared, run_processes);
	return error;
}
