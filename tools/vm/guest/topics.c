// SPDX-License-Identifier: GPL-2.0-only
/* Run the test programs, one topic after the other, each within its deadline. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../needs.h"
#include "../protocol.h"
#include "descendants.h"
#include "ktap_forward.h"
#include "guest.h"

#define EXIT_SKIP	4	/* KSFT_SKIP */

static char topics[MAX_TOPICS][64];
static unsigned int topic_count;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What guests_is_program() takes for a topic. Other files there (known-issues) are data of topics. */
unsigned int topics_find(const char *tests)
{
	DIR *directory = opendir(tests);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)) && topic_count < MAX_TOPICS) {
		struct stat status;

		if (*entry->d_name == '.' || fstatat(dirfd(directory), entry->d_name, &status, 0) ||
		    !S_ISREG(status.st_mode) || !(status.st_mode & 0111))
			continue;
		snprintf(topics[topic_count++], sizeof(topics[0]), "%.63s",
			 entry->d_name);
	}
	if (directory)
		closedir(directory);
	qsort(topics, topic_count, sizeof(topics[0]), by_name);
	return topic_count;
}

void topics_keep(bool (*wanted)(const struct config *config, const char *topic, unsigned int number),
		 const struct config *config)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < topic_count; i++)
		if (wanted(config, topics[i], i))
			memmove(topics[kept++], topics[i], sizeof(topics[i]));
	topic_count = kept;
}

unsigned int topics_count(void)
{
	return topic_count;
}

/* A kernel without CONFIG_BINFMT_SCRIPT does not run "#!INTERPRETER". */
static void become_interpreter(const char *path)
{
	char line[128];

	file_read(path, line, sizeof(line));
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "#!", 2))
		execl(line + 2, line + 2, path, (char *)NULL);
}

static void __attribute__((noreturn)) become_topic(const char *topic, const char *path, int output)
{
	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl(path, topic, (char *)NULL);
	if (errno == ENOEXEC)
		become_interpreter(path);
	dprintf(STDERR_FILENO, "# cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Report the state of a process and its stack in the kernel. */
static void report_hung_process(pid_t pid)
{
	char path[64], text[2048], *line, *rest;
	const char *stat = process_stat(pid, text, sizeof(text));

	if (!stat)
		return;
	text[strcspn(text, ")") + 3] = '\0';
	report("hung: %s", text);
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	file_read(path, text, sizeof(text));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		report("hung:   %s", line);
}

/**
 * struct ending - how a test program ended
 * @status: as waitpid() has it
 * @left: what could not be given back afterwards, or NULL
 */
struct ending {
	int status;
	bool timed_out;
	bool unkillable;
	const char *left;
};

static void watch_topic(pid_t pid, int output, long seconds, struct forward *forward,
			struct ending *ending)
{
	struct pollfd fds[2] = {
		{ .fd = output, .events = POLLIN },
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
	};
	double deadline = monotonic_seconds() + (double)seconds;

	while (!fds[1].revents) {
		double left = deadline - monotonic_seconds();

		if (left <= 0) {
			ending->timed_out = true;
			visit_descendants(report_hung_process);
			break;
		}
		if (poll(fds, 2, (int)(left * 1000) + 1) < 0)
			continue;
		if (fds[0].revents && !forward_from(forward, output))
			fds[0].fd = -1;
	}
	close(fds[1].fd);
	if (ending->timed_out)
		kill(pid, SIGKILL);
	if (waitpid(pid, &ending->status, ending->timed_out ? WNOHANG : 0) < 0)
		ending->status = -1;
	ending->unkillable = !reap_descendants();
	fcntl(output, F_SETFL, O_NONBLOCK);
	while (fds[0].fd >= 0 && poll(fds, 1, 0) > 0 && forward_from(forward, output))
		;
	forward_end(forward);
}

static void report_ending(const char *topic, const struct config *config,
			  const struct forward *forward, const struct ending *ending)
{
	int status = ending->status;
	long planned = forward->planned;

	if (ending->timed_out)
		report_result(false, topic, "TIMEOUT %ld seconds%s", config->topic_seconds,
			      ending->unkillable ? ", and it cannot be killed" : "");
	else if (WIFSIGNALED(status))
		report_result(false, topic, "ERROR killed by signal %d (%s)", WTERMSIG(status),
			      strsignal(WTERMSIG(status)));
	else if (planned >= 0 && (long)forward->results < planned)
		report_result(false, topic, "ERROR %u of %ld results, exit status %d",
			      forward->results, planned, WEXITSTATUS(status));
	else if (ending->left)
		report_result(false, topic, "ERROR %s", ending->left);
	else if (WEXITSTATUS(status) == EXIT_SKIP && !forward->results)
		report_result(true, topic, "SKIP %s", *config->filter ? REASON_FILTER :
			      *forward->skip_reason ? forward->skip_reason : "nothing to run");
	else if (WEXITSTATUS(status) && WEXITSTATUS(status) != EXIT_SKIP)
		report_result(false, topic, "exit status %d", WEXITSTATUS(status));
	else if (!forward->results)
		report_result(false, topic, "ERROR exit status 0 without a single result");
	else
		report_result(true, topic, NULL);
}

static unsigned int needs_of_topic(const char *path)
{
	struct needs needs = { 0 };
	char word[64];

	needs_read(path, &needs, word, sizeof(word));
	return needs.bits;
}

/* Most topics of a run with a filter: the program is not started, which costs a second for all. */
static void report_topic_left_out(const char *topic)
{
	report(MARK_TOPIC "%s", topic);
	report_result(true, topic, "SKIP " REASON_FILTER);
}

static void run_topic(const char *topic, const struct config *config)
{
	double start = monotonic_seconds();
	struct ending ending = { 0 };
	struct forward forward;
	char path[512], mark[96];
	unsigned int needs;
	int output[2];
	pid_t pid;

	if (!topic_may_be_chosen(topic, config->filter)) {
		report_topic_left_out(topic);
		return;
	}
	snprintf(mark, sizeof(mark), "topic %s", topic);
	kmsg_mark(mark);
	report(MARK_TOPIC "%s", topic);
	forward_begin(&forward, config->terse);
	if (pipe2(output, O_CLOEXEC)) {
		report_result(false, topic, "ERROR pipe: %s", strerror(errno));
		return;
	}
	/* A panic loses the bytes in the pipe: keep it small. */
	fcntl(output[1], F_SETPIPE_SZ, 4096);
	snprintf(path, sizeof(path), "%s/%s", config->tests, topic);
	needs = needs_of_topic(path);
	needs_up(needs, config);
	pid = fork();
	if (!pid)
		become_topic(topic, path, output[1]);
	close(output[1]);
	if (pid < 0) {
		report_result(false, topic, "ERROR fork: %s", strerror(errno));
	} else {
		watch_topic(pid, output[0], config->topic_seconds, &forward, &ending);
		ending.left = needs_down(needs, config);
		report("%s took %.2f s", topic, monotonic_seconds() - start);
		clean_pins_since(topic);
		scope_add(topic, kmsg_check(topic));
		report_ending(topic, config, &forward, &ending);
	}
	close(output[0]);
}

void topics_run(const struct config *config)
{
	sigset_t child;

	/* Orphaned processes become children of this one, as they do of init. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Blocked, so that reap_descendants() can wait for it. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (unsigned int i = 0; i < topic_count; i++)
		run_topic(topics[i], config);
}

void topics_refuse(const char *reason)
{
	for (unsigned int i = 0; i < topic_count; i++)
		report_result(true, topics[i], "SKIP %s", reason);
}
