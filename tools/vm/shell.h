/* SPDX-License-Identifier: GPL-2.0-only */
/* A shell in the guest: for a person at the terminal, or for commands from standard input. */
#ifndef PINCHECK_VM_SHELL_H
#define PINCHECK_VM_SHELL_H

#include <stdbool.h>
#include <stddef.h>

struct options;
struct run;

/**
 * struct shell - what comes back from the guest: output of the commands, and control lines
 * @to: descriptor that gets the output; -1 where the person has the guest's console
 * @began: the guest's shell runs
 * @ended: and has ended, with @status
 */
struct shell {
	int to;
	bool began;
	bool ended;
	int status;
	bool in_control;
	char control[512];
	size_t control_length;
};

/** shell_feed() - take what came by the second UART */
void shell_feed(struct shell *shell, const char *bytes, size_t length);

/** shell_script() - all of standard input, if that is no terminal. Return: to be freed, or NULL */
char *shell_script(void);

/** shell_run() - boot, and run the shell. Return: its exit status, or enum exit_code */
int shell_run(struct run *run);

#endif
