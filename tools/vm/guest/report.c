// SPDX-License-Identifier: GPL-2.0-only
/* The result stream: KTAP on the second UART. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "../../arch/arch.h"
#include "../protocol.h"
#include "guest.h"

static int tty = -1;
static unsigned int top_number;
static unsigned int sub_number;
static unsigned int results;

int report_open(void)
{
	struct termios settings;

	tty = open(arch_host()->results_tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0)
		return -errno;
	/* Raw: no line discipline between our bytes and the file on the host, no CR before LF. */
	if (tcgetattr(tty, &settings))
		return -errno;
	cfmakeraw(&settings);
	cfsetspeed(&settings, B115200);
	return tcsetattr(tty, TCSANOW, &settings) ? -errno : 0;
}

void report_raw(const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(tty, bytes, length);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
}

static void vreport(const char *before, const char *format, va_list arguments)
{
	char line[1024];
	size_t length = (size_t)snprintf(line, sizeof(line), "%s", before);

	if (length < sizeof(line) - 1)
		vsnprintf(line + length, sizeof(line) - 1 - length, format, arguments);
	length = strlen(line);
	line[length++] = '\n';
	report_raw(line, length);
}

void report(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vreport("# ", format, arguments);
	va_end(arguments);
}

static void result(const char *indent, unsigned int number, bool ok, const char *name,
		   const char *format, va_list arguments)
{
	char before[256];

	snprintf(before, sizeof(before), "%s%s %u %s%s", indent, ok ? "ok" : "not ok", number, name,
		 format ? " # " : "");
	results++;
	vreport(before, format ?: "", arguments);
}

void report_result(bool ok, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result("", ++top_number, ok, name, format, arguments);
	va_end(arguments);
}

void report_subresult(bool ok, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result("  ", ++sub_number, ok, name, format, arguments);
	va_end(arguments);
}

static void raw_text(const char *text)
{
	report_raw(text, strlen(text));
}

void report_plan(unsigned int count)
{
	char plan[64];

	snprintf(plan, sizeof(plan), "KTAP version 1\n1..%u\n", count);
	raw_text(plan);
}

void report_subtests(unsigned int count)
{
	char plan[64];

	sub_number = 0;
	snprintf(plan, sizeof(plan), "  KTAP version 1\n  1..%u\n", count);
	raw_text(plan);
}

unsigned int report_results(void)
{
	return results;
}

void report_count_result(void)
{
	results++;
}

void report_drain(void)
{
	tcdrain(tty);
}
