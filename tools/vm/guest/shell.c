// SPDX-License-Identifier: GPL-2.0-only
/* --shell: a prompt on the console, with the module loaded and the tests in /tests. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../protocol.h"
#include "guest.h"

static void __attribute__((noreturn)) become_shell(void)
{
	int console;

	/* A session with a controlling terminal: job control and Ctrl-C need one. */
	setsid();
	console = open("/dev/ttyS0", O_RDWR);
	ioctl(console, TIOCSCTTY, 1);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	setenv("PS1", "pincheck-vm:\\w# ", 1);
	setenv("TERM", "vt100", 0);
	puts("\nTests are in " GUEST_TESTS "; `exit` ends the machine.");
	fflush(stdout);
	execl(GUEST_BUSYBOX, "sh", (char *)NULL);
	printf("cannot run " GUEST_BUSYBOX ": %s\n", strerror(errno));
	_exit(127);
}

void shell_run(void)
{
	pid_t pid, ended;
	char *const install[] = { "busybox", "--install", "-s", "/bin", NULL };

	pid = fork();
	if (!pid) {
		execv(GUEST_BUSYBOX, install);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	setenv("PATH", "/bin:" GUEST_TESTS, 1);
	pid = fork();
	if (!pid)
		become_shell();
	do {
		ended = waitpid(-1, NULL, 0);
	} while (ended != pid && (ended > 0 || errno == EINTR));
}
