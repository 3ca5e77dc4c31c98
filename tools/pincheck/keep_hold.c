// SPDX-License-Identifier: GPL-2.0-only
/* Keep a hold until something ends it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/pincheck/keep_hold.h"
#include "tools/pincheck/pincheck.h"

#define MOST_SECONDS	2000000ULL	/* in milliseconds, this fits the int of poll() */

int keep_signals(int other)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (other)
		sigaddset(&signals, other);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void set_variable(const char *name, unsigned long long value, const char *format)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	setenv(name, text, 1);
}

/* Not with fork(), after which the held pages would be shared by COW until exec(). */
int keep_spawn(char **command, pid_t *pid)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	error = posix_spawnp(pid, command[0], NULL, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

/* SIGINT and SIGTERM go on to the command, whose end then ends the hold. */
static int wait_for_command(pid_t pid, int signals)
{
	struct signalfd_siginfo info;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (read(signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGCHLD)
			kill(pid, info.ssi_signo);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_command(char **command, int signals)
{
	pid_t pid;
	int error = keep_spawn(command, &pid);

	if (!error)
		return wait_for_command(pid, signals);
	fprintf(stderr, "pincheck: cannot run %s: %s. Name a program that is in PATH\n", command[0],
		strerror(error));
	return EXIT_USAGE;
}

/* Return: false at the end of a line and of input. */
static bool read_input(void)
{
	char bytes[256];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

	return got > 0 && !memchr(bytes, '\n', got);
}

static void wait_for_person(const struct keep *keep, int signals)
{
	unsigned long long seconds = keep->seconds < MOST_SECONDS ? keep->seconds : MOST_SECONDS;
	struct pollfd wait[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = seconds ? -1 : STDIN_FILENO, .events = POLLIN },
	};

	if (!seconds)
		fputs("the pages are held: press Enter to give them back\n", stderr);
	while (poll(wait, ARRAY_SIZE(wait), seconds ? (int)seconds * 1000 : -1) > 0) {
		if (wait[0].revents || !read_input())
			return;
	}
}

int keep_until_done(const struct keep *keep, int signals, pid_t pid, __u64 address, __u64 length)
{
	set_variable("PINCHECK_PID", pid, "%llu");
	set_variable("PINCHECK_ADDRESS", address, "%#llx");
	set_variable("PINCHECK_LENGTH", length, "%llu");
	if (keep->command)
		return run_command(keep->command, signals);
	wait_for_person(keep, signals);
	return EXIT_KEPT;
}
