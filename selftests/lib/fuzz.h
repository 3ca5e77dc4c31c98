/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile use of the device: processes that make calls with good and with spoilt arguments, on
 * memory of every shape that changes under them, while they fork, execute themselves, pass
 * sessions to each other, and are killed.
 *
 * What a worker does follows from its dice alone; in which order several do it, from the machine.
 */
#ifndef SELFTESTS_LIB_FUZZ_H
#define SELFTESTS_LIB_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/pincheck.h>
#include "prng.h"

#define FUZZ_WORKERS	4
#define FUZZ_COMMANDS	24	/* room for rows */
#define FUZZ_ERRNOS	134	/* 0 is success */
#define FUZZ_SESSIONS	6	/* that a worker knows of */
#define FUZZ_IDS	8	/* of holds that it remembers of each */
#define FUZZ_BEAT	64	/* calls between two signs of life */

/* The first argument of a test program that is to be a worker: see fuzz_worker_main(). */
#define FUZZ_WORKER	"--fuzz-worker"

/** enum fuzz_deed - what a worker does beside calls, for the record */
enum fuzz_deed {
	FUZZ_OPEN, FUZZ_CLOSE, FUZZ_DUP, FUZZ_PASS, FUZZ_RECEIVE, FUZZ_KEEP,
	FUZZ_FORK, FUZZ_EXEC, FUZZ_SUICIDE, FUZZ_MEMORY, FUZZ_DEEDS,
};

/**
 * struct fuzz_board - what all processes of a run share; a file, so that it outlives exec
 * @left: calls to be made yet
 * @seed: of the run
 * @faults: allocations of the workers are to fail now and then
 * @board: descriptor of this file; all descriptors are inherited, and have the same number
 *	everywhere
 * @pool: a socket pair in which sessions wait for whoever receives them
 * @beat: a pipe: a byte every FUZZ_BEAT calls
 * @shmem: a file that all map
 * @huge: the same of hugetlb, or -1
 * @file: on ext4, read-only, or -1
 * @zero: /dev/zero
 * @pids: of the workers
 * @outcomes: of calls, by capability of the caller (0 none, 1 root), command and errno
 * @deeds: how often
 */
struct fuzz_board {
	int64_t left;
	uint64_t seed;
	bool faults;
	int board;
	int pool[2];
	int beat[2];
	int shmem;
	int huge;
	int file;
	int zero;
	pid_t pids[FUZZ_WORKERS];
	uint32_t outcomes[2][FUZZ_COMMANDS][FUZZ_ERRNOS];
	uint32_t deeds[FUZZ_DEEDS];
};

/** struct fuzz_session - one session a worker knows of; @fd is -1 where it knows none */
struct fuzz_session {
	int fd;
	__u32 ids[FUZZ_IDS];
};

/**
 * struct fuzz_worker - a process at work
 * @number: of the worker it is, or descends from
 * @persona: index of its limits and capabilities
 * @depth: forks between it and the worker
 * @left: calls it may make itself
 * @desk: pages where arguments lie: two of them, then a hole
 * @desk_read_only: the same pages again
 * @tray: pages where answers go; ends at a hole, so that no count can make them go further
 * @pfns: of its pages, as told
 */
struct fuzz_worker {
	struct fuzz_board *board;
	unsigned int number;
	unsigned int persona;
	unsigned int depth;
	int64_t left;
	unsigned int calls;
	struct dice dice;
	struct fuzz_session sessions[FUZZ_SESSIONS];
	unsigned char *desk;
	unsigned char *desk_read_only;
	unsigned char *tray;
	__u64 pfns[16];
};

#define FUZZ_PAGE	4096UL
#define FUZZ_DESK_BYTES	(2 * FUZZ_PAGE)
#define FUZZ_TRAY_BYTES	(4 * FUZZ_PAGE)
#define FUZZ_SHMEM_BYTES (64 * FUZZ_PAGE)
#define FUZZ_HUGE_BYTES	(2UL << 20)

/* A board and its files; returns NULL with errno set. */
struct fuzz_board *fuzz_board_open(void);
void fuzz_board_close(struct fuzz_board *board);

/** fuzz_worker_start() - fork worker @number, with a seed of its own. Return: pid or -errno */
pid_t fuzz_worker_start(struct fuzz_board *board, unsigned int number, uint64_t seed);

/** fuzz_worker_main() - main() of a test program whose first argument is FUZZ_WORKER */
int fuzz_worker_main(char **arguments);

/** fuzz_call() - one call of the device. fuzz_calls.c */
void fuzz_call(struct fuzz_worker *worker);

/** fuzz_command_name() - of row @index, or NULL behind the last */
const char *fuzz_command_name(unsigned int index);

/** fuzz_command_expected() - is row @index one that succeeds, for a caller with @capabilities? */
bool fuzz_command_expected(unsigned int index, bool capabilities, __u64 features);

/** fuzz_privileged() - has this worker CAP_SYS_ADMIN? */
bool fuzz_privileged(const struct fuzz_worker *worker);

/* Memory of every shape, at the same addresses in every process. fuzz_memory.c */
void fuzz_memory_map(struct fuzz_worker *worker);
void fuzz_memory_event(struct fuzz_worker *worker);

/** fuzz_address() - somewhere in it; *room: bytes from there to the end of the shape */
uint64_t fuzz_address(struct fuzz_worker *worker, size_t *room);

/** fuzz_device_address() - a page of what the device has mapped there, if it has */
uint64_t fuzz_device_address(struct fuzz_worker *worker, size_t *room);

/** fuzz_session() - any of those it knows; rarely a place where there is none */
static inline struct fuzz_session *fuzz_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session;
	int tries = 0;

	do {
		session = &worker->sessions[dice_below(&worker->dice, FUZZ_SESSIONS)];
	} while (session->fd < 0 && ++tries < 8);
	return session;
}

static inline void fuzz_did(struct fuzz_worker *worker, enum fuzz_deed deed)
{
	__atomic_fetch_add(&worker->board->deeds[deed], 1, __ATOMIC_RELAXED);
}

#endif
