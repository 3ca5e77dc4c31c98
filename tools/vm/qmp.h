/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's monitor: what the guest asks for by MARK_ASK is done to the machine. */
#ifndef PINCHECK_VM_QMP_H
#define PINCHECK_VM_QMP_H

#include <stdbool.h>
#include <stddef.h>

#define QMP_LINE	4096

/**
 * struct qmp - a connection
 * @fd: socket; -1: there is none, and everything is refused
 * @error: the first thing that QEMU refused, "" if nothing
 */
struct qmp {
	int fd;
	char line[QMP_LINE];
	size_t length;
	char error[256];
};

/** qmp_begin() - greet the monitor behind @fd */
void qmp_begin(struct qmp *qmp, int fd);

/** qmp_ask() - do what @text, a line of the guest after MARK_ASK, asks for */
void qmp_ask(struct qmp *qmp, const char *text);

/** qmp_read() - take the answers that are there. Return: false at the end of the connection */
bool qmp_read(struct qmp *qmp);

#endif
