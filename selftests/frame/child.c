// SPDX-License-Identifier: GPL-2.0-only
/* Child processes that carry out orders, one at a time. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/pagemap.h"
#include "child.h"
#include "plain_fork.h"

enum order { ORDER_LOOK, ORDER_FILL, ORDER_TRY_WRITE, ORDER_RUN, ORDERS };

struct request {
	enum order order;
	enum generation generation;
	int (*what)(const struct memory *memory, void *argument);
	void *argument;
};

struct reply {
	pid_t pid;
	int error;
	struct view view;
	size_t refused;
};

static void order_look(const struct memory *memory, const struct request *request,
		       struct reply *reply)
{
	(void)request;
	memory_look(memory, &reply->view);
}

static void order_fill(const struct memory *memory, const struct request *request,
		       struct reply *reply)
{
	(void)reply;
	memory_fill(memory, request->generation);
}

static sigjmp_buf write_was_refused;

static void on_refusal(int signal_number)
{
	(void)signal_number;
	siglongjmp(write_was_refused, 1);
}

static void order_try_write(const struct memory *memory, const struct request *request,
			    struct reply *reply)
{
	struct sigaction action = { .sa_handler = on_refusal };
	volatile size_t i;

	(void)request;
	sigaction(SIGSEGV, &action, NULL);
	for (i = 0; i < memory->samples; i++) {
		if (sigsetjmp(write_was_refused, 1))
			reply->refused++;
		else
			*(volatile char *)memory_address(memory, memory->sample[i]) = 1;
	}
	action.sa_handler = SIG_DFL;
	sigaction(SIGSEGV, &action, NULL);
}

/* A child is a fork: the parent's functions and data are at the same addresses. */
static void order_run(const struct memory *memory, const struct request *request,
		      struct reply *reply)
{
	reply->error = request->what(memory, request->argument);
}

static void (*const orders[ORDERS])(const struct memory *, const struct request *,
				    struct reply *) = {
	[ORDER_LOOK] = order_look, [ORDER_FILL] = order_fill, [ORDER_TRY_WRITE] = order_try_write,
	[ORDER_RUN] = order_run,
};

static _Noreturn void serve_orders(const struct memory *memory, int channel, pid_t below)
{
	struct request request;
	struct reply reply;
	int status = 0;

	while (recv(channel, &request, sizeof(request), 0) == sizeof(request)) {
		memset(&reply, 0, sizeof(reply));
		orders[request.order](memory, &request, &reply);
		if (send(channel, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
			break;
	}
	close(channel);
	if (below && (waitpid(below, &status, 0) != below || status))
		_exit(1);
	_exit(0);
}

static void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* Only the first process is known to its parent by fork(). */
static bool greet(int channel, pid_t pid)
{
	struct reply reply = { .pid = pid };

	return send(channel, &reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply);
}

/*
 * Each process keeps only its own end: an end that a relative holds open would hide a death. The
 * lowest process is forked first, so that each level copies memory that no process below has seen.
 */
static _Noreturn void be_child(struct child *child, const int *theirs, pid_t parent)
{
	pid_t self = getpid(), below = 0;
	int level = 0;

	die_with_parent(parent);
	while (level + 1 < child->depth) {
		below = plain_fork();
		if (below < 0)
			_exit(1);
		if (below) {
			close(theirs[level + 1]);
			break;
		}
		die_with_parent(self);
		close(theirs[level]);
		self = getpid();
		level++;
		if (!greet(theirs[level], self))
			_exit(1);
	}
	serve_orders(child->memory, theirs[level], below);
}

static int await_reply(struct child *child, int level, struct reply *reply)
{
	ssize_t got = recv(child->channel[level], reply, sizeof(*reply), 0);

	if (got < 0)
		return -errno;
	if (got != sizeof(*reply))
		return cause_say(-ECHILD, "process %d of the case ended before it answered", level);
	return 0;
}

static int await_greeting(struct child *child, int level)
{
	struct reply reply = { 0 };
	int error = await_reply(child, level, &reply);

	child->process[level] = reply.pid;
	return error;
}

int child_start(struct child *child, const struct memory *memory, int depth)
{
	int theirs[GENERATIONS_BELOW], pair[2];
	pid_t parent = getpid();
	int level, error = 0;

	child->memory = memory;
	child->depth = 0;
	for (level = 0; level < depth; level++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
			error = -errno;
			goto close_theirs;
		}
		child->channel[level] = pair[0];
		child->pagemap[level] = -1;
		theirs[level] = pair[1];
		child->depth++;
	}
	child->pid = plain_fork();
	if (!child->pid) {
		for (level = 0; level < depth; level++)
			close(child->channel[level]);
		be_child(child, theirs, parent);
	}
	if (child->pid < 0)
		error = -errno;
	child->process[0] = child->pid;
close_theirs:
	for (level = 0; level < child->depth; level++)
		close(theirs[level]);
	for (level = 1; level < child->depth && !error; level++)
		error = await_greeting(child, level);
	if (error)
		child_end(child);
	return error;
}

static int send_order(struct child *child, int level, const struct request *request,
		      struct reply *reply)
{
	if (level >= child->depth)
		return cause_say(-ECHILD, "the case forked %d processes and asks number %d",
				 child->depth, level);
	if (send(child->channel[level], request, sizeof(*request), MSG_NOSIGNAL) < 0)
		return -errno;
	return await_reply(child, level, reply);
}

int child_look(struct child *child, int level, struct view *view)
{
	struct request request = { .order = ORDER_LOOK };
	struct reply reply = { 0 };
	int error = send_order(child, level, &request, &reply);

	*view = reply.view;
	return error;
}

int child_fill(struct child *child, int level, enum generation generation)
{
	struct request request = { .order = ORDER_FILL, .generation = generation };
	struct reply reply = { 0 };

	return send_order(child, level, &request, &reply);
}

int child_write_refused(struct child *child, int level, size_t *refused)
{
	struct request request = { .order = ORDER_TRY_WRITE };
	struct reply reply = { 0 };
	int error = send_order(child, level, &request, &reply);

	*refused = reply.refused;
	return error;
}

int child_run(struct child *child, int level,
	      int (*what)(const struct memory *memory, void *argument), void *argument)
{
	struct request request = { .order = ORDER_RUN, .what = what, .argument = argument };
	struct reply reply = { 0 };
	int error = send_order(child, level, &request, &reply);

	return error ? error : reply.error;
}

int child_pagemap(struct child *child, int level)
{
	if (child->pagemap[level] < 0)
		child->pagemap[level] = pagemap_open(child->process[level]);
	return child->pagemap[level];
}

uint64_t child_pfn(struct child *child, int level, size_t page)
{
	return pagemap_pfn(pagemap_entry(child_pagemap(child, level),
					 memory_address(child->memory, page)));
}

void child_pfns(struct child *child, int level, uint64_t *pfn)
{
	memory_pfns(child->memory, child_pagemap(child, level), pfn);
}

int child_end(struct child *child)
{
	int level, status = 0;

	if (!child->depth)
		return 0;
	for (level = 0; level < child->depth; level++) {
		close(child->channel[level]);
		if (child->pagemap[level] >= 0)
			close(child->pagemap[level]);
	}
	child->depth = 0;
	if (child->pid <= 0)
		return 0;
	if (waitpid(child->pid, &status, 0) != child->pid)
		return -errno;
	if (status)
		return cause_say(-ECHILD, "the child ended with wait status %#x, not 0", status);
	return 0;
}
