// SPDX-License-Identifier: GPL-2.0-only
/* QEMU as a child process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "qemu.h"
#include "util.h"

#define PIPE_BYTES	(1 << 20)

/* A pipe that is full stalls the guest, so it is large. */
static int open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

/**
 * struct child_ends - descriptors of the child, -1 for those that it does not get
 */
struct child_ends {
	int results;
	int console;
	int qmp;
	int errors;
};

/* Move all descriptors above the fixed numbers first, so that no dup2() closes another one. */
static void give_ends(const struct child_ends *ends)
{
	const struct {
		int from;
		int to;
	} moves[] = {
		{ ends->results, QEMU_RESULTS_FD },
		{ ends->console, QEMU_CONSOLE_FD },
		{ ends->qmp, QEMU_QMP_FD },
	};
	int high[ARRAY_SIZE(moves)];

	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		high[i] = moves[i].from < 0 ? -1 : fcntl(moves[i].from, F_DUPFD, 10);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		if (high[i] < 0)
			continue;
		dup2(high[i], moves[i].to);
		close(high[i]);
	}
}

static void __attribute__((noreturn))
become_qemu(char **argv, const struct child_ends *ends, pid_t parent)
{
	int nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (ends->errors >= 0) {
		nothing = open("/dev/null", O_RDONLY);
		dup2(nothing, STDIN_FILENO);
		dup2(ends->errors, STDOUT_FILENO);
		dup2(ends->errors, STDERR_FILENO);
	}
	give_ends(ends);
	execvp(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum pipe_of { OF_RESULTS, OF_CONSOLE, OF_ERRORS, OF_QMP, PIPES };

/* The monitor needs both directions. A person sees the console and QEMU's errors on the terminal. */
static int open_pipes(int pipes[PIPES][2], bool interactive)
{
	if (open_pipe(pipes[OF_RESULTS]))
		return -1;
	if (!interactive && (open_pipe(pipes[OF_CONSOLE]) || open_pipe(pipes[OF_ERRORS])))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes[OF_QMP]))
		return -1;
	fcntl(pipes[OF_QMP][0], F_SETFL, O_NONBLOCK);
	return 0;
}

int qemu_start(struct qemu *qemu, char **argv, bool interactive)
{
	int pipes[PIPES][2];
	struct child_ends ends;
	pid_t self = getpid();

	memset(pipes, -1, sizeof(pipes));
	*qemu = (struct qemu){
		.pid = -1, .console = -1, .results = -1, .errors = -1, .qmp = -1, .alive = -1,
	};
	if (open_pipes(pipes, interactive))
		goto fail;
	fflush(NULL);
	ends = (struct child_ends){
		.results = pipes[OF_RESULTS][1], .console = pipes[OF_CONSOLE][1],
		.errors = pipes[OF_ERRORS][1], .qmp = pipes[OF_QMP][1],
	};
	qemu->pid = fork();
	if (!qemu->pid)
		become_qemu(argv, &ends, self);
	if (qemu->pid < 0)
		goto fail;
	qemu->alive = (int)syscall(SYS_pidfd_open, qemu->pid, 0);
	for (int i = 0; i < PIPES; i++)
		close_if_open(&pipes[i][1]);
	qemu->results = pipes[OF_RESULTS][0];
	qemu->console = pipes[OF_CONSOLE][0];
	qemu->errors = pipes[OF_ERRORS][0];
	qemu->qmp = pipes[OF_QMP][0];
	return 0;
fail:
	complain("cannot start %s: %s", argv[0], strerror(errno));
	for (int i = 0; i < PIPES; i++) {
		close_if_open(&pipes[i][0]);
		close_if_open(&pipes[i][1]);
	}
	return -1;
}

void qemu_stop(struct qemu *qemu)
{
	int status;

	if (qemu->pid > 0 && waitpid(qemu->pid, &status, WNOHANG) != qemu->pid) {
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, &status, 0);
	}
	qemu->pid = -1;
	close_if_open(&qemu->console);
	close_if_open(&qemu->results);
	close_if_open(&qemu->errors);
	close_if_open(&qemu->qmp);
	close_if_open(&qemu->alive);
}
