// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's monitor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "qmp.h"
#include "util.h"

static void note_error(struct qmp *qmp, const char *what, const char *why)
{
	if (!*qmp->error)
		snprintf(qmp->error, sizeof(qmp->error), "%s: %.200s", what, why);
}

static void qmp_send(struct qmp *qmp, char *command)
{
	size_t length = strlen(command);

	if (send(qmp->fd, command, length, MSG_NOSIGNAL) != (ssize_t)length)
		note_error(qmp, "QEMU's monitor", strerror(errno));
	free(command);
}

void qmp_begin(struct qmp *qmp, int fd)
{
	*qmp = (struct qmp){ .fd = fd };
	if (fd >= 0)
		qmp_send(qmp, format_text("{\"execute\":\"qmp_capabilities\"}\n"));
}

/* "virtio-mem BYTES": the name is the id of the device in devices.c. */
static bool resize(struct qmp *qmp, const char *text)
{
	unsigned long long bytes;

	if (sscanf(text, "virtio-mem %llu", &bytes) != 1)
		return false;
	qmp_send(qmp, format_text("{\"execute\":\"qom-set\",\"arguments\":{"
				  "\"path\":\"/machine/peripheral/virtio-mem\","
				  "\"property\":\"requested-size\",\"value\":%llu}}\n", bytes));
	return true;
}

void qmp_ask(struct qmp *qmp, const char *text)
{
	if (!qmp || qmp->fd < 0)
		return;
	if (!resize(qmp, text))
		note_error(qmp, "the guest asks for what the host does not know", text);
}

static void take_line(struct qmp *qmp, const char *line)
{
	const char *error = strstr(line, "\"error\"");

	if (error)
		note_error(qmp, "QEMU refused what the guest asked for", error);
}

bool qmp_read(struct qmp *qmp)
{
	size_t room = sizeof(qmp->line) - 1 - qmp->length;
	ssize_t got = read(qmp->fd, qmp->line + qmp->length, room);
	char *newline;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	qmp->length += (size_t)got;
	qmp->line[qmp->length] = '\0';
	while ((newline = strchr(qmp->line, '\n'))) {
		*newline = '\0';
		take_line(qmp, qmp->line);
		qmp->length -= (size_t)(newline + 1 - qmp->line);
		memmove(qmp->line, newline + 1, qmp->length + 1);
	}
	/* Longer than any answer to what is asked here. */
	if (qmp->length == sizeof(qmp->line) - 1)
		qmp->length = 0;
	return got > 0;
}
