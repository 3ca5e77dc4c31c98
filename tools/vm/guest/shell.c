// SPDX-License-Identifier: GPL-2.0-only
/*
 * --shell: a prompt on the console, or a script that the host packed, with the module loaded and
 * pincheck and the tests in PATH.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../arch/arch.h"
#include "../protocol.h"
#include "guest.h"

/* In GUEST_TESTS, with its libraries. Nothing there but topics is executable, until command_up(). */
#define COMMAND			"/pincheck"

static void send_control(const char *word, const char *text)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "%c%s%s\n", SHELL_CONTROL, word, text);

	if (length > 0 && (size_t)length < sizeof(line))
		report_raw(line, (size_t)length);
}

bool shell_has_person(void)
{
	return access(GUEST_SCRIPT, F_OK);
}

void shell_say(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (shell_has_person())
		printf("%s\n", text);
	else
		send_control(SHELL_SAY, text);
}

static void __attribute__((noreturn)) become_shell_of_person(void)
{
	int console;

	/* Job control and Ctrl-C need a session with a controlling terminal. */
	setsid();
	console = open(arch_host()->console_tty, O_RDWR);
	ioctl(console, TIOCSCTTY, 1);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	setenv("PS1", "pincheck-vm:\\w# ", 1);
	setenv("TERM", "vt100", 0);
	puts("\npincheck and the tests in " GUEST_TESTS " are in PATH; `exit` ends the machine.");
	fflush(stdout);
	execl(GUEST_BUSYBOX, "sh", (char *)NULL);
	printf("cannot run " GUEST_BUSYBOX ": %s\n", strerror(errno));
	_exit(127);
}

static void __attribute__((noreturn)) become_shell_of_script(int output)
{
	int nothing = open("/dev/null", O_RDONLY);

	setsid();
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl(GUEST_BUSYBOX, "sh", GUEST_SCRIPT, (char *)NULL);
	printf("cannot run " GUEST_BUSYBOX ": %s\n", strerror(errno));
	_exit(127);
}

/* Return: false at the end of the pipe */
static bool pass_on(int pipe_end)
{
	char bytes[4096];
	ssize_t got = read(pipe_end, bytes, sizeof(bytes));

	if (got > 0)
		report_raw(bytes, (size_t)got);
	return got > 0 || (got < 0 && errno == EINTR);
}

/* Pass output on until the shell ends. A process that the shell leaves behind may keep the pipe open. */
static void pass_all_on(pid_t pid, int output)
{
	struct pollfd fds[2] = {
		{ .fd = output, .events = POLLIN },
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
	};

	while (!fds[1].revents && (poll(fds, 2, -1) > 0 || errno == EINTR))
		if (fds[0].revents && !pass_on(output))
			fds[0].fd = -1;
	while (fds[0].fd >= 0 && poll(fds, 1, 0) > 0 && pass_on(output))
		;
	close(fds[1].fd);
}

static int status_of(pid_t pid)
{
	pid_t ended;
	int status;

	/* Init is the parent of all orphans, and reaps them, too. */
	do {
		ended = waitpid(-1, &status, 0);
	} while (ended != pid && (ended > 0 || errno == EINTR));
	if (ended != pid)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_script(void)
{
	int output[2];
	pid_t pid;

	if (pipe2(output, O_CLOEXEC))
		return 127;
	send_control(SHELL_BEGIN, "");
	pid = fork();
	if (!pid)
		become_shell_of_script(output[1]);
	close(output[1]);
	if (pid > 0)
		pass_all_on(pid, output[0]);
	close(output[0]);
	return status_of(pid);
}

static int run_for_person(void)
{
	pid_t pid = fork();

	if (!pid)
		become_shell_of_person();
	return status_of(pid);
}

/* Make pincheck a command: its loader gets the place that the program names, and both are executable. */
static void command_up(void)
{
	const char *loader = arch_host()->loader, *name = strrchr(loader, '/');
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s", (int)(name - loader), loader);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), GUEST_TESTS "%s", name);
	symlink(path, loader);
	chmod(path, 0755);
	chmod(GUEST_TESTS COMMAND, 0755);
	setenv("LD_LIBRARY_PATH", GUEST_TESTS, 1);
	setenv("PATH", "/bin:" GUEST_TESTS, 1);
}

static void busybox_up(void)
{
	char *const install[] = { "busybox", "--install", "-s", "/bin", NULL };
	pid_t pid = fork();

	if (!pid) {
		execv(GUEST_BUSYBOX, install);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

void shell_run(void)
{
	char status[16];

	busybox_up();
	command_up();
	snprintf(status, sizeof(status), "%d",
		 shell_has_person() ? run_for_person() : run_script());
	send_control(SHELL_EXIT, status);
}
