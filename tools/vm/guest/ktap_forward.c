// SPDX-License-Identifier: GPL-2.0-only
/* A test program's output on its way into the result stream: indented, as KTAP subtests. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ktap_forward.h"
#include "guest.h"

/* One write for many lines: a tty write costs more than the bytes in it. */
static char out[32 * 1024];
static size_t out_length;

static void flush_out(void)
{
	report_raw(out, out_length);
	out_length = 0;
}

static void append_bytes(const char *bytes, size_t length)
{
	if (out_length + length > sizeof(out))
		flush_out();
	memcpy(out + out_length, bytes, length);
	out_length += length;
}

static bool is_result(const char *line)
{
	if (!strncmp(line, "not ok ", 7))
		line += 7;
	else if (!strncmp(line, "ok ", 3))
		line += 3;
	else
		return false;
	return isdigit((unsigned char)*line);
}

static void note_line(struct forward *forward, const char *line)
{
	const char *reason;

	if (is_result(line)) {
		forward->results++;
		report_count_result();
	} else if (!strncmp(line, "1..", 3) && forward->planned < 0) {
		forward->planned = atol(line + 3);
		reason = strstr(line, "SKIP ");
		if (reason)
			snprintf(forward->skip_reason, sizeof(forward->skip_reason), "%s", reason + 5);
	}
}

/* A result line decides what becomes of the diagnostics before it. */
static void settle_held(struct forward *forward, const char *line)
{
	if (!strncmp(line, "not ok ", 7))
		append_bytes(forward->held, forward->held_length);
	forward->held_length = 0;
}

/* Return: is @line a diagnostic, and kept back? Its indent and its end are kept, too. */
static bool hold_back(struct forward *forward, const char *line, size_t length)
{
	size_t room = sizeof(forward->held) - forward->held_length;

	if (!forward->terse || *line != '#')
		return false;
	if (length + 3 <= room)
		forward->held_length += (size_t)snprintf(forward->held + forward->held_length, room,
							 "  %s\n", line);
	return true;
}

static void pass_line(struct forward *forward, char *line, size_t length)
{
	line[length] = '\0';
	note_line(forward, line);
	if (is_result(line))
		settle_held(forward, line);
	else if (hold_back(forward, line, length))
		return;
	/* The version line of TAP becomes that of a KTAP subtest. */
	if (!strncmp(line, "TAP version ", 12)) {
		append_bytes("  KTAP version 1\n", 17);
		return;
	}
	append_bytes("  ", 2);
	append_bytes(line, length);
	append_bytes("\n", 1);
}

void forward_begin(struct forward *forward, bool terse)
{
	memset(forward, 0, sizeof(*forward));
	forward->terse = terse;
	forward->planned = -1;
}

bool forward_from(struct forward *forward, int fd)
{
	size_t room = sizeof(forward->partial) - 1 - forward->partial_length;
	ssize_t got = read(fd, forward->partial + forward->partial_length, room);
	char *line = forward->partial;
	char *newline;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	forward->partial_length += (size_t)got;
	while ((newline = memchr(line, '\n', forward->partial_length))) {
		size_t length = (size_t)(newline - line);

		pass_line(forward, line, length);
		forward->partial_length -= length + 1;
		line = newline + 1;
	}
	/* A result is never that long: pass the line on in pieces. */
	if (line == forward->partial && forward->partial_length == sizeof(forward->partial) - 1) {
		pass_line(forward, line, forward->partial_length);
		forward->partial_length = 0;
	}
	memmove(forward->partial, line, forward->partial_length);
	flush_out();
	return got > 0;
}

void forward_end(struct forward *forward)
{
	/* What a program said after its last result may be why it died. */
	append_bytes(forward->held, forward->held_length);
	flush_out();
	forward->held_length = 0;
	if (!forward->partial_length)
		return;
	append_bytes("  # cut: ", 9);
	append_bytes(forward->partial, forward->partial_length);
	append_bytes("\n", 1);
	flush_out();
	forward->partial_length = 0;
}
