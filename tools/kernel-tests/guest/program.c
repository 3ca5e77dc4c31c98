// SPDX-License-Identifier: GPL-2.0-only
/* Runs one program of the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../lib/knob.h"
#include "../../vm/guest/descendants.h"
#include "../../vm/guest/guest.h"
#include "program.h"

#define NOBODY		65534
#define KSFT_SKIP	4
#define DESCRIPTORS	8
/* A process that has been killed, or is about to end by itself, is nothing that is left. */
#define GRACE_SECONDS	1
/* protection_keys goes on in a child, and its first process ends. A child that is silent is none that goes on. */
#define SILENT_SECONDS	3

/* The working directories: on a file system of the runner's, or on one that is mounted here. */
static const struct {
	const char *where;
	const char *variable;
	const char *directory;
	const char *mount;
} places[] = {
	{ "tmpfs", NULL, "/tmp", NULL },
	{ "ext4", ENV_EXT4, NULL, NULL },
	{ "xfs", ENV_XFS, NULL, NULL },
	{ "btrfs", ENV_BTRFS, NULL, NULL },
	{ "hugetlb", NULL, "/mnt/huge", "hugetlbfs" },
};

static unsigned int left;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path) && errno != ENOENT;
}

/* Make a directory for one run. Return: false if the guest has no such file system */
static bool enter_place(const char *where, char *path, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *directory = places[i].variable ? getenv(places[i].variable) : places[i].directory;

		if (strcmp(where, places[i].where) || !directory)
			continue;
		mkdir(directory, 0755);
		if (places[i].mount && mount(places[i].mount, directory, places[i].mount, 0, NULL))
			return false;
		snprintf(path, size, "%s/kernel-test", directory);
		return (!mkdir(path, 0777) || errno == EEXIST) && !chmod(path, 0777) && !chdir(path);
	}
	return false;
}

static void leave_place(const char *where, const char *path)
{
	if (chdir("/tmp"))
		return;
	nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcmp(where, places[i].where) && places[i].mount)
			umount2(places[i].directory, MNT_DETACH);
}

/* "@xfs" among the arguments is the directory of the runner's on that file system. */
static char *expand_word(char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (*word == '@' && !strcmp(word + 1, places[i].where) && places[i].variable)
			return getenv(places[i].variable) ?: word;
	return word;
}

static void set_environment(const struct plan *plan)
{
	char directory[512], path[1024];

	for (size_t i = 0; plan->variables[i]; i++)
		putenv(plan->variables[i]);
	if (!getcwd(directory, sizeof(directory)))
		return;
	/* LTP makes its directories in the one; others start themselves, or helpers, by the other. */
	setenv("TMPDIR", directory, 1);
	snprintf(path, sizeof(path), "%s:%s", getenv("PATH") ?: "/bin:/sbin", directory);
	setenv("PATH", path, 1);
}

static void __attribute__((noreturn)) become_program(const struct plan *plan, const struct plan_run *run,
							const char *path, int output)
{
	char *words[PLAN_WORDS] = { NULL };
	size_t count = 0;
	sigset_t none;

	for (size_t i = 0; run->words[i]; i++)
		words[count++] = expand_word(run->words[i]);
	for (size_t i = 0; getenv(ENV_SLOW) && plan->patience[i] && count < PLAN_WORDS - 1; i++)
		words[count++] = plan->patience[i];
	set_environment(plan);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (*run->user && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		dprintf(STDERR_FILENO, "cannot become %s: %s\n", run->user, strerror(errno));
	else if (execv(path, words))
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Return: false at the end of the pipe */
static bool pass_output(int pipe_end, struct output *output)
{
	char bytes[4096];
	ssize_t got = read(pipe_end, bytes, sizeof(bytes));

	if (got > 0)
		output_feed(output, bytes, (size_t)got);
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/* What processes of the program say after its first one has ended. Return: false if they say something for ever */
static bool pass_rest(int pipe_end, double deadline, struct output *output)
{
	struct pollfd rest = { .fd = pipe_end, .events = POLLIN };

	while (poll(&rest, 1, SILENT_SECONDS * 1000) > 0) {
		if (!pass_output(pipe_end, output))
			return true;
		if (monotonic_seconds() > deadline)
			return false;
	}
	return true;
}

static void watch_program(pid_t pid, int pipe_end, long seconds, struct output *output, struct ending *ending)
{
	struct pollfd fds[2] = {
		{ .fd = pipe_end, .events = POLLIN },
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
	};
	double deadline = monotonic_seconds() + (double)seconds;

	while (!fds[1].revents) {
		double rest = deadline - monotonic_seconds();

		if (rest <= 0) {
			ending->timed_out = true;
			kill(pid, SIGKILL);
			break;
		}
		if (poll(fds, 2, (int)(rest * 1000) + 1) > 0 && fds[0].revents &&
		    !pass_output(pipe_end, output))
			fds[0].fd = -1;
	}
	close(fds[1].fd);
	if (waitpid(pid, &ending->status, 0) < 0)
		ending->status = -1;
	fcntl(pipe_end, F_SETFL, O_NONBLOCK);
	if (ending->timed_out)
		deadline = 0;
	if (fds[0].fd >= 0 && !pass_rest(pipe_end, deadline, output))
		ending->timed_out = true;
}

static void count_process(pid_t pid)
{
	char text[256];
	const char *stat = process_stat(pid, text, sizeof(text));
	const char *end = stat ? strrchr(stat, ')') : NULL;

	left += end && strncmp(end, ") Z", 3) != 0;
}

static void report_process(pid_t pid)
{
	char text[256];
	char *stat = (char *)process_stat(pid, text, sizeof(text));

	if (!stat)
		return;
	stat[strcspn(stat, ")") + 1] = '\0';
	report("left: process %d %s", pid, stat);
}

static unsigned int take_away_processes(bool killed)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	double deadline = monotonic_seconds() + GRACE_SECONDS;

	do {
		left = 0;
		visit_descendants(count_process);
	} while (!killed && left && monotonic_seconds() < deadline && !nanosleep(&pause, NULL));
	if (left && !killed)
		visit_descendants(report_process);
	if (!reap_descendants())
		report("a process survives SIGKILL");
	return killed ? 0 : left;
}

static void set_knobs(const struct plan_run *run)
{
	for (size_t i = 0; i < run->knob_count; i++) {
		int error = knob_set(run->knobs[i].path, run->knobs[i].value);

		if (error)
			report("cannot set %s: %s", run->knobs[i].path, strerror(-error));
	}
}

/* "needs WHAT NAME MORE" */
static void end_without(struct output *output, const char *what, const char *name, const char *more)
{
	const struct ending skipped = { .status = KSFT_SKIP << 8, .skip_code = KSFT_SKIP };
	char line[384];

	snprintf(line, sizeof(line), "1..0 # SKIP needs %s %s%s\n", what, name, more);
	output_feed(output, line, strlen(line));
	output_end(output, &skipped);
}

static void run_watched(const struct plan *plan, const struct plan_run *run, const char *path,
			struct output *output, struct ending *ending)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		ending->status = 127 << 8;
		return;
	}
	pid = fork();
	if (!pid)
		become_program(plan, run, path, ends[1]);
	close(ends[1]);
	if (pid > 0)
		watch_program(pid, ends[0], plan->seconds, output, ending);
	else
		ending->status = 127 << 8;
	close(ends[0]);
}

/* In the working directory, a link to the program @name */
static void link_program(const char *tests, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.bin", tests, name);
	/* hugetlbfs has no links. */
	if (chmod(path, 0755) || (symlink(path, name) && errno != EINVAL))
		report("no link to %s: %s", path, strerror(errno));
}

unsigned int program_run(const struct plan *plan, const struct plan_run *run, const char *tests,
			 struct output *output)
{
	struct ending ending = {
		.skip_code = plan->skip_code,
		.silent = *plan->silent ? plan->silent : NULL,
	};
	char path[512], directory[512];

	snprintf(path, sizeof(path), "%s/%s.bin", tests, run->words[0]);
	if (chmod(path, 0755)) {
		end_without(output, "the program", run->words[0], ": see build.log");
		return 0;
	}
	if (!enter_place(run->where, directory, sizeof(directory))) {
		end_without(output, "a directory on", run->where, "");
		return 0;
	}
	/* Some programs execute themselves, or others that lie beside them: ./NAME */
	link_program(tests, run->words[0]);
	for (size_t i = 0; plan->helpers[i]; i++)
		link_program(tests, plan->helpers[i]);
	set_knobs(run);
	run_watched(plan, run, path, output, &ending);
	left = take_away_processes(ending.timed_out || !WIFEXITED(ending.status));
	leave_place(run->where, directory);
	output_end(output, &ending);
	return left;
}

bool module_find(const char *name, const char *tests, char *path, size_t size)
{
	const char *other = getenv(ENV_MODULE), *slash = other ? strrchr(other, '/') : NULL;

	snprintf(path, size, "%s/%s.ko", tests, name);
	if (access(path, R_OK) && slash)
		snprintf(path, size, "%.*s/%s.ko", (int)(slash - other), other, name);
	return !access(path, R_OK);
}

/* The build says why there is no module. */
const char *module_missing(const char *name, const char *tests)
{
	static char text[256];
	char path[512], why[160] = "";

	snprintf(path, sizeof(path), "%s/%s.why", tests, name);
	if (file_read(path, why, sizeof(why)) <= 0)
		snprintf(why, sizeof(why), "none was built");
	why[strcspn(why, "\n")] = '\0';
	snprintf(text, sizeof(text), "%s for this kernel: %s", name, why);
	return text;
}

/* "failed: 0" is a count, and "failed: exit with error" is none. */
static bool tells_failure(const char *text)
{
	text = strstr(text, "failed: ");
	return text && strcmp(text, "failed: 0") && strncmp(text, "failed: 0 ", 10);
}

/* Give the records of the kernel log to @output. Return: false if one of them tells of a failure */
static bool pass_log(int log, struct output *output)
{
	char record[2048], *text;
	bool good = true;
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length <= 0)
			continue;
		record[length] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';
		output_feed(output, text + 1, strlen(text + 1));
		output_feed(output, "\n", 1);
		good &= !tells_failure(text);
	}
	return good;
}

/*
 * Such a module tests in its init function, which then fails with EAGAIN, so that the module does not stay. What
 * it found is in the kernel log.
 */
void module_test_run(const struct plan_run *run, const char *tests, struct output *output)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct ending ending = { .skip_code = KSFT_SKIP };
	char path[512], line[128];
	int error;

	if (!module_find(run->module, tests, path, sizeof(path))) {
		end_without(output, "the module", module_missing(run->module, tests), "");
		close(log);
		return;
	}
	lseek(log, 0, SEEK_END);
	error = kmod_insert(path, run->parameters);
	if (!pass_log(log, output))
		ending.status = 1 << 8;
	close(log);
	if (!error)
		error = module_remove(path);
	if (error && error != -EAGAIN) {
		snprintf(line, sizeof(line), "the module was not inserted: %s\n", strerror(-error));
		output_feed(output, line, strlen(line));
		ending.status = 1 << 8;
	}
	output_end(output, &ending);
}
