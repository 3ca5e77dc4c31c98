/* SPDX-License-Identifier: GPL-2.0-only */
/* One guest from power-on to its end, within its deadlines. */
#ifndef PINCHECK_VM_MACHINE_H
#define PINCHECK_VM_MACHINE_H

#include <stdbool.h>
#include "console.h"
#include "qemu.h"
#include "qmp.h"

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

/**
 * struct machine - a guest and how it ended
 * @shell: receives the bytes of the second serial line; NULL: @suite receives them
 * @errors: QEMU's own error messages
 */
struct machine {
	struct qemu qemu;
	struct qmp qmp;
	struct console console;
	struct suite *suite;
	struct shell *shell;
	struct limits limits;
	FILE *results_log;
	char errors[1024];
	enum machine_end end;
	double started;
	double booted;
	double last_sign;
	double ended;
};

/** machine_run() - start QEMU with @argv, follow it to the end. Return: how it ended */
enum machine_end machine_run(struct machine *machine, char **argv);

#endif
