/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU as a child process: console, results and complaints on three pipes. */
#ifndef PINCHECK_VM_QEMU_H
#define PINCHECK_VM_QEMU_H

#include <stdbool.h>
#include <sys/types.h>
#include "options.h"

/* Where QEMU finds its ends of the pipes */
#define QEMU_RESULTS_FD		3
#define QEMU_CONSOLE_FD		4
#define QEMU_QMP_FD		5

/**
 * struct qemu - one QEMU; where a person types in its shell, the terminal is its console
 * @console: read end, first serial line
 * @results: read end, second serial line
 * @errors: read end, standard error of QEMU itself
 * @qmp: the monitor's socket, or -1
 * @alive: readable once it has ended
 */
struct qemu {
	pid_t pid;
	int console;
	int results;
	int errors;
	int qmp;
	int alive;
};

/**
 * qemu_argv() - the command line for @initrd under @accel, NULL at the end
 * @shell_log: not NULL for --shell: the file that QEMU copies the console to
 */
char **qemu_argv(const struct options *options, enum accel accel, const char *initrd,
		 const char *shell_log);
void qemu_argv_free(char **argv);

/**
 * kernel_parameters() - those that topics need, without the console's
 *
 * Return: to be freed
 */
char *kernel_parameters(const struct options *options);

/** kernel_parameters_if_emulated() - more of them, for a machine that is emulated. Return: a constant */
const char *kernel_parameters_if_emulated(void);

/** qemu_start() - Return: 0 or -1, having complained. The child dies with this process */
int qemu_start(struct qemu *qemu, char **argv, bool interactive);

/** qemu_stop() - kill it if it still runs, reap it, close what is open */
void qemu_stop(struct qemu *qemu);

#endif
