// SPDX-License-Identifier: GPL-2.0-only
/* The processes below this one. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "descendants.h"
#include "guest.h"

#define REAP_SECONDS	5

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

const char *process_stat(pid_t pid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return file_read(path, text, size) > 0 ? strchr(text, '(') : NULL;
}

static pid_t parent_of(pid_t pid)
{
	char text[512];
	const char *stat = process_stat(pid, text, sizeof(text));
	const char *end = stat ? strrchr(stat, ')') : NULL;
	int parent = 0;

	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/*
 * Kernel threads are no descendants of this process, nor are other programs of a person's machine.
 */
static bool is_descendant(pid_t pid)
{
	while (pid && pid != getpid())
		pid = parent_of(pid);
	return pid;
}

void visit_descendants(void (*visit)(pid_t pid))
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		pid_t pid = (pid_t)atol(entry->d_name);

		if (is_number(entry->d_name) && pid != getpid() && is_descendant(pid))
			visit(pid);
	}
	if (directory)
		closedir(directory);
}

static void kill_process(pid_t pid)
{
	kill(pid, SIGKILL);
}

/*
 * In a guest all processes belong to the topic: one call reaches even a process that forks all the
 * time.
 */
static void kill_descendants(void)
{
	if (getpid() == 1)
		kill(-1, SIGKILL);
	else
		visit_descendants(kill_process);
}

bool reap_descendants(void)
{
	double deadline = monotonic_seconds() + REAP_SECONDS;
	const struct timespec slice = { .tv_nsec = 20 * 1000 * 1000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid > 0)
			continue;
		if (monotonic_seconds() > deadline)
			return false;
		kill_descendants();
		sigtimedwait(&child, NULL, &slice);
	}
}
