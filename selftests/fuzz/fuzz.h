/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile use of the device, and of gup_test.ko: workers are processes that make calls with good and
 * with spoilt arguments, on memory of every shape, which changes meanwhile. They fork, execute
 * themselves, pass sessions to each other, and are killed.
 *
 * The seed of a worker's generator decides what the worker does. The machine decides in which order
 * several workers do it.
 */
#ifndef PINCHECK_SELFTESTS_FUZZ_H
#define PINCHECK_SELFTESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/pincheck.h>
#include "../../tools/lib/page_size.h"
#include "prng.h"

#define FUZZ_WORKERS	4
#define FUZZ_COMMANDS	31	/* most rows of the table in fuzz_calls.c */
#define FUZZ_ERRNOS	134	/* 0 is success */
#define FUZZ_SESSIONS	6	/* most sessions that a worker knows */
#define FUZZ_IDS	8	/* most holds that a worker remembers of one session */
#define FUZZ_GUP_TESTS	2	/* files of gup_test.ko that a worker has open */
#define FUZZ_PROGRESS_CALLS	64	/* calls between two bytes in the pipe of progress */

/* A feature beside those of the device: gup_test.ko is loaded. */
#define FUZZ_FEAT_GUP_TEST	(1ULL << 63)

/* The first argument of a test program that is to be a worker: see fuzz_worker_main(). */
#define FUZZ_WORKER	"--fuzz-worker"

/** enum fuzz_action - what a worker does between its calls */
enum fuzz_action {
	FUZZ_OPEN, FUZZ_CLOSE, FUZZ_DUP, FUZZ_PASS, FUZZ_RECEIVE, FUZZ_KEEP,
	FUZZ_FORK, FUZZ_GUP_TEST, FUZZ_EXEC, FUZZ_SUICIDE, FUZZ_MEMORY, FUZZ_ACTIONS,
};

/**
 * struct fuzz_shared - the state that all processes of a run share: a file, which outlives exec
 * @left: calls that remain to be made
 * @seed: of the run
 * @faults: some allocations of the workers shall fail
 * @no_trace: no worker begins or ends a trace: all have a session that traces
 * @no_remap: nobody maps device memory by remap_pfn_range()
 * @fd: descriptor of this file. Workers inherit this and all other descriptors, under the same
 *	numbers
 * @fd_pool: a socket pair: the sessions that one worker has sent and no worker has received
 * @progress: a pipe: workers write a byte every FUZZ_PROGRESS_CALLS calls
 * @shmem: a file that all workers map
 * @huge: a hugetlb file that all workers map, or -1
 * @file: a file on ext4, opened read-only, or -1
 * @zero: /dev/zero
 * @pids: of the workers
 * @outcomes: number of calls, by capability of the caller (0 none, 1 root), command and errno
 * @actions: number of actions, by enum fuzz_action
 */
struct fuzz_shared {
	int64_t left;
	uint64_t seed;
	bool faults;
	bool no_trace;
	bool no_remap;
	int fd;
	int fd_pool[2];
	int progress[2];
	int shmem;
	int huge;
	int file;
	int zero;
	pid_t pids[FUZZ_WORKERS];
	uint32_t outcomes[2][FUZZ_COMMANDS][FUZZ_ERRNOS];
	uint32_t actions[FUZZ_ACTIONS];
};

/** struct fuzz_session - a session that a worker knows; @fd is -1 in an empty slot */
struct fuzz_session {
	int fd;
	__u32 ids[FUZZ_IDS];
};

/**
 * struct fuzz_worker - a process at work
 * @number: of the worker that this process is or descends from
 * @caller: row of the table of limits and capabilities in fuzz_process.c
 * @privileged: has CAP_SYS_ADMIN
 * @depth: number of forks between the worker and this process
 * @left: calls that this process may still make
 * @calls: calls that this process has made
 * @gup_tests: files of gup_test.ko, -1 for none
 * @in_buffer: pages for arguments; an unmapped page follows
 * @in_buffer_read_only: the same pages, mapped read-only; an unmapped page follows
 * @out_buffer: pages for answers; an unmapped page follows and stops answers that are too long
 * @pfns: page frame numbers that PAGES answered
 * @stack: number of a call stack that TRACE_READ answered
 */
struct fuzz_worker {
	struct fuzz_shared *shared;
	unsigned int number;
	unsigned int caller;
	bool privileged;
	unsigned int depth;
	int64_t left;
	unsigned int calls;
	struct prng prng;
	struct fuzz_session sessions[FUZZ_SESSIONS];
	int gup_tests[FUZZ_GUP_TESTS];
	unsigned char *in_buffer;
	unsigned char *in_buffer_read_only;
	unsigned char *out_buffer;
	__u64 pfns[16];
	__u32 stack;
};

#define FUZZ_IN_BYTES	(2 * PAGE_BYTES)
#define FUZZ_OUT_BYTES	(4 * PAGE_BYTES)
#define FUZZ_SHMEM_BYTES (64 * PAGE_BYTES)

/** fuzz_shared_open() - make the shared state and its files. Return: NULL, with errno, on failure */
struct fuzz_shared *fuzz_shared_open(void);

/** fuzz_shared_close() - close all descriptors and unmap the shared state */
void fuzz_shared_close(struct fuzz_shared *shared);

/** fuzz_worker_start() - fork worker @number; @seed is its own. Return: pid or -errno */
pid_t fuzz_worker_start(struct fuzz_shared *shared, unsigned int number, uint64_t seed);

/** fuzz_worker_main() - main() of a test program whose first argument is FUZZ_WORKER */
int fuzz_worker_main(char **arguments);

/** fuzz_call() - make one call of the device. fuzz_calls.c */
void fuzz_call(struct fuzz_worker *worker);

/** fuzz_command_name() - name of row @index, or NULL behind the last row */
const char *fuzz_command_name(unsigned int index);

/** fuzz_command_expected() - can the command of row @index succeed with these @capabilities? */
bool fuzz_command_expected(unsigned int index, bool capabilities, __u64 features);

/** fuzz_command_seldom() - may the command of row @index fail all the time, even where it is expected to succeed? */
bool fuzz_command_seldom(unsigned int index);

/** fuzz_memory_map() - map every shape, at the same addresses in every process. fuzz_memory.c */
void fuzz_memory_map(struct fuzz_worker *worker);

/** fuzz_memory_event() - change one of the shapes */
void fuzz_memory_event(struct fuzz_worker *worker);

/** fuzz_address() - an address in a shape; *room: bytes from there to the end of the shape */
uint64_t fuzz_address(struct fuzz_worker *worker, size_t *room);

/** fuzz_device_address() - a page of the shape where device memory may be mapped */
uint64_t fuzz_device_address(struct fuzz_worker *worker, size_t *room);

/** fuzz_session() - one of the sessions that the worker knows; rarely an empty slot */
static inline struct fuzz_session *fuzz_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session;
	int tries = 0;

	do {
		session = &worker->sessions[prng_below(&worker->prng, FUZZ_SESSIONS)];
	} while (session->fd < 0 && ++tries < 8);
	return session;
}

/** fuzz_count_action() - count one @action of this worker */
static inline void fuzz_count_action(struct fuzz_worker *worker, enum fuzz_action action)
{
	__atomic_fetch_add(&worker->shared->actions[action], 1, __ATOMIC_RELAXED);
}

#endif
