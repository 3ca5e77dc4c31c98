// SPDX-License-Identifier: GPL-2.0-only
/* One row of the microbenchmark of GUP: memory, its state before each call, and threads. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/bench/bench.h"
#include "tools/bench/gup.h"
#include "tools/lib/cause.h"
#include "tools/lib/pincheck.h"

/**
 * struct gup_thread - one of the threads of a row
 * @memory: that it uses, perhaps with others
 * @child: that shares the memory, or 0
 * @error: a negative errno
 */
struct gup_thread {
	pthread_t thread;
	const struct gup_row *row;
	const struct gup_plan *plan;
	const struct usermem *memory;
	pthread_barrier_t *start;
	struct pincheck_bench_sample *samples;
	pid_t child;
	int session;
	int error;
};

static size_t call_bytes(const struct gup_row *row, const struct usermem *memory)
{
	return row->one_page ? PAGE_BYTES : memory->bytes;
}

static void end_child(struct gup_thread *thread)
{
	if (thread->child <= 0)
		return;
	kill(thread->child, SIGKILL);
	waitpid(thread->child, NULL, 0);
	thread->child = 0;
}

static int fork_child(struct gup_thread *thread)
{
	end_child(thread);
	thread->child = fork();
	if (!thread->child) {
		for (;;)
			pause();
	}
	return thread->child < 0 ? -errno : 0;
}

static int make_warm(struct gup_thread *thread)
{
	(void)thread;
	return 0;
}

/* What comes back is of the same kind: usermem_open() told khugepaged, and faults, to keep away. */
static int make_cold(struct gup_thread *thread)
{
	const struct usermem *memory = thread->memory;

	if (madvise(memory->start, memory->bytes, MADV_DONTNEED))
		return -errno;
	return usermem_prepare(memory);
}

static int make_shared(struct gup_thread *thread)
{
	return fork_child(thread);
}

static int make_reusable(struct gup_thread *thread)
{
	int error = fork_child(thread);

	end_child(thread);
	return error;
}

static const struct {
	const char *name;
	int (*make)(struct gup_thread *thread);
} states[GUP_STATES] = {
	[GUP_WARM]	= { "warm", make_warm },
	[GUP_COLD]	= { "cold", make_cold },
	[GUP_REUSE]	= { "reuse", make_reusable },
	[GUP_COPY]	= { "copy", make_shared },
	[GUP_UNSHARE]	= { "unshare", make_shared },
};

const char *gup_state_name(enum gup_state state)
{
	return states[state].name;
}

/* The device's own loop does all calls at once if nothing is to happen between them. */
static int run_calls(struct gup_thread *thread, unsigned int count)
{
	const struct gup_row *row = thread->row;
	unsigned int together = row->state == GUP_WARM ? count : 1;
	int error = 0;

	for (unsigned int done = 0; done < count && !error; done += together) {
		struct pincheck_bench call = {
			.kind = row->call->kind, .path = row->call->path, .flags = row->call->flags,
			.addr = (uintptr_t)thread->memory->start, .len = call_bytes(row, thread->memory),
			.rounds = together, .samples = (uintptr_t)(thread->samples + done),
		};

		error = states[row->state].make(thread);
		if (!error)
			error = pincheck_bench(thread->session, &call);
	}
	return error;
}

static void *run_thread(void *argument)
{
	struct gup_thread *thread = argument;

	thread->error = run_calls(thread, thread->plan->warm_up);
	pthread_barrier_wait(thread->start);
	if (!thread->error)
		thread->error = run_calls(thread, thread->plan->repeats);
	end_child(thread);
	return NULL;
}

/* The path that GUP really takes, by a hold on memory in that state. */
static int count_paths(struct gup_thread *thread, struct gup_result *result)
{
	const struct gup_call *call = thread->row->call;
	struct pincheck_hold hold = {
		.kind = call->kind, .path = call->path, .flags = call->flags,
		.addr = (uintptr_t)thread->memory->start, .len = call_bytes(thread->row, thread->memory),
	};
	int error = states[thread->row->state].make(thread);

	if (!error)
		error = pincheck_hold(thread->session, &hold);
	if (!error)
		pincheck_release(thread->session, hold.hold);
	end_child(thread);
	result->pages = hold.pages;
	result->fast = hold.fast_pages;
	result->slow = hold.slow_pages;
	return error;
}

static int make_room(struct gup_samples *samples, size_t more)
{
	size_t bytes = (samples->count + more) * sizeof(double);
	double *take = realloc(samples->take, bytes), *give;

	if (!take)
		return -ENOMEM;
	samples->take = take;
	give = realloc(samples->give, bytes);
	if (!give)
		return -ENOMEM;
	samples->give = give;
	return 0;
}

/* The samples of a pass, and their median. */
static int keep_samples(struct gup_result *result, const struct gup_thread *threads, unsigned int repeats)
{
	struct gup_samples *samples = &result->samples;
	size_t more = (size_t)result->threads * repeats;
	double *whole = calloc(more, sizeof(*whole));
	int error = whole ? make_room(samples, more) : -ENOMEM;

	for (size_t i = 0; i < more && !error; i++) {
		const struct pincheck_bench_sample *sample = &threads[i / repeats].samples[i % repeats];

		samples->take[samples->count] = (double)sample->take_ns;
		samples->give[samples->count++] = (double)sample->give_ns;
		whole[i] = (double)(sample->take_ns + sample->give_ns);
	}
	if (!error && result->passes < GUP_PASSES_MAX)
		result->medians[result->passes++] = bench_median(whole, more);
	free(whole);
	return error;
}

/* The first thread is the caller. */
static int run_threads(struct gup_thread *threads, unsigned int count)
{
	pthread_barrier_t start;
	int error = 0;

	pthread_barrier_init(&start, NULL, count);
	for (unsigned int i = 0; i < count; i++)
		threads[i].start = &start;
	for (unsigned int i = 1; i < count; i++) {
		/* Those that wait at the barrier already would wait for ever. */
		if (pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]))
			abort();
	}
	run_thread(&threads[0]);
	for (unsigned int i = 1; i < count; i++)
		pthread_join(threads[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (unsigned int i = 0; i < count && !error; i++)
		error = threads[i].error;
	return error;
}

static void close_thread(struct gup_thread *thread)
{
	if (thread->session >= 0)
		close(thread->session);
	free(thread->samples);
}

static int open_thread(struct gup_thread *thread, const struct gup_row *row, const struct gup_plan *plan,
		       const struct usermem *memory)
{
	unsigned int most = plan->repeats > plan->warm_up ? plan->repeats : plan->warm_up;

	*thread = (struct gup_thread) {
		.row = row, .plan = plan, .memory = memory, .session = pincheck_open(),
		.samples = calloc(most, sizeof(*thread->samples)),
	};
	if (thread->session < 0)
		return cause_say(thread->session, "%s", pincheck_open_hint(thread->session));
	return thread->samples ? 0 : -ENOMEM;
}

static int open_memory(struct bench_memory *memory, const struct gup_row *row, const struct gup_plan *plan,
		       int session)
{
	*memory = (struct bench_memory) { .user.session = session };
	return bench_memory_open(memory, row->memory, plan->bytes);
}

/* Threads, their sessions and their memories; the memory of the first is that of all if they share one. */
static int measure_with(const struct gup_row *row, const struct gup_plan *plan, struct gup_result *result,
			struct gup_thread *threads, struct bench_memory *memories)
{
	unsigned int count = result->threads, opened = 0, mapped = 0;
	int error = 0, session = pincheck_open();

	if (session < 0)
		return cause_say(session, "%s", pincheck_open_hint(session));
	for (; mapped < (row->shared ? 1 : count) && !error; mapped++)
		error = open_memory(&memories[mapped], row, plan, session);
	if (error)
		mapped--;
	for (; opened < count && !error; opened++)
		error = open_thread(&threads[opened], row, plan, &memories[row->shared ? 0 : opened].user);
	if (!error)
		error = count_paths(&threads[0], result);
	if (!error)
		error = run_threads(threads, count);
	if (!error)
		error = keep_samples(result, threads, plan->repeats);
	while (opened)
		close_thread(&threads[--opened]);
	while (mapped)
		bench_memory_close(&memories[--mapped]);
	close(session);
	return error;
}

static unsigned int threads_of(const struct gup_row *row, const struct gup_plan *plan)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (row->threads)
		return row->threads;
	return plan->threads ? plan->threads : (unsigned int)processors;
}

int gup_measure(const struct gup_row *row, const struct gup_plan *plan, struct gup_result *result)
{
	unsigned int count = threads_of(row, plan);
	struct gup_thread *threads = calloc(count, sizeof(*threads));
	struct bench_memory *memories = calloc(count, sizeof(*memories));
	int error = -ENOMEM;

	result->row = row;
	result->threads = count;
	if (threads && memories)
		error = measure_with(row, plan, result, threads, memories);
	free(threads);
	free(memories);
	return error;
}
