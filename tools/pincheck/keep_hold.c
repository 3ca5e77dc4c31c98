// SPDX-License-Identifier: GPL-2.0-only
/* How long something is kept. */
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

#define MOST_SECONDS	2000000ULL	/* what poll() can wait, in milliseconds */

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

static void tell_command(const char *name, unsigned long long value, const char *format)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	setenv(name, text, 1);
}

/* Not by fork(): pages that are held would be shared by COW until the exec. */
static int spawn(char **command, pid_t *pid)
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

/* A signal to us is one to the command, which then decides. */
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
	int error = spawn(command, &pid);

	if (!error)
		return wait_for_command(pid, signals);
	fprintf(stderr, "pincheck: cannot run %s: %s. Is it in PATH?\n", command[0],
		strerror(error));
	return EXIT_USAGE;
}

/* Return: false at the end of input, and where a line ends. */
static bool more_input(void)
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
		fputs("held: press Enter to give it back\n", stderr);
	while (poll(wait, ARRAY_SIZE(wait), seconds ? (int)seconds * 1000 : -1) > 0) {
		if (wait[0].revents || !more_input())
			return;
	}
}

int keep_until_done(const struct keep *keep, int signals, pid_t pid, __u64 address, __u64 length)
{
	tell_command("PINCHECK_PID", pid, "%llu");
	tell_command("PINCHECK_ADDRESS", address, "%#llx");
	tell_command("PINCHECK_LENGTH", length, "%llu");
	if (keep->command)
		return run_command(keep->command, signals);
	wait_for_person(keep, signals);
	return EXIT_KEPT;
}
