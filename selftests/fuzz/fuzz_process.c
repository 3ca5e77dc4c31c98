// SPDX-License-Identifier: GPL-2.0-only
/* What a hostile process does with itself and its sessions between its calls. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/array.h"
#include "../../tools/lib/pincheck.h"
#include "child.h"
#include "faults.h"
#include "fd_pass.h"
#include "fuzz.h"
#include "gup_test_file.h"
#include "stage.h"

#define CHILD_CALLS		48	/* that a forked child makes at most */
#define DEPTH_MAX		2
#define NOBODY			65534

/**
 * struct caller - the rights and limits of a worker
 * @root: the worker keeps its capabilities
 * @memlock_pages: RLIMIT_MEMLOCK, in base pages; 0: unchanged
 * @nofile: RLIMIT_NOFILE; 0: unchanged
 * @as: RLIMIT_AS; 0: unchanged
 */
static const struct caller {
	bool root;
	rlim_t memlock_pages;
	rlim_t nofile;
	rlim_t as;
} callers[] = {
	{ true, 0, 0, 0 },
	{ false, 64, 0, 0 },
	{ true, 0, 20, 0 },
	{ false, 0, 0, 24UL << 20 },
	{ true, 0, 0, 0 },
};

static void set_limit(int resource, rlim_t value)
{
	struct rlimit both = { value, value };

	if (value)
		setrlimit(resource, &both);
}

static void set_caller(struct fuzz_worker *worker, unsigned int caller)
{
	worker->caller = caller;
	worker->privileged = callers[caller].root;
}

static void become_caller(const struct fuzz_worker *worker)
{
	const struct caller *caller = &callers[worker->caller];

	set_limit(RLIMIT_MEMLOCK, caller->memlock_pages * PAGE_BYTES);
	set_limit(RLIMIT_NOFILE, caller->nofile);
	set_limit(RLIMIT_AS, caller->as);
	if (!caller->root && setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

/* Maps the in_buffer, the same pages read-only, and the out_buffer; a hole follows each. */
static bool map_buffers(struct fuzz_worker *worker)
{
	const size_t bytes = 2 * (FUZZ_IN_BYTES + PAGE_BYTES) + FUZZ_OUT_BYTES + PAGE_BYTES;
	const int rw = PROT_READ | PROT_WRITE;
	int file = memfd_create("in_buffer", MFD_CLOEXEC);
	unsigned char *area;
	bool all;

	area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (file < 0 || area == MAP_FAILED || ftruncate(file, FUZZ_IN_BYTES))
		return false;
	worker->in_buffer = area;
	worker->in_buffer_read_only = area + FUZZ_IN_BYTES + PAGE_BYTES;
	worker->out_buffer = worker->in_buffer_read_only + FUZZ_IN_BYTES + PAGE_BYTES;
	all = mmap(worker->in_buffer, FUZZ_IN_BYTES, rw, MAP_SHARED | MAP_FIXED, file, 0) !=
	      MAP_FAILED &&
	      mmap(worker->in_buffer_read_only, FUZZ_IN_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED,
		   file, 0) != MAP_FAILED &&
	      mmap(worker->out_buffer, FUZZ_OUT_BYTES, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		   -1, 0) != MAP_FAILED;
	close(file);
	return all;
}

static void forget_session(struct fuzz_session *session)
{
	*session = (struct fuzz_session){ .fd = -1 };
}

static void close_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = fuzz_session(worker);

	if (session->fd >= 0)
		close(session->fd);
	forget_session(session);
	fuzz_count_action(worker, FUZZ_CLOSE);
}

/* A slot for a new session, empty or not. */
static struct fuzz_session *any_slot(struct fuzz_worker *worker)
{
	return &worker->sessions[prng_below(&worker->prng, FUZZ_SESSIONS)];
}

static void open_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = any_slot(worker);
	int fd = pincheck_open();

	if (fd < 0)
		return;
	if (session->fd >= 0)
		close(session->fd);
	forget_session(session);
	session->fd = fd;
	fuzz_count_action(worker, FUZZ_OPEN);
}

static void dup_session(struct fuzz_worker *worker)
{
	struct fuzz_session *from = fuzz_session(worker), *to = any_slot(worker);
	int fd = from->fd < 0 ? -1 : fcntl(from->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (to->fd >= 0)
		close(to->fd);
	*to = *from;
	to->fd = fd;
	fuzz_count_action(worker, FUZZ_DUP);
}

/* Clears close-on-exec: this session survives the next exec. */
static void keep_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = fuzz_session(worker);

	if (session->fd >= 0 && !fcntl(session->fd, F_SETFD, 0))
		fuzz_count_action(worker, FUZZ_KEEP);
}

/* Puts a session and the ids of its holds into the fd_pool. */
static void pass_session(struct fuzz_worker *worker)
{
	const struct fuzz_session *session = fuzz_session(worker);

	if (session->fd >= 0 &&
	    !fd_send(worker->shared->fd_pool[0], session->fd, session->ids, sizeof(session->ids),
		     MSG_DONTWAIT | MSG_NOSIGNAL))
		fuzz_count_action(worker, FUZZ_PASS);
}

static void receive_session(struct fuzz_worker *worker)
{
	struct fuzz_session got = { .fd = -1 }, *session = any_slot(worker);

	got.fd = fd_receive(worker->shared->fd_pool[1], got.ids, sizeof(got.ids), MSG_DONTWAIT);
	if (got.fd < 0)
		return;
	if (session->fd >= 0)
		close(session->fd);
	*session = got;
	fuzz_count_action(worker, FUZZ_RECEIVE);
}

/* Opens a file of gup_test.ko anew, as long as this process may. */
static void reopen_gup_test(struct fuzz_worker *worker)
{
	int *file = &worker->gup_tests[prng_below(&worker->prng, FUZZ_GUP_TESTS)];
	int opened = gup_test_open();

	if (opened < 0)
		return;
	if (*file >= 0)
		close(*file);
	*file = opened;
	fuzz_count_action(worker, FUZZ_GUP_TEST);
}

static void make_calls(struct fuzz_worker *worker);

/*
 * A child makes up to CHILD_CALLS calls and dies with all that it holds. Its parent reaps it, or
 * the run, if the parent is gone by then.
 */
static void fork_child(struct fuzz_worker *worker)
{
	uint64_t end = prng_below(&worker->prng, 3);
	pid_t child;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (worker->depth == DEPTH_MAX)
		return;
	worker->prng.state += 2;	/* each child gets another state */
	child = fork();
	if (child < 0)
		return;
	fuzz_count_action(worker, FUZZ_FORK);
	if (child)
		return;
	worker->depth++;
	worker->prng.state ^= 0x5bf0363553aef3cd * worker->depth;
	worker->left = prng_below(&worker->prng, CHILD_CALLS);
	make_calls(worker);
	if (end == 0) {
		fuzz_count_action(worker, FUZZ_SUICIDE);
		raise(SIGKILL);
	}
	_exit(0);
}

/* The worker goes on as a new program, with the sessions that keep_session() chose. */
static void exec_self(struct fuzz_worker *worker)
{
	char words[4][24];
	unsigned int i;
	const uint64_t numbers[] = {
		worker->shared->fd, worker->number, worker->caller, worker->prng.state,
	};

	if (worker->depth)
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		snprintf(words[i], sizeof(words[i]), "%llu", (unsigned long long)numbers[i]);
	fuzz_count_action(worker, FUZZ_EXEC);
	execl("/proc/self/exe", "hostile", FUZZ_WORKER, words[0], words[1], words[2], words[3],
	      NULL);
}

static void do_action(struct fuzz_worker *worker)
{
	static const struct {
		unsigned int weight;
		void (*action)(struct fuzz_worker *worker);
	} actions[] = {
		{ 600, fuzz_memory_event }, { 60, open_session }, { 40, close_session },
		{ 40, dup_session }, { 60, pass_session }, { 60, receive_session },
		{ 20, keep_session }, { 20, fork_child }, { 20, reopen_gup_test }, { 6, exec_self },
	};
	uint64_t roll = prng_below(&worker->prng, 10000);

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (roll < actions[i].weight) {
			actions[i].action(worker);
			return;
		}
		roll -= actions[i].weight;
	}
}

static void make_calls(struct fuzz_worker *worker)
{
	struct fuzz_shared *shared = worker->shared;

	while (worker->left-- > 0 && __atomic_fetch_sub(&shared->left, 1, __ATOMIC_RELAXED) > 0) {
		do_action(worker);
		fuzz_call(worker);
		if (!(++worker->calls % FUZZ_PROGRESS_CALLS) &&
		    write(shared->progress[1], "b", 1) != 1)
			break;
	}
}

/* Finds the sessions that survived exec. */
static void adopt_sessions(struct fuzz_worker *worker)
{
	char link[64], target[64];
	size_t count = 0;

	for (int fd = 3; fd < 128 && count < FUZZ_SESSIONS; fd++) {
		ssize_t length;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		if (!strcmp(target, PINCHECK_DEVICE))
			worker->sessions[count++].fd = fd;
	}
}

/* After a fork or an exec. Ends early if an allocation that was made to fail leaves no buffers. */
static void run_worker(struct fuzz_worker *worker)
{
	stage_use_all_cpus();
	worker->left = INT64_MAX;
	if (map_buffers(worker)) {
		fuzz_memory_map(worker);
		make_calls(worker);
	}
	_exit(0);
}

pid_t fuzz_worker_start(struct fuzz_shared *shared, unsigned int number, uint64_t seed)
{
	struct fuzz_worker worker = { .shared = shared, .number = number };
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	worker.prng.state = seed | 1;
	set_caller(&worker, (number + prng_below(&worker.prng, 2)) % ARRAY_SIZE(callers));
	for (size_t i = 0; i < FUZZ_SESSIONS; i++) {
		forget_session(&worker.sessions[i]);
		/* Opened as root: a worker without rights begins with these sessions. */
		if (i < 3)
			worker.sessions[i].fd = pincheck_open();
	}
	for (size_t i = 0; i < FUZZ_GUP_TESTS; i++)
		worker.gup_tests[i] = gup_test_open();
	if (shared->faults && faults_mine())
		_exit(1);
	become_caller(&worker);
	run_worker(&worker);
	return 0;
}

int fuzz_worker_main(char **arguments)
{
	struct fuzz_worker worker = { 0 };

	for (size_t i = 0; i < 4; i++)
		if (!arguments[i])
			return 1;
	worker.shared = mmap(NULL, sizeof(*worker.shared), PROT_READ | PROT_WRITE, MAP_SHARED,
			    atoi(arguments[0]), 0);
	if (worker.shared == MAP_FAILED)
		return 1;
	worker.number = strtoul(arguments[1], NULL, 10);
	set_caller(&worker, strtoul(arguments[2], NULL, 10) % ARRAY_SIZE(callers));
	worker.prng.state = strtoull(arguments[3], NULL, 10) | 1;
	for (size_t i = 0; i < FUZZ_SESSIONS; i++)
		forget_session(&worker.sessions[i]);
	adopt_sessions(&worker);
	for (size_t i = 0; i < FUZZ_GUP_TESTS; i++)
		worker.gup_tests[i] = gup_test_open();
	run_worker(&worker);
	return 1;
}
