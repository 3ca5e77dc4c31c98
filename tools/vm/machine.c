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

enum { CONSOLE, RESULTS, ERRORS, ALIVE, QMP, FDS };

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
		suite_feed(suite, bytes, length);
		return;
	}
	shell_feed(machine->shell, bytes, length);
	suite->started = true;
	if (machine->shell->began && !suite->booted) {
		suite->booted = true;
		suite->activity = seconds_now();
	}
	suite->ended = machine->shell->ended;
}

/* Return: false at the end of the pipe */
static bool read_pipe(struct machine *machine, int which, int fd)
{
	char bytes[65536];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!got)
		return false;
	machine->last_sign = seconds_now();
	if (which == CONSOLE) {
		console_feed(&machine->console, bytes, (size_t)got);
	} else if (which == RESULTS) {
		fwrite(bytes, 1, (size_t)got, machine->results_log);
		fflush(machine->results_log);
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

static void follow_guest(struct machine *machine)
{
	const struct qemu *qemu = &machine->qemu;
	struct pollfd fds[FDS] = {
		[CONSOLE] = { .fd = qemu->console, .events = POLLIN },
		[RESULTS] = { .fd = qemu->results, .events = POLLIN },
		[ERRORS] = { .fd = qemu->errors, .events = POLLIN },
		[ALIVE] = { .fd = qemu->alive, .events = POLLIN },
		[QMP] = { .fd = qemu->qmp, .events = POLLIN },
	};

	/* After QEMU's death the pipes still have output: read until all are empty. */
	for (bool alive = true; alive || fds[RESULTS].fd >= 0 || fds[CONSOLE].fd >= 0;) {
		double left = next_deadline(machine, &machine->end) - seconds_now();

		if (left <= 0)
			return;
		if (poll(fds, FDS, (int)(left * 1000) + 1) < 0)
			continue;
		for (int i = CONSOLE; i <= ERRORS; i++)
			if (fds[i].revents && !read_pipe(machine, i, fds[i].fd))
				fds[i].fd = -1;
		if (fds[QMP].revents && !qmp_read(&machine->qmp))
			fds[QMP].fd = -1;
		if (fds[ALIVE].revents) {
			alive = false;
			fds[ALIVE].fd = -1;
		}
	}
	machine->end = END_BY_ITSELF;
}

enum machine_end machine_run(struct machine *machine, char **argv)
{
	machine->started = seconds_now();
	machine->last_sign = machine->started;
	if (qemu_start(&machine->qemu, argv, false)) {
		machine->end = END_RUNNER_ERROR;
		return machine->end;
	}
	qmp_begin(&machine->qmp, machine->qemu.qmp);
	machine->suite->qmp = &machine->qmp;
	follow_guest(machine);
	machine->suite->qmp = NULL;
	qemu_stop(&machine->qemu);
	machine->ended = seconds_now();
	return machine->end;
}
