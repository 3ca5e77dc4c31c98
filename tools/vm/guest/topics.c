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
#include "ktap_forward.h"
#include "guest.h"

#define EXIT_SKIP	4	/* KSFT_SKIP */
#define REAP_SECONDS	5

static char topics[MAX_TOPICS][64];
static unsigned int topic_count;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Executables of /tests are topics; other files there (known-issues) are their data. */
unsigned int topics_find(void)
{
	DIR *directory = opendir(GUEST_TESTS);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)) && topic_count < MAX_TOPICS) {
		struct stat status;

		if (fstatat(dirfd(directory), entry->d_name, &status, 0) ||
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

static void __attribute__((noreturn)) become(const char *topic, int output)
{
	char path[128];

	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	snprintf(path, sizeof(path), GUEST_TESTS "/%s", topic);
	execl(path, topic, (char *)NULL);
	dprintf(STDERR_FILENO, "# cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Where a hung program hangs: the state and kernel stack of all that is not a kernel thread. */
static void report_hung_processes(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char path[300], text[2048], *line, *rest;

		if (!is_number(entry->d_name) || !strcmp(entry->d_name, "1"))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		if (file_read(path, text, sizeof(text)) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file_read(path, text, sizeof(text));
		text[strcspn(text, ")") + 3] = '\0';
		report("hung: %s", text);
		snprintf(path, sizeof(path), "/proc/%s/stack", entry->d_name);
		file_read(path, text, sizeof(text));
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			report("hung:   %s", line);
	}
	if (directory)
		closedir(directory);
}

/*
 * The harness puts every test into a process group of its own, so only init can reach them all:
 * kill(-1) spares nobody else. Return: false if something survives SIGKILL
 */
static bool reap_everything(void)
{
	double deadline = monotonic_seconds() + REAP_SECONDS;
	const struct timespec slice = { .tv_nsec = 20 * 1000 * 1000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(-1, SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid > 0)
			continue;
		if (monotonic_seconds() > deadline)
			return false;
		sigtimedwait(&child, NULL, &slice);
	}
}

/**
 * struct ending - how a test program ended
 * @status: of waitpid
 * @left: what the machine was not rid of afterwards, or NULL
 */
struct ending {
	int status;
	bool timed_out;
	bool unkillable;
	const char *left;
};

static void watch(pid_t pid, int output, long seconds, struct forward *forward,
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
			report_hung_processes();
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
	ending->unkillable = !reap_everything();
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

static void file_systems_up(const struct config *config)
{
	(void)config;
	kmods_load_for(NEED_FILE_SYSTEMS);
	disks_up(true);
}

/* How the guest gets what a topic needs, and rid of it */
static const struct {
	enum need need;
	void (*up)(const struct config *config);
	const char *(*down)(const struct config *config);
} needs[] = {
	{ NEED_FILE_SYSTEMS, file_systems_up, NULL },
	{ NEED_MOVABLE, movable_up, movable_down },
	{ NEED_VIRTIO_MEM, virtio_mem_up, virtio_mem_down },
	{ NEED_PMEM, pmem_up, NULL },
};

static void machine_up(const char *topic, const struct config *config)
{
	if (!topic_may_be_chosen(topic, config->filter))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (needs_of_topic(topic) & needs[i].need)
			needs[i].up(config);
}

/* Return: NULL, or what could not be put back */
static const char *machine_down(const char *topic, const struct config *config)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if ((needs_of_topic(topic) & needs[i].need) && needs[i].down)
			wrong = needs[i].down(config) ?: wrong;
	return wrong;
}

static void run_topic(const char *topic, const struct config *config)
{
	double start = monotonic_seconds();
	struct ending ending = { 0 };
	struct forward forward;
	char mark[96];
	int output[2];
	pid_t pid;

	snprintf(mark, sizeof(mark), "topic %s", topic);
	kmsg_mark(mark);
	report(MARK_TOPIC "%s", topic);
	forward_begin(&forward);
	if (pipe2(output, O_CLOEXEC)) {
		report_result(false, topic, "ERROR pipe: %s", strerror(errno));
		return;
	}
	/* What a panic finds in the pipe is lost: let there be little. */
	fcntl(output[1], F_SETPIPE_SZ, 4096);
	machine_up(topic, config);
	pid = fork();
	if (!pid)
		become(topic, output[1]);
	close(output[1]);
	if (pid < 0) {
		report_result(false, topic, "ERROR fork: %s", strerror(errno));
	} else {
		watch(pid, output[0], config->topic_seconds, &forward, &ending);
		swap_async_off();
		ending.left = machine_down(topic, config);
		report("%s took %.2f s", topic, monotonic_seconds() - start);
		clean_pins_since(topic);
		scope_add(topic, kmsg_check(topic));
		report_ending(topic, config, &forward, &ending);
	}
	close(output[0]);
}

void topics_environment(const struct config *config)
{
	if (*config->filter)
		setenv(ENV_FILTER, config->filter, 1);
	if (config->slow)
		setenv(ENV_SLOW, "yes", 1);
	setenv(ENV_POISON, "yes", 1);	/* a guest does not live long */
	if (*config->module)
		setenv(ENV_MODULE, config->module, 1);
}

void topics_run(const struct config *config)
{
	sigset_t child;

	/* Blocked, so that reap_everything() can wait for it. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	topics_environment(config);
	for (unsigned int i = 0; i < topic_count; i++)
		run_topic(topics[i], config);
}

void topics_refuse(const char *reason)
{
	for (unsigned int i = 0; i < topic_count; i++)
		report_result(true, topics[i], "SKIP %s", reason);
}
