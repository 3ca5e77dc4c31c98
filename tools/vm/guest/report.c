// SPDX-License-Identifier: GPL-2.0-only
/* The result stream: KTAP. A guest sends it over the second serial line. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "../protocol.h"
#include "guest.h"

static int stream = -1;
static unsigned int top_number;
static unsigned int sub_number;
static unsigned int results;

void report_to(int fd)
{
	stream = fd;
}

void report_raw(const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(stream, bytes, length);

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

static void report_line(const char *indent, unsigned int number, bool ok, const char *name,
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
	report_line("", ++top_number, ok, name, format, arguments);
	va_end(arguments);
}

void report_subresult(bool ok, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_line("  ", ++sub_number, ok, name, format, arguments);
	va_end(arguments);
}

static void write_text(const char *text)
{
	report_raw(text, strlen(text));
}

/* A later guest continues the stream of the guests before: no version line, no plan. */
void report_begin(const struct config *config)
{
	char plan[64];

	top_number = (unsigned int)config->results_before;
	/* What shares the line, firmware or the kernel, may have left half a line there. */
	snprintf(plan, sizeof(plan), "%sKTAP version 1\n1..%ld\n", *config->results ? "\n" : "",
		 config->plan);
	if (!config->results_before)
		write_text(plan);
}

void report_subtests(unsigned int count)
{
	char plan[64];

	sub_number = 0;
	snprintf(plan, sizeof(plan), "  KTAP version 1\n  1..%u\n", count);
	write_text(plan);
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
	tcdrain(stream);
}
