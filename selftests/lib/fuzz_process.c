// SPDX-License-Identifier: GPL-2.0-only
/* What a hostile process does with itself and its sessions, between its calls. */
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
#include "fuzz.h"
#include "stage.h"

#define CHILD_CALLS		48	/* that a forked child makes at most */
#define DEPTH_MAX		2
#define NOBODY			65534

/**
 * struct persona - what a worker may do
 * @root: it keeps its capabilities
 * @limits: RLIMIT_*, where not 0
 */
static const struct persona {
	bool root;
	rlim_t memlock;
	rlim_t nofile;
	rlim_t as;
} personas[] = {
	{ true, 0, 0, 0 },
	{ false, 64 * FUZZ_PAGE, 0, 0 },
	{ true, 0, 20, 0 },
	{ false, 0, 0, 24UL << 20 },
	{ true, 0, 0, 0 },
};

bool fuzz_privileged(const struct fuzz_worker *worker)
{
	return personas[worker->persona].root;
}

static void limit(int resource, rlim_t value)
{
	struct rlimit both = { value, value };

	if (value)
		setrlimit(resource, &both);
}

static void become_persona(const struct fuzz_worker *worker)
{
	const struct persona *persona = &personas[worker->persona];

	limit(RLIMIT_MEMLOCK, persona->memlock);
	limit(RLIMIT_NOFILE, persona->nofile);
	limit(RLIMIT_AS, persona->as);
	if (!persona->root && setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

/* The desk twice, read-only the second time, and the tray; each with a hole behind it. */
static bool map_furniture(struct fuzz_worker *worker)
{
	const size_t bytes = 2 * (FUZZ_DESK_BYTES + FUZZ_PAGE) + FUZZ_TRAY_BYTES + FUZZ_PAGE;
	const int rw = PROT_READ | PROT_WRITE;
	int file = memfd_create("desk", MFD_CLOEXEC);
	unsigned char *area;
	bool all;

	area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (file < 0 || area == MAP_FAILED || ftruncate(file, FUZZ_DESK_BYTES))
		return false;
	worker->desk = area;
	worker->desk_read_only = area + FUZZ_DESK_BYTES + FUZZ_PAGE;
	worker->tray = worker->desk_read_only + FUZZ_DESK_BYTES + FUZZ_PAGE;
	all = mmap(worker->desk, FUZZ_DESK_BYTES, rw, MAP_SHARED | MAP_FIXED, file, 0) !=
	      MAP_FAILED &&
	      mmap(worker->desk_read_only, FUZZ_DESK_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED,
		   file, 0) != MAP_FAILED &&
	      mmap(worker->tray, FUZZ_TRAY_BYTES, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
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
	fuzz_did(worker, FUZZ_CLOSE);
}

/* Where something new goes. */
static struct fuzz_session *any_place(struct fuzz_worker *worker)
{
	return &worker->sessions[dice_below(&worker->dice, FUZZ_SESSIONS)];
}

static void open_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = any_place(worker);
	int fd = pincheck_open();

	if (fd < 0)
		return;
	if (session->fd >= 0)
		close(session->fd);
	forget_session(session);
	session->fd = fd;
	fuzz_did(worker, FUZZ_OPEN);
}

static void dup_session(struct fuzz_worker *worker)
{
	struct fuzz_session *from = fuzz_session(worker), *to = any_place(worker);
	int fd = from->fd < 0 ? -1 : fcntl(from->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (to->fd >= 0)
		close(to->fd);
	*to = *from;
	to->fd = fd;
	fuzz_did(worker, FUZZ_DUP);
}

/* The next exec takes it along. */
static void keep_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = fuzz_session(worker);

	if (session->fd >= 0 && !fcntl(session->fd, F_SETFD, 0))
		fuzz_did(worker, FUZZ_KEEP);
}

/* One message of the pool: a session, and the ids of its holds. */
struct parcel {
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec data;
	struct msghdr message;
};

static void parcel_wrap(struct parcel *parcel, struct fuzz_session *session)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->data = (struct iovec){ session->ids, sizeof(session->ids) };
	parcel->message = (struct msghdr){
		.msg_iov = &parcel->data, .msg_iovlen = 1,
		.msg_control = parcel->control, .msg_controllen = sizeof(parcel->control),
	};
}

static void pass_session(struct fuzz_worker *worker)
{
	struct fuzz_session *session = fuzz_session(worker);
	struct cmsghdr *header;
	struct parcel parcel;

	if (session->fd < 0)
		return;
	parcel_wrap(&parcel, session);
	header = CMSG_FIRSTHDR(&parcel.message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &session->fd, sizeof(int));
	if (sendmsg(worker->board->pool[0], &parcel.message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		fuzz_did(worker, FUZZ_PASS);
}

static void receive_session(struct fuzz_worker *worker)
{
	struct fuzz_session got = { .fd = -1 }, *session = any_place(worker);
	struct cmsghdr *header;
	struct parcel parcel;

	parcel_wrap(&parcel, &got);
	if (recvmsg(worker->board->pool[1], &parcel.message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return;
	/* Without a free descriptor the message comes without its session. */
	header = CMSG_FIRSTHDR(&parcel.message);
	if (!header || header->cmsg_len < CMSG_LEN(sizeof(int)))
		return;
	memcpy(&got.fd, CMSG_DATA(header), sizeof(int));
	if (session->fd >= 0)
		close(session->fd);
	*session = got;
	fuzz_did(worker, FUZZ_RECEIVE);
}

static void work(struct fuzz_worker *worker);

/* Children die as they like, with all that they hold; who survives them reaps them, or the run. */
static void fork_child(struct fuzz_worker *worker)
{
	uint64_t end = dice_below(&worker->dice, 3);
	pid_t child;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (worker->depth == DEPTH_MAX)
		return;
	worker->dice.state += 2;	/* no two children alike */
	child = fork();
	if (child < 0)
		return;
	fuzz_did(worker, FUZZ_FORK);
	if (child)
		return;
	worker->depth++;
	worker->dice.state ^= 0x5bf0363553aef3cd * worker->depth;
	worker->left = dice_below(&worker->dice, CHILD_CALLS);
	work(worker);
	if (end == 0) {
		fuzz_did(worker, FUZZ_SUICIDE);
		raise(SIGKILL);
	}
	_exit(0);
}

/* The same worker goes on as a new program, with the sessions that it kept. */
static void exec_self(struct fuzz_worker *worker)
{
	char words[4][24];
	unsigned int i;
	const uint64_t numbers[] = {
		worker->board->board, worker->number, worker->persona, worker->dice.state,
	};

	if (worker->depth)
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		snprintf(words[i], sizeof(words[i]), "%llu", (unsigned long long)numbers[i]);
	fuzz_did(worker, FUZZ_EXEC);
	execl("/proc/self/exe", "hostile", FUZZ_WORKER, words[0], words[1], words[2], words[3],
	      NULL);
}

static void do_something(struct fuzz_worker *worker)
{
	static const struct {
		unsigned int weight;
		void (*deed)(struct fuzz_worker *worker);
	} deeds[] = {
		{ 600, fuzz_memory_event }, { 60, open_session }, { 40, close_session },
		{ 40, dup_session }, { 60, pass_session }, { 60, receive_session },
		{ 20, keep_session }, { 20, fork_child }, { 6, exec_self },
	};
	uint64_t roll = dice_below(&worker->dice, 10000);

	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
		if (roll < deeds[i].weight) {
			deeds[i].deed(worker);
			return;
		}
		roll -= deeds[i].weight;
	}
}

static void work(struct fuzz_worker *worker)
{
	struct fuzz_board *board = worker->board;

	while (worker->left-- > 0 && __atomic_fetch_sub(&board->left, 1, __ATOMIC_RELAXED) > 0) {
		do_something(worker);
		fuzz_call(worker);
		if (!(++worker->calls % FUZZ_BEAT) && write(board->beat[1], "b", 1) != 1)
			break;
	}
}

/* Sessions that came through exec. */
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

/* As it was forked, or after an exec. Allocations that fail may leave it without what it needs. */
static void live(struct fuzz_worker *worker)
{
	stage_use_all_cpus();
	worker->left = INT64_MAX;
	if (map_furniture(worker)) {
		fuzz_memory_map(worker);
		work(worker);
	}
	_exit(0);
}

pid_t fuzz_worker_start(struct fuzz_board *board, unsigned int number, uint64_t seed)
{
	struct fuzz_worker worker = { .board = board, .number = number };
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	worker.dice.state = seed | 1;
	worker.persona = (number + dice_below(&worker.dice, 2)) % ARRAY_SIZE(personas);
	for (size_t i = 0; i < FUZZ_SESSIONS; i++) {
		forget_session(&worker.sessions[i]);
		/* Who may not open the device begins with what it inherits. */
		if (i < 3)
			worker.sessions[i].fd = pincheck_open();
	}
	if (board->faults && faults_mine())
		_exit(1);
	become_persona(&worker);
	live(&worker);
	return 0;
}

int fuzz_worker_main(char **arguments)
{
	struct fuzz_worker worker = { 0 };

	for (size_t i = 0; i < 4; i++)
		if (!arguments[i])
			return 1;
	worker.board = mmap(NULL, sizeof(*worker.board), PROT_READ | PROT_WRITE, MAP_SHARED,
			    atoi(arguments[0]), 0);
	if (worker.board == MAP_FAILED)
		return 1;
	worker.number = strtoul(arguments[1], NULL, 10);
	worker.persona = strtoul(arguments[2], NULL, 10);
	worker.dice.state = strtoull(arguments[3], NULL, 10) | 1;
	for (size_t i = 0; i < FUZZ_SESSIONS; i++)
		forget_session(&worker.sessions[i]);
	adopt_sessions(&worker);
	live(&worker);
	return 1;
}
