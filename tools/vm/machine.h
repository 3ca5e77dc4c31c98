/* SPDX-License-Identifier: GPL-2.0-only */
/* One guest from power-on to its end, within its deadlines. */
#ifndef PINCHECK_VM_MACHINE_H
#define PINCHECK_VM_MACHINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include "console.h"
#include "qemu.h"
#include "qmp.h"
#include "tape.h"

struct shell;
struct suite;

enum machine_end {
	END_BY_ITSELF,		/* QEMU exited; the result stream tells whether that is good */
	END_NO_PROGRESS,	/* boot: silence for longer than the boot deadline */
	END_TOPIC_DEADLINE,	/* the guest did not end an overdue topic by itself */
	END_TEST_DEADLINE,
	END_RUNNER_ERROR,
};

/**
 * struct limits - seconds
 * @first_sign: until the first console byte; 0 for the same as @boot
 * @boot: without a new byte, while booting
 * @boot_total: for the whole boot, however much it talks
 */
struct limits {
	double first_sign;
	double boot;
	double boot_total;
	double topic;
	double test;
};

/* What a machine waits for */
enum machine_fd {
	MACHINE_CONSOLE,
	MACHINE_RESULTS,
	MACHINE_ERRORS,
	MACHINE_ALIVE,
	MACHINE_QMP,
	MACHINE_FDS
};

/**
 * struct machine - a guest and how it ended
 * @fds: of @qemu; -1 once there is nothing more
 * @shell: receives the bytes of the second serial line; NULL: @suite receives them
 * @suite: follows the results for the deadlines
 * @console_tape: the first serial line
 * @results_tape: the second one
 * @errors: QEMU's own error messages
 * @over: QEMU is gone, and @end says why
 */
struct machine {
	struct qemu qemu;
	struct qmp qmp;
	struct pollfd fds[MACHINE_FDS];
	struct console console;
	struct suite *suite;
	struct shell *shell;
	struct limits limits;
	struct tape console_tape;
	struct tape results_tape;
	char errors[1024];
	enum machine_end end;
	bool over;
	double started;
	double booted;
	double last_sign;
	double ended;
};

/** machine_begin() - start QEMU with @argv. If that fails, the machine is over already */
void machine_begin(struct machine *machine, char **argv);

/** machines_wait() - until one of @count machines that run says something, or is over */
void machines_wait(struct machine *const *machines, size_t count);

/** machine_kill() - the machine is over, if it was not */
void machine_kill(struct machine *machine);

/** machine_run() - one machine from its begin to its end. Return: how it ended */
enum machine_end machine_run(struct machine *machine, char **argv);

/** machine_free() - what a machine that is over has left */
void machine_free(struct machine *machine);

#endif
