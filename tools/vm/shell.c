// SPDX-License-Identifier: GPL-2.0-only
/* A shell in the guest. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "boot.h"
#include "guests.h"
#include "logs.h"
#include "progress.h"
#include "protocol.h"
#include "record.h"
#include "shell.h"
#include "util.h"
#include "verdict.h"

static void shell_print(const struct shell *shell, const char *bytes, size_t length)
{
	while (shell->to >= 0 && shell->began && !shell->ended && length) {
		ssize_t written = write(shell->to, bytes, length);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
}

static void shell_control(struct shell *shell)
{
	if (!strcmp(shell->control, SHELL_BEGIN))
		shell->began = true;
	else if (!strncmp(shell->control, SHELL_SAY, strlen(SHELL_SAY)))
		complain("%s", shell->control + strlen(SHELL_SAY));
	else if (sscanf(shell->control, SHELL_EXIT "%d", &shell->status) == 1)
		shell->ended = true;
}

static void control_byte(struct shell *shell, char byte)
{
	if (byte != '\n') {
		if (shell->control_length < sizeof(shell->control) - 1)
			shell->control[shell->control_length++] = byte;
		return;
	}
	shell->control[shell->control_length] = '\0';
	shell->control_length = 0;
	shell->in_control = false;
	shell_control(shell);
}

void shell_feed(struct shell *shell, const char *bytes, size_t length)
{
	while (length) {
		const char *control = memchr(bytes, SHELL_CONTROL, length);
		size_t plain = control ? (size_t)(control - bytes) : length;

		if (shell->in_control) {
			control_byte(shell, *bytes++);
			length--;
			continue;
		}
		shell_print(shell, bytes, plain);
		shell->in_control = control;
		bytes += plain + !!control;
		length -= plain + !!control;
	}
}

char *shell_script(void)
{
	return isatty(STDIN_FILENO) ? NULL : read_file("/dev/stdin", NULL);
}

/* The person has the console. Nothing else comes but how the shell ended. */
static int shell_of_person(const struct run *run, const struct boot *boot)
{
	struct shell shell = { .to = -1 };
	struct pollfd results = { .events = POLLIN };
	struct qemu qemu;
	char bytes[4096];
	ssize_t got = 1;

	puts("A prompt comes in some seconds. `exit` ends the machine, Ctrl-A X kills it.");
	if (qemu_start(&qemu, boot->guest->argv, true))
		return EXIT_USAGE;
	results.fd = qemu.results;
	while (got) {
		poll(&results, 1, -1);
		got = read(qemu.results, bytes, sizeof(bytes));
		if (got > 0)
			shell_feed(&shell, bytes, (size_t)got);
		else if (got < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	qemu_stop(&qemu);
	if (shell.ended)
		return shell.status;
	complain("the machine ended before its shell; %s/shell.log has the console",
		 run->options->results);
	return EXIT_USAGE;
}

static int shell_failed(const struct run *run, const struct machine *machine)
{
	const char *results = run->options->results;

	console_print_tail(&machine->console, stderr);
	if (*machine->errors)
		complain("QEMU: %s", machine->errors);
	if (*machine->console.panic) {
		complain("the kernel panicked: %s; see %s/console.log", machine->console.panic, results);
		return EXIT_PANIC;
	}
	if (machine->end == END_TOPIC_DEADLINE || machine->end == END_TEST_DEADLINE) {
		complain("the commands took more than %.0f s (--test-deadline)", machine->limits.test);
		return EXIT_TIMEOUT;
	}
	if (machine->end == END_RUNNER_ERROR)
		return EXIT_USAGE;
	complain("the guest came to no shell; see %s/console.log", results);
	return EXIT_NO_BOOT;
}

static void run_script(struct run *run, struct boot *boot, struct shell *shell, struct logs *logs)
{
	struct machine *machine = &boot->machine;
	struct progress progress;

	progress_init_beside(&progress);
	boot_say(run, boot->guest, false, &progress);
	boot_begin(run, boot, shell);
	while (!boot->over) {
		machines_wait(&machine, 1);
		boot_look(run, boot, logs, &progress);
		logs_hear(logs, boot);
	}
	progress_end(&progress);
}

static int shell_of_script(struct run *run, struct boot *boot)
{
	struct shell shell = { .to = STDOUT_FILENO };
	struct logs logs;

	if (logs_open(&logs, run->options, NULL))
		return EXIT_USAGE;
	run_script(run, boot, &shell, &logs);
	logs_close(&logs);
	if (*boot->machine.console.splat)
		complain("the kernel says: %s; see %s/console.log", boot->machine.console.splat,
			 run->options->results);
	return shell.ended ? shell.status : shell_failed(run, &boot->machine);
}

int shell_run(struct run *run)
{
	struct boot boot;
	int status;

	if (boot_prepare(run, &boot, &run->guests->guests[0]))
		return EXIT_USAGE;
	status = run->options->script ? shell_of_script(run, &boot) : shell_of_person(run, &boot);
	boot_free(&boot);
	return status;
}
