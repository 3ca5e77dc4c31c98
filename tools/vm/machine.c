// SPDX-License-Identifier: GPL-2.0-only
/* One guest from power-on to its end, within its deadlines. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "machine.h"
#include "shell.h"
#include "suite.h"
#include "util.h"

/* The time that QEMU has to exit after a panic or the end marker. */
#define LEAVE_SECONDS	10

static void keep_errors(struct machine *machine, const char *bytes, size_t length)
{
	size_t used = strlen(machine->errors);
	size_t capacity = sizeof(machine->errors) - 1 - used;

	memcpy(machine->errors + used, bytes, length < capacity ? length : capacity);
	machine->errors[used + (length < capacity ? length : capacity)] = '\0';
}

static void feed_results(struct machine *machine, const char *bytes, size_t length)
{
	struct suite *suite = machine->suite;

	if (!machine->shell) {
		suite_feed(suite, bytes, length, machine->last_sign);
		return;
	}
	shell_feed(machine->shell, bytes, length);
	suite->started = true;
	if (machine->shell->began && !suite->booted) {
		suite->booted = true;
		suite->activity = machine->last_sign;
	}
	suite->ended = machine->shell->ended;
}

/* Return: false at the end of the pipe */
static bool read_pipe(struct machine *machine, enum machine_fd which)
{
	char bytes[65536];
	ssize_t got = read(machine->fds[which].fd, bytes, sizeof(bytes));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!got)
		return false;
	machine->last_sign = seconds_now();
	if (which == MACHINE_CONSOLE) {
		tape_add(&machine->console_tape, bytes, (size_t)got, machine->last_sign);
		console_feed(&machine->console, bytes, (size_t)got);
	} else if (which == MACHINE_RESULTS) {
		tape_add(&machine->results_tape, bytes, (size_t)got, machine->last_sign);
		feed_results(machine, bytes, (size_t)got);
	} else {
		keep_errors(machine, bytes, (size_t)got);
	}
	return true;
}

static double earlier_of(double a, double b)
{
	return a < b ? a : b;
}

/* The first deadline of the guest's phase, and in @meaning how a guest that misses it has ended */
static double next_deadline(struct machine *machine, enum machine_end *meaning)
{
	const struct suite *suite = machine->suite;
	const struct limits *limits = &machine->limits;
	double topic, test;

	if (suite->ended || suite->probe_answered || *machine->console.panic) {
		*meaning = END_BY_ITSELF;
		return machine->last_sign + LEAVE_SECONDS;
	}
	*meaning = END_NO_PROGRESS;
	if (limits->first_sign && machine->last_sign == machine->started)
		return machine->started + limits->first_sign;
	if (!suite->booted)
		return earlier_of(machine->last_sign + limits->boot,
			       machine->started + limits->boot_total);
	if (!machine->booted)
		machine->booted = seconds_now();
	topic = suite->activity + limits->topic;
	test = machine->booted + limits->test;
	*meaning = topic < test ? END_TOPIC_DEADLINE : END_TEST_DEADLINE;
	return earlier_of(topic, test);
}

static void watch_fds(struct machine *machine)
{
	const struct qemu *qemu = &machine->qemu;
	const int fds[MACHINE_FDS] = {
		[MACHINE_CONSOLE] = qemu->console, [MACHINE_RESULTS] = qemu->results,
		[MACHINE_ERRORS] = qemu->errors, [MACHINE_ALIVE] = qemu->alive,
		[MACHINE_QMP] = qemu->qmp,
	};

	for (int i = 0; i < MACHINE_FDS; i++)
		machine->fds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
}

static void end_machine(struct machine *machine, enum machine_end end)
{
	machine->end = end;
	machine->suite->qmp = NULL;
	qemu_stop(&machine->qemu);
	machine->ended = seconds_now();
	machine->over = true;
}

void machine_begin(struct machine *machine, char **argv)
{
	machine->started = seconds_now();
	machine->last_sign = machine->started;
	machine->over = false;
	if (qemu_start(&machine->qemu, argv, false)) {
		machine->end = END_RUNNER_ERROR;
		machine->ended = machine->started;
		machine->over = true;
		return;
	}
	qmp_begin(&machine->qmp, machine->qemu.qmp);
	machine->suite->qmp = &machine->qmp;
	watch_fds(machine);
}

/* Read what poll() found. */
static void serve_fds(struct machine *machine)
{
	struct pollfd *fds = machine->fds;

	for (int i = MACHINE_CONSOLE; i <= MACHINE_ERRORS; i++)
		if (fds[i].revents && !read_pipe(machine, (enum machine_fd)i))
			fds[i].fd = -1;
	if (fds[MACHINE_QMP].revents && !qmp_read(&machine->qmp))
		fds[MACHINE_QMP].fd = -1;
	if (fds[MACHINE_ALIVE].revents)
		fds[MACHINE_ALIVE].fd = -1;
}

/* After QEMU's death the pipes still have output: read until all are empty. */
static void look_for_end(struct machine *machine)
{
	const struct pollfd *fds = machine->fds;
	enum machine_end meaning;

	if (fds[MACHINE_ALIVE].fd < 0 && fds[MACHINE_RESULTS].fd < 0 && fds[MACHINE_CONSOLE].fd < 0)
		end_machine(machine, END_BY_ITSELF);
	else if (next_deadline(machine, &meaning) <= seconds_now())
		end_machine(machine, meaning);
}

static double first_deadline(struct machine *const *machines, size_t count)
{
	enum machine_end meaning;
	double first = next_deadline(machines[0], &meaning);

	for (size_t i = 1; i < count; i++)
		first = earlier_of(first, next_deadline(machines[i], &meaning));
	return first;
}

void machines_wait(struct machine *const *machines, size_t count)
{
	double left = first_deadline(machines, count) - seconds_now();
	struct pollfd fds[count * MACHINE_FDS];

	for (size_t i = 0; i < count; i++)
		memcpy(&fds[i * MACHINE_FDS], machines[i]->fds, sizeof(machines[i]->fds));
	if (left > 0 && poll(fds, count * MACHINE_FDS, (int)(left * 1000) + 1) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (left > 0) {
			memcpy(machines[i]->fds, &fds[i * MACHINE_FDS], sizeof(machines[i]->fds));
			serve_fds(machines[i]);
		}
		look_for_end(machines[i]);
	}
}

void machine_kill(struct machine *machine)
{
	if (!machine->over)
		end_machine(machine, END_BY_ITSELF);
}

enum machine_end machine_run(struct machine *machine, char **argv)
{
	machine_begin(machine, argv);
	while (!machine->over)
		machines_wait(&machine, 1);
	return machine->end;
}

void machine_free(struct machine *machine)
{
	tape_clear(&machine->console_tape);
	tape_clear(&machine->results_tape);
}
